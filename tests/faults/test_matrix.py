"""Faults while four writers write: what was acknowledged is there once, and so is its effect.

The short edition runs with every change; `make faults` runs more rounds, more writes and more
faults, and writes the report.
"""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local import SERVICES, Service
from shared.events.escalation.issues import IssueEscalated, IssueOverdue
from tests.faults.comparison import RAISED, committed, connected, fetch
from tests.faults.matrix import (
    Matrix,
    Scenario,
    look_at_store,
    publish_again,
    put_back,
    until,
)
from tests.faults.writers import PLACES, an_issue

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]

# What a restart finds in PostgreSQL's log when nobody shut it down.
RECOVERED = "database system was not properly shut down; automatic recovery in progress"


@pytest.fixture
def rounds(matrix: Matrix) -> range:
    return range(matrix.plan.rounds)


@pytest.fixture
def only_long(long: bool) -> None:
    if not long:
        pytest.skip("in the full edition: make faults")


# ---------------------------------------------------------------- replicas


async def test_of_two_replicas_one_leads_and_what_the_dead_leader_left_is_done_once(
    matrix: Matrix, rounds: range
) -> None:
    async with a_second("escalation", matrix) as second:
        both = [matrix.stack.services["escalation"], second]
        async with matrix.scenario("two-replicas") as scenario:
            await scenario.before()
            for turn in rounds:
                (leader,), (standby,) = await roles(scenario, both)
                if turn == 0:
                    await pass_the_deadlines(scenario, leader)
                await scenario.kill(leader)
                await until(lambda s=standby: scenario.is_leading(s), "the takeover")
                scenario.evidence.append("taken over")
                await scenario.during()
                await scenario.healed()
                await scenario.restart(leader)
                await scenario.after()
                assert await scenario.is_leading(standby)
                assert not await scenario.is_leading(leader)
            await until(lambda: no_timer_is_due(matrix), "the last timer")
        lost, duplicated, fired = await compare_timers(matrix)
        result = matrix.results["two-replicas"]
        result.lost, result.duplicated = lost, duplicated
        assert (lost, duplicated) == (0, 0)
        assert fired >= matrix.plan.writes / 2, "too few deadlines passed to show anything"
        # Had both published, or the new leader again what the old one had, it would stand twice.
        assert await matrix.stream("escalation") == list(
            range((await committed(matrix.urls))["escalation"])
        )


@asynccontextmanager
async def a_second(service: str, matrix: Matrix) -> AsyncIterator[Service]:
    """One more process of a service, which the writers use as well."""
    second = matrix.stack.replica(service, f"{service}-2")
    try:
        await asyncio.to_thread(second.start)
        matrix.replicas[service].append(second)
        yield second
    finally:
        matrix.replicas[service] = [matrix.stack.services[service]]
        await asyncio.to_thread(second.stop)


async def roles(
    scenario: Scenario, processes: Sequence[Service]
) -> tuple[list[Service], list[Service]]:
    """Who leads and who stands by."""
    leads = [await scenario.is_leading(process) for process in processes]
    return (
        [process for process, does in zip(processes, leads, strict=True) if does],
        [process for process, does in zip(processes, leads, strict=True) if not does],
    )


async def pass_the_deadlines(scenario: Scenario, leader: Service) -> None:
    """Move the clock so that the issues raised so far are overdue; return when that has begun."""
    matrix = scenario.matrix
    sql = "SELECT ceil(extract(epoch FROM max(due_at) - clock_timestamp()))::int + 1 FROM issue"
    ((offset_s,),) = await fetch(matrix.urls["escalation"], sql)
    answer = await scenario.client.put(
        f"{leader.url}/escalation/v1/development/clock",
        json={"offset_s": offset_s},
        headers={"Authorization": f"Bearer {matrix.stack.token('bureau_supervisor', '50')}"},
    )
    assert answer.status_code == 200, answer.text

    async def begun() -> bool:
        sql = "SELECT EXISTS (SELECT FROM issue_history WHERE action = 'overdue')"
        return bool((await fetch(matrix.urls["escalation"], sql))[0][0])

    await until(begun, "a passed deadline")


_NOW = "clock_timestamp() + make_interval(secs => (SELECT seconds FROM clock_offset))"


async def no_timer_is_due(matrix: Matrix) -> bool:
    sql = f"SELECT NOT EXISTS (SELECT FROM timer WHERE next_attempt_at <= {_NOW})"
    return bool((await fetch(matrix.urls["escalation"], sql))[0][0])


async def compare_timers(matrix: Matrix) -> tuple[int, int, int]:
    """Deadlines that passed and were not told, were told twice, and that passed altogether.

    Each leaves two lines in the history, two facts, and three messages: to the level that was late
    that it was, and that it has lost the issue; to the next one that it has it.
    """
    sql = (
        "SELECT issue.id::text FROM issue JOIN issue_history line"
        f" ON line.issue_id = issue.id AND line.action = 'raise' AND line.due_at <= {_NOW}"
    )
    passed = {id for (id,) in await fetch(matrix.urls["escalation"], sql)}
    told: Counter[tuple[str, str]] = Counter()
    sql = "SELECT issue_id::text, action FROM issue_history WHERE action IN ('overdue', 'climb')"
    told.update(map(tuple, await fetch(matrix.urls["escalation"], sql)))
    issue_of: dict[str, str] = {}
    for kind in (IssueOverdue.type, IssueEscalated.type):
        sql = "SELECT event FROM event_log WHERE type = $1"
        for (event,) in await fetch(matrix.urls["escalation"], sql, kind):
            fact = json.loads(event)
            issue_of[fact["id"]] = fact["data"]["issue_id"]
            told[fact["data"]["issue_id"], kind] += 1
    sql = "SELECT caused_by::text, rule FROM message WHERE caused_by = ANY($1::uuid[])"
    for fact_id, rule in await fetch(matrix.urls["notify"], sql, list(issue_of)):
        told[issue_of[fact_id], f"message {rule}"] += 1
    things = {"overdue", "climb", IssueOverdue.type, IssueEscalated.type}
    things |= {f"message {rule}" for rule in ("issue_overdue", "issue_escalated", "issue_left")}
    lost = sum(told[id, thing] == 0 for id in passed for thing in things)
    expected = {(id, thing) for id in passed for thing in things}
    duplicated = sum(times > 1 or told_of not in expected for told_of, times in told.items())
    return lost, duplicated, len(passed)


# ---------------------------------------------------------------- kill -9


async def kill_service(matrix: Matrix, rounds: range, service: str) -> None:
    async with matrix.scenario(f"{service}-killed") as scenario:
        process = matrix.stack.services[service]
        for _ in rounds:
            await scenario.before()
            await scenario.kill(process)
            unanswered = scenario.writers.unanswered.total()
            await scenario.during()
            if service in ("escalation", "registry"):  # the writers' own
                assert scenario.writers.unanswered.total() > unanswered
            await scenario.restart(process)
            await scenario.healed()
            await scenario.after()


async def test_a_service_that_is_killed_while_it_answers_loses_nothing(
    matrix: Matrix, rounds: range
) -> None:
    await kill_service(matrix, rounds, "escalation")


async def test_a_service_that_is_killed_while_it_reacts_does_nothing_twice(
    matrix: Matrix, rounds: range
) -> None:
    await kill_service(matrix, rounds, "notify")


@pytest.mark.usefixtures("only_long")
@pytest.mark.parametrize("service", ["registry", "oversight"])
async def test_the_other_services_can_be_killed_as_well(
    matrix: Matrix, rounds: range, service: str
) -> None:
    await kill_service(matrix, rounds, service)


async def test_without_nats_writes_go_on_and_their_facts_follow(
    matrix: Matrix, rounds: range
) -> None:
    nats, escalation = matrix.stack.nats, matrix.stack.services["escalation"]
    async with matrix.scenario("nats-killed") as scenario:

        async def is_degraded() -> bool:
            readiness = await scenario.readiness(escalation)
            assert readiness["status_code"] == 200
            return bool(readiness["status"] == "degraded")

        for _ in rounds:
            await scenario.before()
            await scenario.kill(nats)
            acked = len(scenario.writers.acked)
            await scenario.during()
            assert len(scenario.writers.acked) > acked
            await until(is_degraded, "the notice that NATS is away")
            await scenario.restart(nats)
            await scenario.healed()
            await scenario.after()
    # Batches whose answer was lost were neither left out nor stored twice.
    ends = await committed(matrix.urls)
    for service in SERVICES:
        assert await matrix.stream(service) == list(range(ends[service])), service


async def test_postgresql_comes_back_with_all_that_was_acknowledged(
    matrix: Matrix, rounds: range
) -> None:
    postgres = matrix.stack.postgres
    async with matrix.scenario("postgres-killed") as scenario:
        for turn in rounds:
            await scenario.before()
            await scenario.kill(postgres)
            refused = scenario.writers.unanswered["503"]
            await scenario.during()
            assert scenario.writers.unanswered["503"] > refused
            await scenario.restart(postgres)
            assert postgres.log.read_text().count(RECOVERED) == turn + 1
            await scenario.healed()
            await scenario.after()


@pytest.mark.usefixtures("only_long")
async def test_everything_at_once_is_killed(matrix: Matrix, rounds: range) -> None:
    stack = matrix.stack
    servers = [*stack.services.values(), stack.nats, stack.postgres]
    async with matrix.scenario("all-killed") as scenario:
        for _ in rounds:
            await scenario.before()
            await asyncio.gather(*(scenario.kill(server) for server in servers))
            await scenario.during()
            await asyncio.gather(scenario.restart(stack.postgres), scenario.restart(stack.nats))
            await asyncio.gather(*(scenario.restart(s) for s in stack.services.values()))
            await scenario.healed()
            await scenario.after()


# ---------------------------------------------------------------- NATS forgets


async def test_a_nats_store_put_back_to_an_older_copy_is_filled_again(
    matrix: Matrix, rounds: range, tmp_path: Path
) -> None:
    nats = matrix.stack.nats
    async with matrix.scenario("nats-store-older") as scenario:
        for turn in rounds:
            await scenario.before()
            await asyncio.to_thread(nats.stop)
            copy = tmp_path / f"copy-{turn}"
            await asyncio.to_thread(shutil.copytree, nats.store, copy)
            await scenario.restart(nats)
            await scenario.healed()
            await scenario.after()
            newer = {service: len(await matrix.stream(service)) for service in SERVICES}
            await scenario.kill(nats)
            await asyncio.to_thread(put_back, copy, nats.store)
            older = await ends_of_the_store(matrix)
            assert older["escalation"] < newer["escalation"], "the stream did not go back"
            assert older["registry"] < newer["registry"], "the stream did not go back"
            scenario.evidence.append(f"{newer} went back to {older}")
            await scenario.during()
            await scenario.restart(nats)
            await scenario.healed()
            await scenario.after()
    ends = await committed(matrix.urls)
    for service in SERVICES:
        assert await matrix.stream(service) == list(range(ends[service])), service


@pytest.mark.usefixtures("only_long")
async def test_a_nats_store_that_is_lost_is_filled_again(matrix: Matrix) -> None:
    nats = matrix.stack.nats
    async with matrix.scenario("nats-store-lost") as scenario:
        await scenario.before()
        await scenario.kill(nats)
        await asyncio.to_thread(shutil.rmtree, nats.store)
        assert not any((await ends_of_the_store(matrix)).values())
        scenario.evidence.append("no stream is left")
        await scenario.during()
        await scenario.restart(nats)
        await scenario.healed()
        await scenario.after()
    ends = await committed(matrix.urls)
    for service in SERVICES:
        assert await matrix.stream(service) == list(range(ends[service])), service


async def ends_of_the_store(matrix: Matrix) -> dict[str, int]:
    """How many facts each stream on the disk holds, while no service sees it."""
    server = look_at_store(matrix.stack.nats)
    await asyncio.to_thread(server.start)
    try:
        return {service: len(await matrix.stream(service, server)) for service in SERVICES}
    finally:
        await asyncio.to_thread(server.stop)


# ---------------------------------------------------------------- facts that are not as they should


async def test_a_poison_fact_becomes_a_dead_letter_and_those_behind_it_go_on(
    matrix: Matrix,
) -> None:
    notify = matrix.urls["notify"]
    async with matrix.scenario("poison") as scenario:
        await scenario.before()
        unreadable = await leave_an_unreadable_fact(matrix)
        async with poisoned(notify, "毒"):
            await scenario.writers.write(an_issue("poison 毒", PLACES[0]))

            async def are_buried() -> bool:
                sql = "SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL"
                return bool((await fetch(notify, sql))[0][0] == 2)

            await until(are_buried, "the two dead letters")
            scenario.evidence.append("two facts became dead letters")
            scenario.writers.pause_s = 0.1  # the commands need a processor as well
            listing = asyncio.create_task(
                matrix.command("notify", "dead-letters", "notify", "list")
            )
            await scenario.during()
            await scenario.healed()  # those behind them
            code, said = await listing
        assert (code, said.count(RAISED)) == (0, 2), said
        sql = "SELECT id FROM dead_letter WHERE event_id = $1"
        ((letter,),) = await fetch(notify, sql, unreadable)
        assert str(letter) in said
        # What poisoned the one is repaired; the other cannot be.
        code, said = await matrix.command("notify", "dead-letters", "notify", "replay", "all")
        assert code == 1
        assert f"{letter}  failed again" in said
        assert said.count("  done\n") == 1
        matrix.known_dead_letters.add(letter)
        await scenario.after()


@asynccontextmanager
async def poisoned(notify: str, word: str) -> AsyncIterator[None]:
    """Make the reaction to whatever has the word in its title fail."""
    async with connected(notify) as connection:
        await connection.execute(
            "ALTER TABLE message ADD CONSTRAINT ck_message_poison"
            f" CHECK (title NOT LIKE '%{word}%') NOT VALID"
        )
    try:
        yield
    finally:
        async with connected(notify) as connection:
            await connection.execute("ALTER TABLE message DROP CONSTRAINT ck_message_poison")


async def leave_an_unreadable_fact(matrix: Matrix) -> str:
    """A fact of a known type, rightly sequenced and published, without what its type says."""
    event_id = str(uuid4())
    fact = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/xiejian/escalation",
        "type": f"xiejian.{RAISED}",
        "subject": event_id,
        "time": "2026-11-20T08:00:00.000000+00:00",
        "datacontenttype": "application/json",
        "division": "50.500106.500106001",
        "data": {"issue_id": event_id, "level": "nowhere"},
    }
    await fetch(
        matrix.urls["escalation"],
        "INSERT INTO outbox (event_id, type, audience, nats_subject, district, township, parties,"
        " event) VALUES ($1, $2, 'public', $3, '500106', '500106001', '{}', $4)",
        event_id,
        RAISED,
        "xj.escalation.issue.raised.50.500106.500106001",
        json.dumps(fact).encode(),
    )
    return event_id


async def test_the_same_fact_three_times_has_its_effect_once(matrix: Matrix, rounds: range) -> None:
    async with matrix.scenario("three-times") as scenario:
        for _ in rounds:
            await scenario.before()
            await scenario.healed()
            async with matrix.jetstream("escalation") as jetstream:
                again = await publish_again(jetstream, matrix.urls["escalation"], facts=5)
            await scenario.during()

            async def were_delivered(last: int = again[-1]) -> bool:
                async with matrix.jetstream("escalation") as jetstream:
                    info = await jetstream.consumer_info("XJ_ESCALATION", "xj-notify")
                return bool(info.ack_floor and info.ack_floor.stream_seq >= last)

            await until(were_delivered, "the third delivery")
            scenario.evidence.append(f"delivered again as {again}")
            await scenario.healed()
            await scenario.after()
    stream = await matrix.stream("escalation")
    assert set(stream) == set(range((await committed(matrix.urls))["escalation"]))
    assert sum(times >= 3 for times in Counter(stream).values()) >= 5 * len(rounds)

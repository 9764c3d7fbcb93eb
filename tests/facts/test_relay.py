"""From the commit to the stream: nothing lost, nothing twice, no gap, whatever is down."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import nats as nats_client
import pytest

from deploy.embedded import Nats
from shared.db import new_id
from shared.facts import publish, relay
from shared.facts.bus import Bus
from shared.facts.messages import DuplicateInBatch, Outgoing, WrongLastSequence
from shared.facts.relay import Relay
from shared.facts.tables import EventLog, Outbox, RelayCursor
from tests.facts.world import (
    HERE,
    Considered,
    Happened,
    Inspected,
    NodeMaker,
    eventually,
    keep,
    stream_of,
)


async def test_facts_get_a_gapless_place_and_their_leaf_hash_without_nats(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away()).start()
    for n in range(5):
        await registry.happen([3 * n])
        await registry.happen([3 * n + 1], kind=Inspected)
        await registry.happen([3 * n + 2], kind=Considered)

    async def logged() -> bool:
        return await registry.count(EventLog) == 15

    await eventually(logged)
    log = await registry.log()
    assert [row.log_index for row in log] == list(range(15))
    assert [row.stream_index for row in log if row.audience != "audit"] == list(range(10))
    assert all(row.stream_index is None for row in log if row.audience == "audit")
    assert all(row.leaf_hash == hashlib.sha256(b"\0" + row.event).digest() for row in log)
    assert await registry.count(Outbox) == 0
    assert registry.spine.relay.status.unpublished == 10
    assert registry.spine.status()["nats"] == "away"


async def test_a_transaction_that_commits_late_leaves_no_gap(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away()).start()
    async with registry.database.sessions() as late:
        publish(late, Happened(thing_id=new_id(), n=0), HERE)
        await late.flush()  # it has the lower id of the two
        await registry.happen([1])

        async def first() -> bool:
            return await registry.count(EventLog) == 1

        await eventually(first)
        await late.commit()

    async def both() -> bool:
        return await registry.count(EventLog) == 2

    await eventually(both)
    log = await registry.log()
    assert [row.log_index for row in log] == [0, 1]
    assert [b'"n":1' in row.event for row in log] == [True, False]


async def test_the_stream_holds_the_same_bytes_with_their_places(
    node: NodeMaker, nats: Nats
) -> None:
    registry = await node("registry").start()
    await registry.happen([0])
    await registry.happen([1], kind=Inspected)
    await registry.happen(range(2, 1_300))
    await registry.published(1_299)
    found = await stream_of(nats.url("registry"), "registry")
    log = [row for row in await registry.log() if row.stream_index is not None]
    assert [headers["Xj-Stream-Index"] for headers, _ in found] == [str(n) for n in range(1_299)]
    assert [headers["Xj-Log-Index"] for headers, _ in found] == [str(row.log_index) for row in log]
    assert [event["id"] for _, event in found] == [str(row.event_id) for row in log]
    assert {headers["Content-Type"] for headers, _ in found} == {"application/cloudevents+json"}


async def test_what_was_committed_while_nats_was_away_is_published_when_it_is_back(
    node: NodeMaker, own_nats: Nats
) -> None:
    registry = await node("registry", nats_url=own_nats.url("registry")).start()
    await registry.happen(range(3))
    await registry.published(3)
    await asyncio.to_thread(own_nats.kill)
    for n in range(3, 20):
        await registry.happen([n])

    async def logged() -> bool:
        return await registry.count(EventLog) == 20

    await eventually(logged)
    assert registry.spine.relay.status.unpublished == 17
    await asyncio.to_thread(own_nats.start)
    await registry.published(20)
    found = await stream_of(own_nats.url("registry"), "registry")
    assert [event["data"]["n"] for _, event in found] == list(range(20))


async def test_a_stream_put_back_to_an_older_copy_is_filled_again(
    node: NodeMaker, own_nats: Nats, tmp_path: Path
) -> None:
    registry = await node("registry", nats_url=own_nats.url("registry")).start()
    notify = await node(
        "notify", nats_url=own_nats.url("notify"), reactions=[(Happened, keep)]
    ).start()
    await registry.happen(range(300))
    await notify.wait_for_effects(range(300))
    await asyncio.to_thread(own_nats.stop)
    shutil.copytree(own_nats.store, tmp_path / "older")
    await asyncio.to_thread(own_nats.start)
    await registry.happen(range(300, 500))
    await notify.wait_for_effects(range(500))

    await asyncio.to_thread(own_nats.kill)
    shutil.rmtree(own_nats.store)
    shutil.copytree(tmp_path / "older", own_nats.store)
    await asyncio.to_thread(own_nats.start)
    await registry.happen(range(500, 510))
    await notify.wait_for_effects(range(510))
    found = await stream_of(own_nats.url("registry"), "registry")
    assert [int(headers["Xj-Stream-Index"]) for headers, _ in found] == list(range(510))


@pytest.mark.parametrize("how", ["deleted", "purged"])
async def test_a_stream_that_an_operator_emptied_is_filled_again(
    node: NodeMaker, nats: Nats, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RECONCILE_S", 1)
    registry = await node("registry").start()
    await registry.happen(range(50))
    await registry.published(50)
    client = await nats_client.connect(nats.url("registry"))
    if how == "deleted":
        await client.jetstream().delete_stream("XJ_REGISTRY")
    else:
        await client.jetstream().purge_stream("XJ_REGISTRY")
    await client.close()

    async def filled() -> bool:
        return len(await stream_of(nats.url("registry"), "registry")) == 50

    await eventually(filled)
    found = await stream_of(nats.url("registry"), "registry")
    assert [event["data"]["n"] for _, event in found] == list(range(50))


async def test_holes_in_a_stream_are_counted_and_filled_from_the_log_by_those_who_read(
    node: NodeMaker, nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RECONCILE_S", 1)
    registry = await node("registry").start()
    await registry.happen(range(1_200))
    await registry.published(1_200)
    client = await nats_client.connect(nats.url("registry"))
    await client.jetstream().purge_stream("XJ_REGISTRY", seq=1_101)
    await client.jetstream().delete_msg("XJ_REGISTRY", 1_150)
    await client.close()

    async def counted() -> bool:
        return registry.spine.relay.status.missing == 1_101

    await eventually(counted)
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    await notify.wait_for_effects(range(1_200))


async def test_one_of_two_processes_leads_and_the_other_takes_over(node: NodeMaker) -> None:
    first = await node("registry").start()
    await first.leads()
    second = await node("registry").start()
    await second.happen(range(5))  # committed by the one that does not lead
    await first.published(5)
    await asyncio.sleep(1.5)
    assert first.spine.leading and not second.spine.leading

    ended = await first.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'xiejian-registry-lease' AND datname = current_database()"
        " AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
    )
    assert ended.scalar() is True
    leaders = []
    for n in range(5, 25):
        await (first if n % 2 else second).happen([n])
        leaders.append(first.spine.leading + second.spine.leading)
        await asyncio.sleep(0.1)
    assert max(leaders) == 1

    async def all_there() -> bool:
        return await first.count(EventLog) == 25

    await eventually(all_there)
    assert [row.log_index for row in await first.log()] == list(range(25))
    leader = first if first.spine.leading else second
    await leader.published(25)
    found = await first.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert found.scalar() == 1


async def test_two_relays_that_both_believe_to_lead_sequence_each_fact_once(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    maker = node("registry", nats_url=away())
    await maker.happen(range(3_000))
    bus = Bus(away(), "test")
    relays = [Relay(maker.database, bus, "registry") for _ in range(3)]
    tasks = [asyncio.create_task(one.run()) for one in relays]
    for n in range(3_000, 3_200):
        await maker.happen([n])
        relays[n % 3].wake()

    async def logged() -> bool:
        return await maker.count(EventLog) == 3_200

    await eventually(logged)
    for one in relays:
        one.stop()
    await asyncio.gather(*tasks)
    assert [row.log_index for row in await maker.log()] == list(range(3_200))


async def test_a_stale_leader_cannot_write_to_the_stream(nats: Nats, node: NodeMaker) -> None:
    registry = await node("registry").start()
    await registry.happen(range(2))
    await registry.published(2)
    bus = Bus(nats.url("registry"), "stale")
    await bus.start()
    assert await bus.connections.after(0, 5)
    known = (await registry.log())[0]
    again = Outgoing(known.nats_subject, str(known.event_id), 0, 0, known.event)
    new = Outgoing(known.nats_subject, str(new_id()), 2, 2, known.event)
    with pytest.raises(WrongLastSequence):
        await bus.publish_batch([new], expected_last_seq=1)
    with pytest.raises(WrongLastSequence):
        await bus.publish_batch(
            [new, Outgoing(known.nats_subject, str(new_id()), 3, 3, known.event)],
            expected_last_seq=1,
        )
    with pytest.raises(DuplicateInBatch):
        await bus.publish_batch([again, new], expected_last_seq=2)
    with pytest.raises(DuplicateInBatch):
        await bus.publish_batch([again], expected_last_seq=2)
    assert (await bus.last("registry")).seq == 2
    await bus.close()


async def test_settings_of_a_stream_that_drifted_are_put_right(nats: Nats, node: NodeMaker) -> None:
    client = await nats_client.connect(nats.url("registry"))
    await client.jetstream().add_stream(
        name="XJ_REGISTRY", subjects=["xj.registry.>"], max_age=60, duplicate_window=10
    )
    registry = await node("registry").start()
    await registry.happen([1], kind=Considered)
    await registry.published(1)
    config = (await client.jetstream().stream_info("XJ_REGISTRY")).config
    assert config.subjects == ["xj.registry.>", "xi.registry.>"]
    assert config.allow_atomic and not config.max_age and config.duplicate_window == 120
    await client.close()


async def test_a_database_older_than_its_stream_publishes_nothing(
    node: NodeMaker, nats: Nats
) -> None:
    registry = await node("registry").start()
    await registry.happen(range(10))
    await registry.published(10)
    await registry.stop()
    older = node("registry")
    await older.execute("DELETE FROM event_log WHERE log_index >= 5")
    await older.execute("UPDATE relay_cursor SET next_log_index = 5, next_stream_index = 5")
    await older.start()
    await older.happen(range(100, 120))

    async def noticed() -> bool:
        return older.spine.relay.status.diverged

    await eventually(noticed)
    assert older.spine.status()["nats"] == "ahead of the database"
    await asyncio.sleep(1)
    assert len(await stream_of(nats.url("registry"), "registry")) == 10
    assert await older.count(RelayCursor) == 1

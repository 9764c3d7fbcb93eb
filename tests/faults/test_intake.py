"""Oversight is killed in the middle of taking acts over: none is lost, none counted twice."""

import json
from collections import Counter
from typing import Any

import pytest

from shared.events.oversight.acts import ActsIngested
from tests.faults.comparison import fetch
from tests.faults.matrix import Matrix, Scenario, until

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]

BODY = "11500106009290825T"
CHUNK = 500
# A transaction that has begun to write acts and is not over.
WRITING = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'act_key'::regclass"
    " AND mode = 'RowExclusiveLock' AND granted)"
)


async def test_what_a_source_sent_is_taken_over_once_however_often_the_service_is_killed(
    matrix: Matrix,
) -> None:
    oversight, url = matrix.stack.services["oversight"], matrix.urls["oversight"]
    chunks = 4 if matrix.plan.rounds == 1 else 40
    async with matrix.scenario("intake-killed") as scenario:
        await register(scenario)
        sent: dict[str, int] = {}
        for turn in range(matrix.plan.rounds):
            content = lines(turn, chunks * CHUNK)
            batch = await send(scenario, f"turn-{turn}", content)
            sent[batch] = chunks

            async def is_writing() -> bool:
                return bool((await fetch(url, WRITING))[0][0])

            await until(is_writing, "the first act")
            await scenario.kill(oversight)
            ((state,),) = await fetch(url, "SELECT state FROM act_batch WHERE id = $1", batch)
            assert state != "done", "it was killed too late to show anything"
            scenario.evidence.append(f"killed while the batch was {state}")
            await scenario.restart(oversight)
            # Whoever is not sure whether it was sent sends it again.
            assert await send(scenario, f"turn-{turn}", content) == batch

            async def is_done(batch: str = batch) -> bool:
                sql = "SELECT state = 'done' FROM act_batch WHERE id = $1"
                return bool((await fetch(url, sql, batch))[0][0])

            await until(is_done, "the end of the batch")
    lost, doubled = await compare_acts(url, sent)
    result = matrix.results["intake-killed"]
    result.acked += sum(sent.values()) * CHUNK
    result.lost, result.duplicated = (result.lost or 0) + lost, (result.duplicated or 0) + doubled
    assert (lost, doubled) == (0, 0)


async def register(scenario: Scenario) -> None:
    answer = await scenario.client.post(
        f"{scenario.matrix.stack.services['oversight'].url}/oversight/v1/act-sources",
        headers={"Authorization": f"Bearer {scenario.matrix.tokens['500106']}"},
        json={
            "code": "faults",
            "name": "沙坪坝区执法办案系统",
            "organisation": BODY,
            "division": "500106",
            "divisions": ["500106"],
            "accounts": ["system:faults"],
            "channel": "rest",
            "contact": "科技信息科",
            "basis": "数据共享协议",
        },
    )
    assert answer.status_code == 201, answer.text


async def send(scenario: Scenario, key: str, content: bytes) -> str:
    """The batch of what was sent: the same for the same key."""
    stack = scenario.matrix.stack
    token = stack.token("integration", "500106", sub="system:faults")
    answer = await scenario.client.post(
        f"{stack.services['oversight'].url}/oversight/v1/act-batches?source=faults",
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": key,
        },
        content=content,
    )
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json()["id"])


def lines(turn: int, count: int) -> bytes:
    """So many acts, each its own."""
    told: dict[str, Any] = {
        "reported_at": "2026-03-02T10:00:00+08:00",
        "kind": "check",
        "organisation": BODY,
        "stages": [{"stage": "investigated", "at": "2026-03-02T09:00:00+08:00"}],
    }
    records = ({"external_id": f"F{turn}-{n}", **told} for n in range(count))
    return b"\n".join(json.dumps(record).encode() for record in records)


async def compare_acts(url: str, sent: dict[str, int]) -> tuple[int, int]:
    """Of acts, results, facts and what was counted: how many are missing, how many too many."""
    wanted = sum(sent.values()) * CHUNK
    acts = (await fetch(url, "SELECT count(*) FROM act WHERE organisation = $1", BODY))[0][0]
    sql = (
        "SELECT coalesce(sum(acts), 0)::int FROM (SELECT acts, stage, organisation FROM act_count"
        " UNION ALL SELECT acts, stage, organisation FROM act_delta) AS counted"
        " WHERE stage = 'reported' AND organisation = $1"
    )
    counted = (await fetch(url, sql, BODY))[0][0]
    sql = "SELECT coalesce(sum(jsonb_array_length(results)), 0)::int FROM act_batch_chunk"
    results = (await fetch(url, sql))[0][0]
    facts: Counter[tuple[str, int]] = Counter()
    sql = (
        "SELECT event FROM event_log WHERE type = $1 UNION ALL"
        " SELECT event FROM outbox WHERE type = $1"
    )
    for (event,) in await fetch(url, sql, ActsIngested.type):
        told = json.loads(event)["data"]
        facts[told["batch_id"], told["chunk"]] += 1
    expected = {(batch, n + 1) for batch, many in sent.items() for n in range(many)}
    numbers = (acts, counted, results)
    lost = sum(max(wanted - number, 0) for number in numbers) + len(expected - facts.keys())
    doubled = sum(max(number - wanted, 0) for number in numbers)
    return lost, doubled + sum(times > 1 for times in facts.values())

"""From the commit to the effect in another service's database, and how fast a backlog drains.

Producer, relay and listener are processes of their own. Both ends of a latency are PostgreSQL's
own commit times, so nothing in the services measures.
"""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded import spawn
from deploy.local import project_environment
from tests.bench.figures import Figure, Goal, load
from tests.bench.load import Caller, request
from tests.bench.requests import BYTES, ISSUES
from tests.bench.scene import Scene
from tests.bench.spine import Tables
from tests.facts.world import create_tables

SOURCE, TARGET = "bench_source", "bench_target"
RATES = (50, 500)
WAIT_S = 30.0
DRAINED = 10_000
WARMING = 0.1
"""Part of each run that does not count."""

# Seconds between two commits. Neither has reached the disk then: the two waits cancel out.
_COMMITTED = "SELECT n, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at FROM"


async def measure(scene: Scene, *, rounds: int, scale: float) -> list[Figure]:
    """`scale` shortens everything."""
    for name in (SOURCE, TARGET):
        scene.postgres.execute(f"CREATE DATABASE {name}")
        await create_tables(scene.postgres.url(name))
        await _create_own(scene.postgres.url(name))
    loads = [load()]
    rates, latencies = await _spine(scene, rounds=rounds, scale=scale)
    loads.append(load())
    messages = await _messages(scene, rounds=rounds, scale=scale)
    loads.append(load())
    middle = sum(loads) / len(loads)
    figures = [Figure("relay_drain", "facts/s", rates, (), Goal(5_000, at_least=True), middle)]
    for rate in RATES:
        achieved, p50, p99 = latencies[rate]
        figures += _latencies(f"effect_at_{rate}", p50, p99, middle)
        figures.append(Figure(f"effect_at_{rate}_achieved", "facts/s", achieved, load=middle))
    figures += _latencies("issue_to_message_at_20", *messages, middle, goals=False)
    return figures


def _latencies(
    name: str, p50: Sequence[float], p99: Sequence[float], load: float, *, goals: bool = True
) -> list[Figure]:
    return [
        Figure(f"{name}_p50", "ms", p50, (), Goal(10) if goals else None, load),
        Figure(f"{name}_p99", "ms", p99, (), Goal(50) if goals else None, load),
    ]


async def _create_own(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(Tables.metadata.drop_all)
        # `effect` of the small world has the same name and is not needed here.
        await connection.exec_driver_sql("DROP TABLE IF EXISTS effect")
        await connection.run_sync(Tables.metadata.create_all)
    await engine.dispose()


# ---------------------------------------------------------------- the spine alone


class Child:
    """A process of `tests.bench.spine`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    async def line(self) -> Any:
        """The next thing it says."""
        output = self._process.stdout
        assert output is not None
        line = await asyncio.to_thread(output.readline)
        if not line:
            raise RuntimeError(f"a process of the benchmark ended ({self._process.wait()})")
        return json.loads(line)

    async def end(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)


@asynccontextmanager
async def _child(scene: Scene, *arguments: str) -> AsyncIterator[Child]:
    environment: Mapping[str, str] = {
        **project_environment(),
        "BENCH_SOURCE": scene.postgres.url(SOURCE),
        "BENCH_TARGET": scene.postgres.url(TARGET),
        "BENCH_SOURCE_NATS": scene.nats.url("registry"),
        "BENCH_TARGET_NATS": scene.nats.url("notify"),
    }
    with (scene.folder / "spine.log").open("ab") as log:
        process = spawn(
            [sys.executable, "-m", "tests.bench.spine", *arguments],
            folder=scene.folder,
            environment=environment,
            errors=log,
        )
    child = Child(process)
    try:
        yield child
    finally:
        await child.end()


async def _spine(
    scene: Scene, *, rounds: int, scale: float
) -> tuple[list[float], dict[int, tuple[list[float], list[float], list[float]]]]:
    """Rates of draining, and by rate of producing: rates achieved, p50 and p99 in ms."""
    rates: list[float] = []
    facts = max(2_000, int(DRAINED * scale))
    for number in range(rounds):
        async with _child(scene, "fill", str(facts)) as filling:
            await filling.line()
        async with _child(scene, "relay", str(facts)) as relay:
            rates.append((await relay.line())["rate"])
            if number < rounds - 1:
                continue
            return rates, await _rates(scene, rounds=rounds, scale=scale)
    raise AssertionError("no rounds")


async def _rates(
    scene: Scene, *, rounds: int, scale: float
) -> dict[int, tuple[list[float], list[float], list[float]]]:
    plan: list[tuple[int, int, int]] = []
    first = 1
    for _ in range(rounds):
        for rate in RATES:
            count = int(rate * (6 if rate < 100 else 4) * scale) or 1
            plan.append((rate, first, count))
            first += count
    async with _child(scene, "listen") as listening:
        await listening.line()
        await _caught_up(scene)
        async with _child(scene, "produce", json.dumps(plan)) as producing:
            achieved = [(await producing.line())["achieved"] for _ in plan]
        await _caught_up(scene)
    made = await _committed(scene.postgres.url(SOURCE), f"{_COMMITTED} cause")
    done = await _committed(scene.postgres.url(TARGET), f"{_COMMITTED} effect WHERE n > 0")
    if missing := made.keys() - done.keys():
        raise RuntimeError(f"{len(missing)} facts had no effect")
    found: dict[int, tuple[list[float], list[float], list[float]]] = defaultdict(
        lambda: ([], [], [])
    )
    for (rate, start, count), reached in zip(plan, achieved, strict=True):
        counted = range(start + int(count * WARMING), start + count)
        p50, p99 = _percentiles([(done[n] - made[n]) * 1000 for n in counted])
        for column, figure in zip(found[rate], (reached, p50, p99), strict=True):
            column.append(figure)
    return found


async def _caught_up(scene: Scene) -> None:
    """Until the listener has applied all that the source has published."""
    source = await asyncpg.connect(scene.postgres.url(SOURCE))
    target = await asyncpg.connect(scene.postgres.url(TARGET))
    try:
        async with asyncio.timeout(WAIT_S * 4):
            while True:
                waiting = await source.fetchval("SELECT count(*) FROM outbox")
                end = await source.fetchval("SELECT max(stream_index) FROM event_log")
                if not waiting and end == await target.fetchval("SELECT stream_index FROM inbox"):
                    return
                await asyncio.sleep(0.1)
    finally:
        await source.close()
        await target.close()


async def _committed(url: str, sql: str) -> dict[Any, float]:
    connection = await asyncpg.connect(url)
    try:
        return dict(await connection.fetch(sql))
    finally:
        await connection.close()


def _percentiles(milliseconds: list[float]) -> tuple[float, float]:
    ordered = sorted(milliseconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


# ---------------------------------------------------------------- the services themselves


async def _messages(
    scene: Scene, *, rounds: int, scale: float, rate: int = 20
) -> tuple[list[float], list[float]]:
    """An issue raised over HTTP until its message stands in notify's database: p50 and p99."""
    for name in ("escalation", "notify"):
        await (await scene.service(name)).close()
    p50s, p99s = [], []
    async with (
        scene.process("service", "escalation", settings=scene.settings("escalation")) as escalation,
        scene.process("service", "notify", settings=scene.settings("notify")),
    ):
        caller = await Caller.connect(escalation.port)
        post = request("POST", ISSUES, scene.token(), BYTES)
        for _ in range(rounds):
            ids = []
            for _ in range(max(5, int(rate * 5 * scale))):
                status, body = await caller.ask(post)
                assert status == "201", body
                ids.append(json.loads(body)["id"])
                await asyncio.sleep(1 / rate)
            made, done = await _raised_and_told(scene, ids)
            counted = ids[int(len(ids) * WARMING) :]
            p50, p99 = _percentiles([(done[id] - made[id]) * 1000 for id in counted])
            p50s.append(p50)
            p99s.append(p99)
        await caller.close()
    return p50s, p99s


async def _raised_and_told(
    scene: Scene, ids: list[str]
) -> tuple[dict[Any, float], dict[Any, float]]:
    at = "extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
    made = await _committed(
        scene.postgres.url("xj_escalation"), f"SELECT id::text, {at} FROM issue"
    )
    sql = f"SELECT split_part(link, '/', 5), {at} FROM message"
    async with asyncio.timeout(WAIT_S):
        while True:
            done = await _committed(scene.postgres.url("xj_notify"), sql)
            if done.keys() >= set(ids):
                return made, done
            await asyncio.sleep(0.1)

"""What the ledger costs the relay, and what a proof takes at a million facts.

With and without the tree the same facts are sequenced in turn, each in a database of its own.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from statistics import median, quantiles

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.db import new_id
from shared.facts import publish
from shared.facts.ledger.notes import Proof
from shared.facts.ledger.reading import checkpoint_for, inclusion
from shared.facts.relay import _SEQUENCE, Relay, _cursor
from shared.facts.tables import EventLog
from shared.lease import own_engine
from tests.bench.figures import Figure, Goal, load
from tests.bench.scene import Scene
from tests.facts.world import HERE, LEDGER_KEY, Happened, Node, create_tables

CHUNK = 500
NOWHERE = "nats://127.0.0.1:1"

_OLD_LOG = """
INSERT INTO event_log (log_index, stream_index, event_id, type, audience, nats_subject, event,
                       leaf_hash)
SELECT n, n, gen_random_uuid(), 'registry.thing.happened.v1', 'public', 'xj.registry.thing',
       event, sha256('\\x00'::bytea || event)
FROM generate_series($1::int, $2::int - 1) AS n,
     LATERAL (SELECT convert_to('{"n":' || n || ',"data":"' || repeat(md5(n::text), 14) || '"}',
                                'UTF8') AS event)
"""


class Plain(Relay):
    """The relay without the ledger: one statement, which is its own transaction."""

    async def _sequence(self, engine: AsyncEngine) -> bool:
        async with engine.connect() as connection:
            if not self._begun:
                await _cursor(connection)
                self._begun = True
            found = (await connection.exec_driver_sql(_SEQUENCE, (CHUNK,))).all()
            if found:
                self._keep(found)
        return len(found) == CHUNK


class Side:
    """A database and the relay that works on it."""

    def __init__(self, url: str, kind: type[Relay]) -> None:
        self.node = Node(url, "registry", nats_url=NOWHERE)
        self.relay = kind(self.node.database, self.node.spine._bus, "registry", key=LEDGER_KEY)
        self.engine = own_engine(self.node.database, name="bench")

    async def fill(self, facts: int) -> None:
        for first in range(0, facts, CHUNK):
            async with self.node.database.sessions() as session:
                await _leave(session, first, min(facts, first + CHUNK))

    async def drain(self) -> None:
        while await self.relay._sequence(self.engine):
            await self.relay._sign(self.engine)
        await self.relay._sign(self.engine)

    async def close(self) -> None:
        await self.engine.dispose()
        await self.node.stop()


async def _leave(session: AsyncSession, first: int, end: int) -> None:
    for n in range(first, end):
        publish(session, Happened(thing_id=new_id(), n=n), HERE)
    await session.commit()


async def measure(scene: Scene, *, rounds: int, facts: int, log: int) -> list[Figure]:
    """`facts` a round are sequenced; proofs are made over a log of `log` facts."""
    sides = []
    for name, kind in (("bench_ledger", Relay), ("bench_plain", Plain)):
        await asyncio.to_thread(scene.postgres.execute, f"CREATE DATABASE {name}")
        await create_tables(scene.postgres.url(name))
        sides.append(Side(scene.postgres.url(name), kind))
    loads = [load()]
    try:
        rates, singles = await _costs(sides, rounds=rounds, facts=facts)
        loads.append(load())
        found = await _proofs(sides[0], rounds=rounds, log=log)
        loads.append(load())
    finally:
        for side in sides:
            await side.close()
    middle = sum(loads) / len(loads)
    with_tree, without = rates
    one_with, one_without = singles
    per_fact = [1e6 / rate for rate in with_tree], [1e6 / rate for rate in without]
    return [
        Figure("ledger_append", "facts/s", with_tree, (), Goal(10_000, at_least=True), middle),
        Figure("ledger_cost_of_a_fact", "µs", per_fact[0], per_fact[1], Goal(1.10), middle),
        Figure("ledger_cost_of_a_lone_fact", "ms", one_with, one_without, Goal(1.10), middle),
        *(Figure(name, unit, values, (), goal, middle) for name, unit, values, goal in found),
    ]


async def _costs(
    sides: Sequence[Side], *, rounds: int, facts: int
) -> tuple[tuple[list[float], list[float]], tuple[list[float], list[float]]]:
    """Facts a second from a backlog, and milliseconds of a step that finds one; of each side."""
    rates: tuple[list[float], list[float]] = ([], [])
    singles: tuple[list[float], list[float]] = ([], [])
    for number in range(-1, rounds):  # the first warms up
        for side in sides:
            await side.fill(facts if number >= 0 else CHUNK)
        for which in (0, 1) if number % 2 else (1, 0):
            started = time.perf_counter()
            await sides[which].drain()
            if number >= 0:
                rates[which].append(facts / (time.perf_counter() - started))
        steps: tuple[list[float], list[float]] = ([], [])
        for n in range(200 if number >= 0 else 10):
            for which in (0, 1) if n % 2 else (1, 0):
                await sides[which].fill(1)
                started = time.perf_counter()
                await sides[which].relay._sequence(sides[which].engine)
                steps[which].append(time.perf_counter() - started)
        if number >= 0:
            for which in (0, 1):
                singles[which].append(median(steps[which]) * 1000)
    return rates, singles


async def _proofs(
    side: Side, *, rounds: int, log: int
) -> list[tuple[str, str, list[float], Goal | None]]:
    """A log of that length, its tree caught up; then proofs of random facts, and their check."""
    node = side.node
    start = await node.count(EventLog)
    for first in range(start, log, 20_000):
        async with node.database.sessions() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            await connection.exec_driver_sql(_OLD_LOG, (first, min(log, first + 20_000)))
            await connection.exec_driver_sql(
                "UPDATE relay_cursor SET next_log_index = $1, next_stream_index = $1 WHERE id = 1",
                (min(log, first + 20_000),),
            )
            await session.commit()
    side.relay._begun = False
    started = time.perf_counter()
    while side.relay._growth.behind(log):
        await side.relay._sequence(side.engine)
    caught_up = (log - start) / (time.perf_counter() - started)
    await node.execute("VACUUM (ANALYZE) event_log")
    side.relay._signing._at = 0.0
    await side.relay._sign(side.engine)

    p50, p99, offline = [], [], []
    for _ in range(rounds):
        took, checked = [], []
        for index in random.sample(range(log), 400):
            begun = time.perf_counter()
            checkpoint = await checkpoint_for(node.database.reads, index)
            assert checkpoint is not None
            hashes = await inclusion(node.database.reads, index, checkpoint.size)
            took.append((time.perf_counter() - begun) * 1000)
            proof = str(Proof(index, hashes, checkpoint))
            event = await _event(node, index)
            begun = time.perf_counter()
            Proof.parse(proof).verify(event, [LEDGER_KEY.public])
            checked.append((time.perf_counter() - begun) * 1000)
        p50.append(median(took))
        p99.append(quantiles(took, n=100)[98])
        offline.append(median(checked))
    return [
        ("ledger_catch_up", "facts/s", [caught_up], None),
        ("ledger_proof_p50", "ms", p50, Goal(5)),
        ("ledger_proof_p99", "ms", p99, Goal(5)),
        ("ledger_verification", "ms", offline, Goal(1)),
    ]


async def _event(node: Node, index: int) -> bytes:
    found = await node.execute(f"SELECT event FROM event_log WHERE log_index = {index}")
    event: bytes = found.scalar_one()
    return event

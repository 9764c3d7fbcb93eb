"""What the ledger costs the relay, and what a proof takes at a million facts.

With and without the ledger the same facts are relayed, batch by batch in turn, each from a database
and to a broker of its own.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median, quantiles

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from deploy.embedded import Nats
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

    async def _sign(self, engine: AsyncEngine) -> bool:
        return False

    async def _sequence(self, engine: AsyncEngine) -> bool:
        status = self.status
        async with engine.connect() as connection:
            if not self._begun:
                await _cursor(connection)
                self._begun = True
            found = (await connection.exec_driver_sql(_SEQUENCE, (CHUNK,))).all()
        if found:
            status.next_log_index = found[-1].next_log_index
            status.next_stream_index = found[-1].next_stream_index
            self._keep(found)
        return len(found) == CHUNK


class Side:
    """A database, a broker, and the relay between them."""

    def __init__(self, url: str, nats: Nats, kind: type[Relay]) -> None:
        self.node = Node(url, "registry", nats_url=nats.url("registry"))
        self.bus = self.node.spine._bus
        self.relay = kind(self.node.database, self.bus, "registry", key=LEDGER_KEY)
        self.engine = own_engine(self.node.database, name="bench")

    async def fill(self, facts: int) -> None:
        for first in range(0, facts, CHUNK):
            async with self.node.database.sessions() as session:
                await _leave(session, first, min(facts, first + CHUNK))

    async def turn(self) -> tuple[float, float]:
        """Seconds that one turn of the relay takes: until it is in the log and signed if that is
        due, and until it is in JetStream as well."""
        started = time.perf_counter()
        await self.relay._sequence(self.engine)
        await self.relay._sign(self.engine)
        sequenced = time.perf_counter()
        await self.relay._publish(self.engine)
        return sequenced - started, time.perf_counter() - started

    async def close(self) -> None:
        await self.engine.dispose()
        await self.bus.close()
        await self.node.stop()


async def _leave(session: AsyncSession, first: int, end: int) -> None:
    for n in range(first, end):
        publish(session, Happened(thing_id=new_id(), n=n), HERE)
    await session.commit()


async def measure(scene: Scene, *, rounds: int, facts: int, log: int) -> list[Figure]:
    """`facts` a round are relayed; proofs are made over a log of `log` facts."""
    loads = [load()]
    async with AsyncExitStack() as stack:
        sides = []
        for name, kind in (("bench_ledger", Relay), ("bench_plain", Plain)):
            await asyncio.to_thread(scene.postgres.execute, f"CREATE DATABASE {name}")
            await create_tables(scene.postgres.url(name))
            nats = Nats(scene.folder / name)
            await asyncio.to_thread(nats.start)
            stack.callback(nats.stop)
            side = Side(scene.postgres.url(name), nats, kind)
            stack.push_async_callback(side.close)
            await side.bus.start()
            while not side.bus.connected:
                await side.bus.connections.after(side.bus.connections.rings, 1)
            sides.append(side)
        costs = await _costs(sides, rounds=rounds, facts=facts)
        loads.append(load())
        found = await _proofs(sides[0], rounds=rounds, log=log)
        loads.append(load())
    middle = sum(loads) / len(loads)
    rates = [1e6 / took for took in costs["sequenced"][0]]
    return [
        Figure("ledger_append", "facts/s", rates, (), Goal(10_000, at_least=True), middle),
        Figure("ledger_sequencing_a_fact", "µs", *costs["sequenced"], None, middle),
        Figure("ledger_relaying_a_fact", "µs", *costs["relayed"], Goal(1.10), middle),
        Figure("ledger_relaying_a_lone_fact", "µs", *costs["lone"], Goal(1.10), middle),
        *(Figure(name, unit, values, (), goal, middle) for name, unit, values, goal in found),
    ]


Pair = tuple[list[float], list[float]]


async def _costs(sides: Sequence[Side], *, rounds: int, facts: int) -> dict[str, Pair]:
    """Microseconds a fact, with the ledger and without: sequenced, relayed, relayed alone."""
    found: dict[str, Pair] = {name: ([], []) for name in ("sequenced", "relayed", "lone")}
    for number in range(-1, rounds):  # the first warms up
        if number < 0:
            batches, singles = 2, 10
        else:
            batches, singles = facts // CHUNK, 200
        for side in sides:
            await side.fill(batches * CHUNK)
        # Batch by batch in turn: whatever else the machine does meets both.
        took: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in found}
        for n in range(batches):
            for which in (0, 1) if n % 2 else (1, 0):
                sequenced, relayed = await sides[which].turn()
                took["sequenced"][which].append(sequenced / CHUNK)
                took["relayed"][which].append(relayed / CHUNK)
        for side in sides:
            await side.turn()  # finds nothing more
        for n in range(singles):
            for which in (0, 1) if n % 2 else (1, 0):
                await sides[which].fill(1)
                took["lone"][which].append((await sides[which].turn())[1])
        for name, pair in found.items() if number >= 0 else ():
            for which in (0, 1):
                pair[which].append(median(took[name][which]) * 1e6)
    return found


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
        ("ledger_proof_p99", "ms", p99, None),
        ("ledger_verification", "ms", offline, Goal(1)),
    ]


async def _event(node: Node, index: int) -> bytes:
    found = await node.execute(f"SELECT event FROM event_log WHERE log_index = {index}")
    event: bytes = found.scalar_one()
    return event

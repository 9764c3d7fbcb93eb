"""The processes of the event benchmarks: `python -m tests.bench.spine ROLE ARGUMENTS`.

`fill N` leaves N facts in the outbox, `relay N` carries them to NATS and says how long it took
(and goes on), `listen` has their effect in another database, `produce PLAN` commits at given rates.
Each says `ready` or its result as one line of JSON.
"""

import asyncio
import json
import os
import signal
import sys
import time
from typing import Any

import uvloop
from sqlalchemy import BigInteger, Identity, MetaData, Table, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_id
from shared.facts import publish, record
from shared.facts.inbox import Fact
from shared.facts.tables import Outbox, RelayCursor
from tests.facts.world import HERE, Happened, Node

CHUNK = 500


class Tables(DeclarativeBase):
    metadata = MetaData()


class Cause(Tables):
    """The row that a producer's transaction leaves beside its fact."""

    __tablename__ = "cause"

    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Effect(Tables):
    """What the fact did in the other database."""

    __tablename__ = "effect"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, index=True)


_cause: Table = Cause.__table__  # type: ignore[assignment]
_outbox: Table = Outbox.__table__  # type: ignore[assignment]

# A write as the services make theirs: row and fact in one statement.
_PRODUCE = insert(_outbox).add_cte(
    insert(_cause).values(n=bindparam("n", type_=BigInteger())).cte("made")
)


async def keep(session: AsyncSession, event: Happened, fact: Fact) -> None:
    """The listener's reaction."""
    session.add(Effect(n=event.n))


def say(result: Any) -> None:
    print(json.dumps(result), flush=True)


async def until_told() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await told.wait()


async def fill(facts: int) -> None:
    """Facts in the outbox, in transactions of `CHUNK`."""
    node = Node(os.environ["BENCH_SOURCE"], "registry", nats_url=os.environ["BENCH_SOURCE_NATS"])
    for first in range(0, facts, CHUNK):
        async with node.database.sessions() as session:
            for n in range(first, min(first + CHUNK, facts)):
                publish(session, Happened(thing_id=new_id(), n=-1 - n), HERE)
            await session.commit()
    await node.stop()
    say("ready")


async def relay(facts: int) -> None:
    """Leads, drains what waits, then relays for the producers until told to end."""
    node = Node(os.environ["BENCH_SOURCE"], "registry", nats_url=os.environ["BENCH_SOURCE_NATS"])
    async with node.database.readers() as session:
        wanted = facts + (await session.scalar(select(RelayCursor.next_stream_index)) or 0)
    await node.start()
    while not node.spine.leading:  # noqa: ASYNC110 - nothing rings
        await asyncio.sleep(0.001)
    started = time.perf_counter()
    while node.spine.relay.status.published < wanted:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    say({"rate": facts / (time.perf_counter() - started)})
    await until_told()
    await node.stop()


async def listen() -> None:
    """Has the facts' effect until told to end."""
    node = Node(
        os.environ["BENCH_TARGET"],
        "notify",
        nats_url=os.environ["BENCH_TARGET_NATS"],
        reactions=[(Happened, keep)],
    )
    await node.start()
    await node.leads()
    say("ready")
    await until_told()
    await node.stop()


async def produce(plan: list[tuple[int, int, int]]) -> None:
    """For each of `(rate, first, count)`: so many commits a second; says the rate achieved.

    This is a replica that does not lead: after each commit it pings the one that does.
    """
    node = Node(os.environ["BENCH_SOURCE"], "registry", nats_url=os.environ["BENCH_SOURCE_NATS"])
    await node.start()
    while not node.spine.connected:  # noqa: ASYNC110 - nothing rings
        await asyncio.sleep(0.01)
    busy = asyncio.Semaphore(4)

    async def one(n: int) -> None:
        async with busy, node.database.readers() as session:
            row = record(session, Happened(thing_id=new_id(), n=n), HERE)
            await session.execute(_PRODUCE, {**row, "n": n})
            session.info["facts"] = True
            await session.commit()

    async with asyncio.TaskGroup() as group:
        for rate, first, count in plan:
            started = time.perf_counter()
            running = []
            for k in range(count):
                if (early := started + k / rate - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                running.append(group.create_task(one(first + k)))
            await asyncio.wait(running)
            say({"rate": rate, "achieved": count / (time.perf_counter() - started)})
            await asyncio.sleep(0.5)
    await node.stop()


def main(role: str, *arguments: str) -> None:
    match role:
        case "fill":
            uvloop.run(fill(int(arguments[0])))
        case "relay":
            uvloop.run(relay(int(arguments[0])))
        case "listen":
            uvloop.run(listen())
        case _:
            uvloop.run(produce(json.loads(arguments[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])

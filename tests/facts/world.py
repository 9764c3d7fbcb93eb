"""Two services in small: `registry` says that things happened, `notify` keeps what it heard."""

import asyncio
import contextlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol
from uuid import UUID

import nats as nats_client
from nats.js.errors import NotFoundError
from sqlalchemy import BigInteger, Identity, MetaData, func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.clock import Clock
from shared.db import Database, EveryService, Scope, new_id
from shared.events import Audience, Event
from shared.facts import publish
from shared.facts.inbox import Fact, Reaction
from shared.facts.ledger.notes import LOG, SigningKey
from shared.facts.spine import Spine
from shared.facts.tables import EventLog
from shared.settings import Environment, Settings
from shared.timers import TimerHandler

LEDGER_KEY = SigningKey("xiejian/test/registry", LOG, bytes(range(32)))
HERE = Scope(district="500157", township="500112001")


class Happened(Event):
    type: ClassVar[str] = "registry.thing.happened.v1"
    subject_field: ClassVar[str] = "thing_id"

    thing_id: UUID
    n: int


class Inspected(Happened):
    type: ClassVar[str] = "registry.thing.inspected.v1"
    audience: ClassVar[Audience] = "audit"


class Considered(Happened):
    type: ClassVar[str] = "registry.thing.considered.v1"
    audience: ClassVar[Audience] = "internal"


class Answered(Event):
    type: ClassVar[str] = "notify.thing.answered.v1"
    subject_field: ClassVar[str] = "thing_id"

    thing_id: UUID


class Effects(DeclarativeBase):
    metadata = MetaData()


class Effect(Effects):
    """What a fact did in notify: no constraint keeps a second one out."""

    __tablename__ = "effect"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    n: Mapped[int]


async def keep(session: AsyncSession, event: Happened, fact: Fact) -> None:
    """The reaction of notify."""
    session.add(Effect(n=event.n))


async def create_tables(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(EveryService.metadata.create_all)
        await connection.run_sync(Effects.metadata.create_all)
    await engine.dispose()


async def delete_streams(url: str) -> None:
    client = await nats_client.connect(url)
    jetstream = client.jetstream()
    for stream in await jetstream.streams_info():
        assert stream.config.name
        await jetstream.delete_stream(stream.config.name)
    await client.close()


async def eventually(check: Callable[[], Awaitable[Any]], *, seconds: float = 20) -> Any:
    """What `check` returns once it is true."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):  # noqa: ASYNC110 - the state of another process
            await asyncio.sleep(0.02)
    return found


class Node:
    """One process of a service: its database pool and its spine."""

    def __init__(
        self,
        url: str,
        service: str,
        *,
        nats_url: str,
        reactions: Iterable[tuple[type[Event], Reaction]] = (),
        timers: Mapping[str, TimerHandler] | None = None,
        ledger_key: SigningKey | None = LEDGER_KEY,
        ledger_algorithms: Iterable[str] = (),
    ) -> None:
        settings = Settings(
            environment=Environment.TEST,
            database_url=url,
            data_key=urlsafe_b64encode(bytes(32)).decode(),
        )
        self.service = service
        self.clock = Clock()
        self.database = Database(
            settings,
            service=service,
            info={"clock": self.clock, "service": service},
            on_facts=self._wake,
        )
        self.spine = Spine(
            self.database,
            service=service,
            nats_url=nats_url,
            reactions=reactions,
            timers=timers,
            ledger_key=ledger_key,
            ledger_algorithms=ledger_algorithms,
        )
        self._running = False

    def _wake(self) -> None:
        self.spine.wake()

    async def start(self) -> "Node":
        await self.spine.start()
        self._running = True
        return self

    async def stop(self) -> None:
        if self._running:
            self._running = False
            await self.spine.stop()
        await self.database.close()

    async def happen(
        self, numbers: Iterable[int], *, kind: type[Happened] = Happened, at: Scope = HERE
    ) -> None:
        """One transaction that leaves a fact for each number."""
        async with self.database.sessions() as session:
            for n in numbers:
                publish(session, kind(thing_id=new_id(), n=n), at)
            await session.commit()

    async def log(self) -> Sequence[EventLog]:
        async with self.database.readers() as session:
            return (await session.scalars(select(EventLog).order_by(EventLog.log_index))).all()

    async def count(self, table: type[DeclarativeBase]) -> int:
        async with self.database.readers() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0

    async def effects(self) -> list[int]:
        """Numbers of the effects, in the order in which they were made."""
        async with self.database.readers() as session:
            return list((await session.scalars(select(Effect.n).order_by(Effect.id))).all())

    async def wait_for_effects(self, numbers: Iterable[int], *, seconds: float = 20) -> None:
        """Until there are as many effects; they must be these, in this order."""
        expected = list(numbers)

        async def enough() -> bool:
            return len(await self.effects()) >= len(expected)

        with contextlib.suppress(TimeoutError):
            await eventually(enough, seconds=seconds)
        assert await self.effects() == expected

    async def leads(self, *, seconds: float = 10) -> None:
        async def leading() -> bool:
            return self.spine.leading

        await eventually(leading, seconds=seconds)

    async def published(self, facts: int, *, seconds: float = 20) -> None:
        async def done() -> bool:
            return self.spine.relay.status.published == facts

        await eventually(done, seconds=seconds)

    async def execute(self, sql: str) -> Any:
        async with self.database.readers() as session:
            return await (await session.connection()).exec_driver_sql(sql)


class NodeMaker(Protocol):
    def __call__(
        self,
        service: str,
        *,
        nats_url: str = ...,
        reactions: Iterable[tuple[type[Event], Reaction]] = ...,
        timers: Mapping[str, TimerHandler] | None = ...,
        ledger_key: SigningKey | None = ...,
        ledger_algorithms: Iterable[str] = ...,
    ) -> Node: ...


async def stream_of(url: str, service: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Headers and CloudEvents of a stream, in order; nothing while there is none."""
    client = await nats_client.connect(url)
    jetstream = client.jetstream()
    name = f"XJ_{service.upper()}"
    found = []
    try:
        state = (await jetstream.stream_info(name)).state
        for seq in range(max(1, state.first_seq), state.last_seq + 1):
            with contextlib.suppress(NotFoundError):
                message = await jetstream.get_msg(name, seq)
                found.append((message.headers or {}, json.loads(message.data or b"{}")))
    except NotFoundError:
        return []
    finally:
        await client.close()
    return found

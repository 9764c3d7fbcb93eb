"""What facts from other services do here: each has its effect exactly once, in the owner's order.

The effect and the mark that says how far we are (`Inbox`) are one transaction. A fact below the
mark is skipped, the one behind it is applied, and a gap is filled from the owner's log first.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry import propagate, trace
from pydantic import ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import now
from shared.db import Database, Scope
from shared.events import Event
from shared.facts import causation_id, correlation_id, parse_time
from shared.facts.bus import Bus
from shared.facts.dead_letters import ATTEMPTS, WAITS_S, bury
from shared.facts.messages import BusError, Incoming
from shared.facts.reader import Reader
from shared.facts.tables import DeadLetter, Inbox
from shared.refusals import NotFound
from shared.retries import Backoff, Bell, is_transient

log = logging.getLogger(__name__)
tracer = trace.get_tracer("xiejian.inbox")

PAUSE_S = 0.002
"""Between two transactions under load: facts that come meanwhile share the next one."""
TOGETHER = 100
"""Facts applied in one transaction, when there are so many."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The envelope of a fact that a reaction is given."""

    id: UUID
    source: str
    type: str
    """`registry.subject.published.v1`"""
    time: datetime
    scope: Scope
    backfill: bool
    """History loaded late: keep it, but remind, warn and notify nobody."""
    stream_index: int
    actor: str | None = None
    correlation_id: str | None = None
    body: bytes = b""
    """The CloudEvent as its owner logged it."""


Reaction = Callable[[AsyncSession, Any, Fact], Awaitable[None]]


class Unreadable(Exception):
    """The bytes are not a fact of the published language; no retry will change that."""


class Gap(Exception):
    """Facts between `after` and what has arrived are missing."""

    def __init__(self, after: int) -> None:
        self.after = after
        super().__init__(f"facts behind {after} are missing")


class Reactions:
    """The table of who reacts to what: `[(SubjectPublished, on_subject_published), …]`."""

    def __init__(self, table: Iterable[tuple[type[Event], Reaction]]) -> None:
        self._by_type: dict[str, tuple[type[Event], list[Reaction]]] = {}
        for event, reaction in table:
            self._by_type.setdefault(f"xiejian.{event.type}", (event, []))[1].append(reaction)
        self.sources = sorted({kind.split(".")[1] for kind in self._by_type})
        """The services whose facts are listened to."""

    async def run(
        self,
        session: AsyncSession,
        source: str,
        index: int,
        body: bytes,
        *,
        kinds: Sequence[str] = ("",),
        again: bool = False,
    ) -> bool:
        """Have a fact's reactions, once; whether it has any: not where nobody listens to its type.

        `kinds` are beginnings of the types that count. `again` says that it was applied before:
        then it is history, of which nobody is reminded or warned. Raises Unreadable, and whatever
        a reaction raises.
        """
        try:
            envelope = json.loads(body)
            entry = self._by_type.get(envelope["type"])
            kind = envelope["type"].removeprefix("xiejian.")
            if entry is None or not kind.startswith(tuple(kinds)):
                return False
            event = entry[0].model_validate(envelope["data"])
            scope = [None if code == "_" else code for code in envelope["division"].split(".")]
            fact = Fact(
                id=UUID(envelope["id"]),
                source=source,
                type=kind,
                time=parse_time(envelope["time"]),
                scope=Scope(scope[0] or "50", scope[1], scope[2]),
                backfill=again or envelope.get("backfill") is True,
                stream_index=index,
                actor=envelope.get("actor"),
                correlation_id=envelope.get("correlationid") or envelope["id"],
                body=body,
            )
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise Unreadable(_without_values(error)) from error
        carried = (
            correlation_id.set(fact.correlation_id),
            causation_id.set(str(fact.id)),
        )
        try:
            parent = propagate.extract({"traceparent": envelope.get("traceparent") or ""})
            with tracer.start_as_current_span(
                f"react {fact.type}", context=parent, kind=trace.SpanKind.CONSUMER
            ):
                for reaction in entry[1]:
                    await reaction(session, event, fact)
        finally:
            correlation_id.reset(carried[0])
            causation_id.reset(carried[1])
        return True


async def react_once(
    session: AsyncSession, reactions: Reactions, source: str, facts: Sequence[tuple[int, bytes]]
) -> int:
    """Apply `facts` (stream index and bytes, in order) that were not applied yet.

    Returns the new mark; the caller commits, effects and mark together. What reactions add is
    flushed for all facts together, or before the next statement as usual; one flush a fact would
    cost several times as much. Raises Gap when a fact does not follow on what was applied,
    Unreadable, and whatever a reaction raises.
    """
    applied = mark = await locked_mark(session, source)
    for index, body in facts:
        if index <= mark:
            continue
        if index > mark + 1:
            raise Gap(mark)
        await reactions.run(session, source, index, body)
        mark = index
    if mark != applied:
        await move_mark(session, source, mark)
    return mark


async def locked_mark(session: AsyncSession, source: str) -> int:
    """The highest index applied (-1 for none), locked until the transaction ends."""
    locked = select(Inbox.stream_index).where(Inbox.source == source).with_for_update()
    if (mark := await session.scalar(locked)) is None:
        await session.execute(
            insert(Inbox).values(source=source, stream_index=-1).on_conflict_do_nothing()
        )
        mark = await session.scalar(locked)
    assert mark is not None
    return mark


async def move_mark(session: AsyncSession, source: str, mark: int) -> None:
    await session.execute(
        update(Inbox)
        .where(Inbox.source == source)
        .values(stream_index=mark, applied_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


ReadLog = Callable[[int, int], Awaitable[Sequence[Incoming]]]
"""Facts of a source behind a stream index, at most so many, from its owner's log."""


async def react_again(
    database: Database,
    reactions: Reactions,
    source: str,
    read: ReadLog,
    *,
    after: int = -1,
    kinds: Sequence[str] = ("",),
) -> AsyncIterator[tuple[int, int]]:
    """Have the reactions of facts that were applied before once more, in order, up to the mark.

    For what a new version keeps of facts that the one before passed over. The listener waits
    meanwhile, a transaction at a time, and the last fact replayed is the last one applied: what
    is kept in the end is the newest state. Yields the stream index reached and how many facts had
    reactions, after each commit. Raises what `read` and the reactions raise.
    """
    while True:
        facts = [fact for fact in await read(after, TOGETHER) if fact.stream_index is not None]
        done = 0
        async with database.sessions() as session:
            mark = await locked_mark(session, source)
            for fact in facts:
                index = fact.stream_index
                if index is None or index > mark:
                    break
                done += await reactions.run(
                    session, source, index, fact.body, kinds=kinds, again=True
                )
                after = index
            await session.commit()
        if not facts:
            return
        yield after, done
        if after >= mark:
            return


async def replay(session: AsyncSession, reactions: Reactions, letter: DeadLetter) -> None:
    """Have the reactions of a dead letter again; the caller commits."""
    if letter.kind != "reaction" or letter.replayed_at is not None:
        raise NotFound
    await reactions.run(session, letter.source, int(letter.details["stream_index"]), letter.body)
    letter.replayed_at = now(session)


@dataclass
class InboxStatus:
    """What metrics and readiness read. Times are of the monotonic clock, in seconds."""

    turned_at: float | None = None
    """Last time that the source was read or applied with success."""
    mark: int = -1
    behind: int = 0
    """Facts that wait in the stream, as far as is known."""
    buried: int = 0
    """Dead letters since the process started."""


class Listener:
    """Reads one source and applies its facts. Runs in the leader only; see `shared.lease`."""

    def __init__(
        self, database: Database, bus: Bus, service: str, source: str, reactions: Reactions
    ) -> None:
        self._database, self._bus = database, bus
        self._service, self._source, self._reactions = service, source, reactions
        self.status = InboxStatus()
        self._stopping = False
        self._reader: Reader | None = None
        self._pause = Bell()

    def stop(self) -> None:
        """Finish the transaction under way, acknowledge it, then return from `run`, for good."""
        self._stopping = True
        self._pause.ring()
        if self._reader:
            self._reader.interrupt()

    async def run(self) -> None:
        """Listen until stopped; errors are logged and tried again."""
        backoff = Backoff()
        while not self._stopping:
            turned_at = self.status.turned_at
            try:
                await self._listen()
            except (BusError, SQLAlchemyError, OSError) as error:
                level = logging.DEBUG if backoff.taken else logging.WARNING  # once an outage
                log.log(level, "%s cannot listen to %s: %s", self._service, self._source, error)
            except Exception:
                log.exception("%s failed to listen to %s", self._service, self._source)
            else:
                continue
            if self.status.turned_at != turned_at:
                backoff.reset()
            await self._rest(backoff.take())

    async def _listen(self) -> None:
        """From the mark on, until stopped or NATS was reconnected (then positions may be wrong)."""
        connection = self._bus.connections.rings
        async with self._database.readers() as session:
            found = await session.scalar(
                select(Inbox.stream_index).where(Inbox.source == self._source)
            )
        self.status.mark = -1 if found is None else found
        reader = await self._bus.consume(self._source, self._service, self.status.mark)
        self._reader = reader
        try:
            while not self._stopping and connection == self._bus.connections.rings:
                messages = await reader.fetch(TOGETHER, patience=1)
                if messages:
                    facts = [(m.stream_index, m.body) for m in messages]
                    if not await self._apply([(i, b) for i, b in facts if i is not None]):
                        return
                    await reader.acknowledge(messages[-1])
                    self.status.behind = messages[-1].behind
                    if len(messages) < TOGETHER:
                        await asyncio.sleep(PAUSE_S)
                self.status.turned_at = time.monotonic()
        finally:
            self._reader = None
            await reader.close()

    async def _apply(self, facts: list[tuple[int, bytes]]) -> bool:
        """Apply all of `facts`, however long it takes; whether it was done before a stop."""
        backoff, attempts, alone = Backoff(), 0, False
        while facts:
            if self._stopping and (attempts or backoff.taken):
                return False
            batch = facts[:1] if alone else facts
            try:
                async with self._database.sessions() as session:
                    mark = await react_once(session, self._reactions, self._source, batch)
                    await session.commit()
            except Gap as gap:
                facts = await self._heal(gap.after, facts)
            except Exception as error:  # noqa: BLE001 - whatever a reaction raises
                if is_transient(error):
                    level = logging.DEBUG if backoff.taken else logging.WARNING
                    log.log(level, "facts of %s wait for the database: %s", self._source, error)
                    await self._rest(backoff.take())
                elif len(batch) > 1:
                    alone = True  # find out which one it is, and do the others without it
                else:
                    attempts += 1
                    if attempts >= ATTEMPTS or isinstance(error, Unreadable):
                        await self._bury(*batch[0], error, attempts)
                    else:
                        await self._rest(WAITS_S[attempts - 1])
            else:
                self.status.mark = mark
                facts = facts[len(batch) :]
                attempts = 0
                backoff.reset()
        return True

    async def _heal(self, after: int, facts: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        log.warning("facts of %s behind %d are missing; asking their owner", self._source, after)
        healed = [
            (fact.stream_index, fact.body)
            for fact in await self._bus.heal(self._source, after)
            if fact.stream_index is not None
        ]
        if not healed or healed[0][0] != after + 1:
            raise BusError(f"the owner of {self._source} does not have fact {after + 1}")
        before = [fact for fact in facts if fact[0] <= after]
        return before + healed + [fact for fact in facts if fact[0] > healed[-1][0]]

    async def _bury(self, index: int, body: bytes, error: Exception, attempts: int) -> None:
        """Dead letter and mark in one transaction: neither lost nor tried for ever."""
        log.error("fact %d of %s becomes a dead letter", index, self._source, exc_info=error)
        try:
            envelope = json.loads(body)
            event_id, kind = UUID(envelope["id"]), str(envelope["type"])
        except (ValueError, KeyError, TypeError, AttributeError):
            event_id, kind = None, "unreadable"
        try:
            async with self._database.sessions() as session:
                if await locked_mark(session, self._source) == index - 1:
                    bury(
                        session,
                        kind="reaction",
                        source=self._source,
                        fact_type=kind.removeprefix("xiejian."),
                        body=body,
                        error=error,
                        attempts=attempts,
                        event_id=event_id,
                        details={"stream_index": index},
                    )
                    await move_mark(session, self._source, index)
                    await session.commit()
                    self.status.buried += 1
        except (SQLAlchemyError, OSError) as failure:
            # Tried again together with the reaction itself.
            log.warning("the dead letter could not be written: %s", failure)
            await self._rest(1)

    async def _rest(self, seconds: float) -> None:
        if not self._stopping:
            await self._pause.after(self._pause.rings, seconds)


def _without_values(error: Exception) -> str:
    """What was wrong, without the values that were."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
    return f"{error.__class__.__name__}: {error}"

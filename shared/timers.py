"""Due rows fired once: what is to happen at a time is a row, not a job in memory.

A handler runs in the transaction that removes its row, whichever process runs it and however often
one is killed meanwhile. `due_at` is read by the service's clock.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Identity,
    Index,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import now
from shared.db import Database, EveryService, copy_line, copy_lines
from shared.facts.dead_letters import ATTEMPTS, bury
from shared.facts.tables import DeadLetter
from shared.refusals import NotFound
from shared.retries import Backoff, Bell, is_transient

log = logging.getLogger(__name__)

POLL_S = 1.0
WAIT = timedelta(seconds=1)
"""Before the second attempt; doubled before each further one."""

TimerHandler = Callable[[AsyncSession, UUID, datetime], Awaitable[None]]


class Timer(EveryService):
    """Something that is to happen at a time: at most one of a kind for one thing."""

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("kind", "ref"),
        Index("ix_timer_next_attempt_at", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    ref: Mapped[UUID]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    """`due_at`, until an attempt has failed."""


async def schedule(session: AsyncSession, kind: str, ref: UUID, due_at: datetime) -> None:
    """Have the handler of `kind` run for `ref` at `due_at`; scheduled again, it moves."""
    values = {"due_at": due_at, "attempts": 0, "next_attempt_at": due_at}
    await session.execute(
        insert(Timer)
        .values(kind=kind, ref=ref, **values)
        .on_conflict_do_update(index_elements=["kind", "ref"], set_=values)
    )


async def schedule_by(session: AsyncSession, kind: str, ref: UUID, due_at: datetime) -> None:
    """Have the handler of `kind` run for `ref` at `due_at` at the latest: it never moves later."""
    values = {"due_at": due_at, "attempts": 0, "next_attempt_at": due_at}
    await session.execute(
        insert(Timer)
        .values(kind=kind, ref=ref, **values)
        .on_conflict_do_update(
            index_elements=["kind", "ref"], set_=values, where=Timer.due_at > due_at
        )
    )


async def schedule_all(
    session: AsyncSession, kind: str, due: Iterable[tuple[UUID | str, datetime]]
) -> None:
    """The same for many things that have no timer of this kind yet, by COPY."""
    columns = ("kind", "ref", "due_at", "attempts", "next_attempt_at")
    moment = lru_cache(copy_line)  # many end on the same days
    lines = (f"{kind}\t{ref}\t{moment((at, 0, at))}" for ref, at in due)
    await copy_lines(session, Timer, columns, lines)


async def cancel(session: AsyncSession, kind: str, *refs: UUID) -> None:
    """It will not happen, unless it has already."""
    await session.execute(delete(Timer).where(Timer.kind == kind, Timer.ref.in_(refs)))


async def revive(session: AsyncSession, letter: DeadLetter) -> None:
    """Schedule the timer of a dead letter again, for now; the caller commits."""
    if letter.kind != "timer" or letter.replayed_at is not None:
        raise NotFound
    kept = json.loads(letter.body)
    moment = now(session)
    await session.execute(
        insert(Timer)
        .values(
            kind=kept["kind"],
            ref=UUID(kept["ref"]),
            due_at=datetime.fromisoformat(kept["due_at"]),
            attempts=0,
            next_attempt_at=moment,
        )
        .on_conflict_do_nothing()  # scheduled again meanwhile: that one counts
    )
    letter.replayed_at = moment


@dataclass
class TimersStatus:
    """What metrics and readiness read. Times are of the monotonic clock, in seconds."""

    turned_at: float | None = None
    """Last time that the due rows were looked at with success."""
    fired: int = 0
    buried: int = 0


class _Failed(Exception):
    """A handler raised (the cause); its transaction is rolled back."""

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        super().__init__(f"{timer.kind} for {timer.ref}")


class Timers:
    """Fires what is due. Several may run; each row is fired by one."""

    def __init__(
        self, database: Database, service: str, handlers: Mapping[str, TimerHandler]
    ) -> None:
        self._database, self._service, self._handlers = database, service, dict(handlers)
        self.status = TimersStatus()
        self._bell = Bell()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due: the clock was moved."""
        self._bell.ring()

    def stop(self) -> None:
        """Finish the handler under way, then return from `run`, for good."""
        self._stopping = True
        self._bell.ring()

    async def run(self) -> None:
        """Fire what is due until stopped; errors are logged and tried again."""
        backoff = Backoff()
        while not self._stopping:
            rings = self._bell.rings
            try:
                fired = await self.fire_next()
            except (SQLAlchemyError, OSError) as error:
                level = logging.DEBUG if backoff.taken else logging.WARNING  # once an outage
                log.log(level, "timers of %s wait for the database: %s", self._service, error)
                await self._bell.after(rings, backoff.take())
            except Exception:
                log.exception("timers of %s failed", self._service)
                await self._bell.after(rings, backoff.take())
            else:
                backoff.reset()
                self.status.turned_at = time.monotonic()
                if not fired:
                    await self._bell.after(rings, POLL_S)

    async def fire_due(self) -> int:
        """Fire all that is due now, here and not in the background; how many were tried."""
        tried = 0
        while await self.fire_next():
            tried += 1
        return tried

    async def fire_next(self) -> bool:
        """Run the handler of one due row; whether there was one."""
        try:
            async with self._database.sessions() as session:
                if (timer := await self._take(session)) is None:
                    return False
                try:
                    await self._handlers[timer.kind](session, timer.ref, timer.due_at)
                    await session.commit()
                except Exception as error:
                    if is_transient(error):
                        raise
                    raise _Failed(timer) from error
        except _Failed as failed:
            assert isinstance(failed.__cause__, Exception)
            await self._postpone(failed.timer, failed.__cause__)
        else:
            self.status.fired += 1
        return True

    async def _take(self, session: AsyncSession) -> Timer | None:
        # Removed before the handler runs, which may schedule the same again. Kinds that only a
        # newer version knows are left to it.
        due = (
            select(Timer.id)
            .where(Timer.next_attempt_at <= now(session), Timer.kind.in_(self._handlers))
            .order_by(Timer.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        found = await session.execute(
            delete(Timer)
            .where(Timer.id == due)
            .returning(Timer.id, Timer.kind, Timer.ref, Timer.due_at, Timer.attempts)
            .execution_options(synchronize_session=False)
        )
        row = found.one_or_none()
        return Timer(**row._mapping) if row else None

    async def _postpone(self, timer: Timer, error: Exception) -> None:
        attempts = timer.attempts + 1
        async with self._database.sessions() as session:
            locked = await session.scalar(
                select(Timer.id)
                .where(Timer.id == timer.id, Timer.attempts == timer.attempts)
                .with_for_update()
            )
            if locked is None:
                return  # cancelled, moved or tried by another meanwhile
            if attempts < ATTEMPTS:
                log.warning(
                    "timer %s for %s failed (%d): %s", timer.kind, timer.ref, attempts, error
                )
                await session.execute(
                    update(Timer)
                    .where(Timer.id == timer.id)
                    .values(
                        attempts=attempts,
                        next_attempt_at=now(session) + WAIT * 2 ** (attempts - 1),
                    )
                    .execution_options(synchronize_session=False)
                )
            else:
                log.error(
                    "timer %s for %s becomes a dead letter", timer.kind, timer.ref, exc_info=error
                )
                kept = {
                    "kind": timer.kind,
                    "ref": str(timer.ref),
                    "due_at": timer.due_at.isoformat(),
                }
                bury(
                    session,
                    kind="timer",
                    source=self._service,
                    fact_type=timer.kind,
                    body=json.dumps(kept).encode(),
                    error=error,
                    attempts=attempts,
                    details=kept,
                )
                await session.execute(delete(Timer).where(Timer.id == timer.id))
                self.status.buried += 1
            await session.commit()

"""New messages as they come, to every stream open in this process, each seeing its caller's own.

The order and the place of a message are those of the fact that says it was addressed, in our own
log: gapless, and the same in every replica. One follower reads the log and hands each message to
the streams it is for, so a thousand open streams cost no more reads than one. What a stream missed
(before it was opened, or because its reader is slow) it reads from the database.
"""

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

from asyncpg import PostgresError
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.messages.actions import addressed_to, keys_of
from services.notify.messages.tables import Message
from services.notify.streams.schemas import StreamedMessageView
from shared.access.actor import Actor
from shared.access.visibility import unscoped
from shared.db import Database
from shared.events.notify.messages import MessageAddressed
from shared.facts.tables import EventLog
from shared.retries import Backoff, Bell

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
"""After so long without a message a stream says that it is still there."""
LOOK_S = 5.0
"""The follower looks so often even if nothing woke it."""
READ_S = 10.0
PAGE = 100
WAITING = 200
"""Lines that wait for a slow reader; what comes after them it reads from the database."""
READERS = 2
"""Streams that read the database at once: a thousand that come back must not starve requests."""
AWAY = (SQLAlchemyError, PostgresError, OSError)
"""What reading raises while the database is away; asyncpg's own come from connecting."""


class Start(NamedTuple):
    """Where a stream begins: behind `after`, and the log ended at `end` when it was asked."""

    after: int
    end: int


class Line(NamedTuple):
    log_index: int
    addressee: str
    text: bytes
    """As it goes out: id and data."""


class _Stream:
    """What waits for one reader."""

    def __init__(self, keys: frozenset[str]) -> None:
        self.keys = keys
        self.waiting: deque[Line] = deque()
        self.behind = False
        """Whether there may be lines that are only in the database."""
        self._news = asyncio.Event()

    def give(self, line: Line) -> None:
        if len(self.waiting) < WAITING:
            self.waiting.append(line)
        else:
            self.behind = True
        self._news.set()

    def forget(self) -> None:
        """Lines given from now on are kept; those before will be read."""
        self.waiting.clear()
        self.behind = False

    async def wait(self, seconds: float) -> bool:
        """Until a line is given, or for `seconds`; whether one was."""
        if not self.waiting and not self.behind:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                # A line may have come between the end of the time and this.
                return bool(self.waiting) or self.behind
        return True


class Streams:
    """The open streams of a process and their follower, which runs while there are any."""

    def __init__(self, database: Database, log_grew: Bell) -> None:
        """`log_grew` is the bell that the relay rings (`Spine.news`)."""
        self._database, self._log_grew = database, log_grew
        self._by_key: dict[str, set[_Stream]] = {}
        self._follower: asyncio.Task[None] | None = None
        self._position = -1
        """All up to here was handed out, while the follower runs."""
        self._readers = asyncio.Semaphore(READERS)

    async def start(self, after: int | None) -> Start:
        """Where a stream begins that had all up to `after`; None: with what comes from now on.

        Raises what the database does when it is away: the caller has sent nothing yet.
        """
        if self._following and (after is None or after <= self._position):
            return Start(self._position if after is None else after, self._position)
        async with self._database.readers() as session:
            end = await _end(session)
        # A place that this log does not have (restored from a backup, say) would wait for ever.
        return Start(end if after is None else min(after, end), end)

    async def lines(
        self, actor: Actor, start: Start, *, heartbeat_s: float = HEARTBEAT_S
    ) -> AsyncIterator[bytes]:
        """Server-sent events for `actor`, in order and without a gap, until the token expires.

        Each brings the id from which the stream goes on later, here or in another replica. A
        database that goes away ends the stream; the reader comes back with the last id.
        """
        stream, position = _Stream(keys_of(actor)), start.after
        self._join(stream, start)
        try:
            yield b"retry: 2000\nid: %d\n\n" % position
            while self._following and not actor.expired:
                if stream.behind:
                    stream.forget()
                    handed_out = self._position
                    lines = await self._missed(actor, position)
                    if len(lines) == PAGE:
                        stream.behind = True
                        position = lines[-1].log_index
                    else:
                        position = max(position, handed_out, *(line.log_index for line in lines))
                else:
                    lines = [line for line in stream.waiting if line.log_index > position]
                    stream.waiting.clear()
                    if lines:
                        position = lines[-1].log_index
                if lines:
                    yield b"".join(line.text for line in lines)
                elif not await stream.wait(min(heartbeat_s, _left(actor))):
                    # Nothing waits, so all that was handed out is behind us: whoever comes back
                    # from here has less to search.
                    position = max(position, self._position)
                    yield b": nothing new\nid: %d\n\n" % position
            if actor.expired:
                yield b"event: expired\ndata: {}\n\n"
        except AWAY as error:
            log.warning("a stream ends, its messages cannot be read now: %s", error)
        finally:
            self._leave(stream)

    @property
    def _following(self) -> bool:
        return self._follower is not None and not self._follower.done()

    def _join(self, stream: _Stream, start: Start) -> None:
        for key in stream.keys:
            self._by_key.setdefault(key, set()).add(stream)
        if not self._following:
            self._position = start.end
            # Not in the context of the request that happens to be the first.
            self._follower = asyncio.create_task(
                self._follow(), name="message-streams", context=contextvars.Context()
            )
        stream.behind = start.after < self._position

    def _leave(self, stream: _Stream) -> None:
        for key in stream.keys:
            streams = self._by_key[key]
            streams.discard(stream)
            if not streams:
                del self._by_key[key]
        if not self._by_key and self._follower is not None:
            self._follower.cancel()
            self._follower = None

    async def _missed(self, actor: Actor, position: int) -> list[Line]:
        async with self._readers, self._database.readers() as session:
            return await _addressed(session, position, addressed_to(actor))

    async def _follow(self) -> None:
        """Hand out what is new in the log, for as long as there are streams."""
        backoff = Backoff()
        everybody = unscoped(Message, reason="each stream is given what is addressed to its caller")
        while True:
            rings = self._log_grew.rings
            try:
                async with asyncio.timeout(READ_S), self._database.readers() as session:
                    # The log grows in order: whatever is up to the end is there for the page.
                    end = await _end(session)
                    more = end > self._position
                    lines = await _addressed(session, self._position, everybody) if more else []
            except AWAY as error:
                log.warning("new messages cannot be read now: %s", error)
                await asyncio.sleep(backoff.take())
                continue
            backoff.reset()
            for line in lines:
                for stream in self._by_key.get(line.addressee, ()):
                    stream.give(line)
            full = len(lines) == PAGE
            self._position = max(
                self._position, lines[-1].log_index if full else end, *(n.log_index for n in lines)
            )
            if not full:
                await self._log_grew.after(rings, LOOK_S)


async def _end(session: AsyncSession) -> int:
    """The last place in the log, -1 if it is empty."""
    end = await session.scalar(
        select(func.max(EventLog.log_index)).where(
            unscoped(EventLog, reason="the length of the log says nothing about anybody")
        )
    )
    return -1 if end is None else end


async def _addressed(
    session: AsyncSession, position: int, criterion: ColumnElement[bool]
) -> list[Line]:
    """The next messages behind a place in the log that `criterion` lets through, at most a page."""
    found = await session.execute(
        select(EventLog.log_index, Message)
        .join(Message, Message.fact_id == EventLog.event_id)
        .where(
            EventLog.log_index > position,
            EventLog.type == MessageAddressed.type,
            unscoped(
                EventLog, reason="only the places of messages that the criterion lets through"
            ),
            criterion,
        )
        .order_by(EventLog.log_index)
        .limit(PAGE)
    )
    return [_line(log_index, message) for log_index, message in found]


def _line(log_index: int, message: Message) -> Line:
    view = StreamedMessageView.model_validate(message).model_dump_json()
    return Line(log_index, message.addressee, f"id: {log_index}\ndata: {view}\n\n".encode())


def _left(actor: Actor) -> float:
    """Seconds until the token has expired; never quite none, so that nobody spins."""
    return max(0.0, (actor.expires_at - datetime.now(UTC)).total_seconds()) + 0.01

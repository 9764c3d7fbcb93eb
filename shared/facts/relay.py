"""Carries committed facts from the outbox into the log, and from the log to JetStream.

Sequencing needs only the database: facts get their gapless place in the log, in the HTTP feed and
in the ledger's tree while NATS is away. Publishing follows behind, and starts from what the stream
says it holds, so a stream that was lost or put back to an older copy is filled again from the log.
"""

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import Database
from shared.facts.bus import BATCH, BATCH_BYTES, Bus
from shared.facts.ledger.growth import Growth
from shared.facts.ledger.notes import SigningKey
from shared.facts.ledger.signing import Signing
from shared.facts.messages import (
    BusError,
    DuplicateInBatch,
    Outgoing,
    StreamMissing,
)
from shared.lease import own_engine
from shared.retries import Backoff, Bell

log = logging.getLogger(__name__)

POLL_S = 1.0
"""The safety net for a wake-up that was lost."""
PAUSE_S = 0.002
"""Between two steps under load: facts that come meanwhile share a transaction and a batch."""
RECONCILE_S = 30.0
STORE_S = 1.0
STEP_S = 30.0
"""Longer than any one step may take: the last resort behind the limits of its parts."""
FROZEN_S = 5
"""PostgreSQL ends a transaction of ours that stands still for so long: another relay can lead."""

# One statement, so one transaction and one round trip. The cursor row is locked before the
# numbers are read from it, and rows that another relay took meanwhile are no longer there to be
# deleted; were all that wrong, the primary key of the log would still refuse a number given twice.
_SEQUENCE = """
WITH cursor AS MATERIALIZED (
    SELECT next_log_index, next_stream_index FROM relay_cursor WHERE id = 1 FOR UPDATE
), taken AS (
    DELETE FROM outbox
    WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1) AND EXISTS (SELECT FROM cursor)
    RETURNING *
), logged AS (
    INSERT INTO event_log (log_index, stream_index, event_id, type, audience, nats_subject,
                           district, township, parties, event, leaf_hash)
    SELECT cursor.next_log_index + row_number() OVER place - 1,
           CASE WHEN audience <> 'audit' THEN cursor.next_stream_index
               + count(*) FILTER (WHERE audience <> 'audit') OVER place - 1 END,
           event_id, type, audience, nats_subject, district, township, parties, event,
           sha256('\\x00'::bytea || event)
    FROM taken CROSS JOIN cursor
    WINDOW place AS (ORDER BY taken.id ROWS UNBOUNDED PRECEDING)
    RETURNING log_index, stream_index, event_id, nats_subject, event, leaf_hash
), counted AS (
    SELECT count(*) AS facts, count(stream_index) AS published FROM logged
), moved AS (
    UPDATE relay_cursor
    SET next_log_index = next_log_index + counted.facts,
        next_stream_index = next_stream_index + counted.published
    FROM counted WHERE id = 1 AND counted.facts > 0
    RETURNING next_log_index, next_stream_index
)
SELECT logged.*, next_log_index, next_stream_index FROM logged CROSS JOIN moved ORDER BY log_index
"""

_UNPUBLISHED = """
SELECT nats_subject, event_id, log_index, stream_index, event FROM event_log
WHERE stream_index >= $1 ORDER BY stream_index LIMIT $2
"""


@dataclass
class RelayStatus:
    """What metrics and readiness read. Times are of the monotonic clock, in seconds."""

    sequenced_at: float | None = None
    """Last time the outbox was looked at with success."""
    published_at: float | None = None
    """Last time the stream was up to date or got further."""
    outbox: int = 0
    next_log_index: int = 0
    next_stream_index: int = 0
    published: int = 0
    """Stream indexes below this are in JetStream."""
    missing: int = 0
    """Facts that the stream should hold and does not, apart from the unpublished at its end."""
    diverged: bool = False
    """The stream holds facts that the log does not know: publishing has stopped."""
    ledger: int = 0
    """Facts in the ledger's tree."""
    signed: int = 0
    """Facts under the last checkpoint."""
    tampered: bool = False
    """The log lacks rows, or does not lead to the last checkpoint: nothing more is signed."""

    @property
    def unpublished(self) -> int:
        return max(0, self.next_stream_index - self.published)


class Relay:
    """Runs in the leader only; see `shared.lease`."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        service: str,
        *,
        key: SigningKey | None = None,
        algorithms: Iterable[str] = (),
    ) -> None:
        """`key` signs the ledger; `algorithms` are those of further trees beside SHA-256."""
        self._database, self._bus, self._service = database, bus, service
        self._growth, self._signing = Growth(algorithms), Signing(key)
        self._outbox = Bell()
        self.sequenced = Bell()
        """Rings when the log has grown."""
        self.signed = Bell()
        """Rings when it was signed."""
        self.status = RelayStatus()
        self._stopping = self._begun = self._few = False
        self._fresh: deque[Outgoing] = deque()
        self._last_seq: int | None = None  # where the stream ends; None: not known
        self._anew = False
        self._reconciled_at = 0.0
        self._stored = -1
        self._stored_at = 0.0
        self._connection = 0

    def wake(self) -> None:
        """There are new rows in the outbox."""
        self._outbox.ring()

    def stop(self) -> None:
        """Finish what is under way, then return from `run`, for good."""
        self._stopping = True
        self._outbox.ring()
        self.sequenced.ring()

    async def run(self) -> None:
        """Sequence and publish until stopped; errors are logged and tried again."""
        self._begun, self._last_seq = False, None
        self._fresh.clear()
        engine = own_engine(
            self._database,
            name=f"xiejian-{self._service}-relay",
            idle_in_transaction_session_timeout=f"{FROZEN_S}s",
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._persist("sequence", self._outbox, self._sequence, engine))
                group.create_task(self._persist("publish", self.sequenced, self._publish, engine))
                group.create_task(self._persist("sign", self.sequenced, self._sign, engine))
        finally:
            await engine.dispose()

    async def _persist(
        self,
        what: str,
        bell: Bell,
        step: Callable[[AsyncEngine], Awaitable[bool]],
        engine: AsyncEngine,
    ) -> None:
        """Repeat `step` until stopped: at once while it says there is more, else when woken."""
        backoff = Backoff()
        while not self._stopping:
            rings = bell.rings
            try:
                async with asyncio.timeout(STEP_S):
                    more = await step(engine)
            except (BusError, SQLAlchemyError, OSError) as error:
                level = logging.DEBUG if backoff.taken else logging.WARNING  # once an outage
                log.log(level, "relay of %s cannot %s now: %s", self._service, what, error)
            except Exception:
                log.exception("relay of %s failed to %s", self._service, what)
            else:
                if backoff.taken:
                    log.info("relay of %s can %s again", self._service, what)
                backoff.reset()
                if not more:
                    ended = time.monotonic()
                    await bell.after(rings, POLL_S)
                    if (early := ended + PAUSE_S - time.monotonic()) > 0:
                        await asyncio.sleep(early)
                continue
            await asyncio.sleep(backoff.take())

    async def _sequence(self, engine: AsyncEngine) -> bool:
        status, growth = self.status, self._growth
        try:
            if not self._begun:
                growth.forget()
                async with engine.connect() as connection:
                    status.next_log_index, status.next_stream_index, _ = await _cursor(connection)
                self._signing.forget()
                self._begun = True
            if growth.behind(status.next_log_index):
                async with _transaction(engine) as connection:
                    edges = await growth.catch_up(connection)
                growth.edges = edges
            # Few facts fill no tile: then the statement is its own transaction, in one round trip.
            room = growth.room(status.next_log_index) if self._few else 0
            limit = room or BATCH
            opened = engine.connect() if room else _transaction(engine)
            async with opened as connection:
                found = (await connection.exec_driver_sql(_SEQUENCE, (limit,))).all()
                edges = await growth.grow(connection, found) if found else growth.edges
            growth.edges = edges
        except BaseException:
            self._begun = False  # whether that was committed is not known
            raise
        facts = len(found)
        if found:
            status.next_log_index = found[-1].next_log_index
            status.next_stream_index = found[-1].next_stream_index
            self._keep(found)
            self.sequenced.ring()
        status.ledger = growth.size()
        self._few = facts < limit
        if self._few:
            status.outbox = 0
        elif time.monotonic() - (status.sequenced_at or 0) > POLL_S or not status.outbox:
            async with engine.connect() as connection:
                depth = await connection.exec_driver_sql("SELECT count(*) FROM outbox")
                status.outbox = depth.scalar_one()
        else:
            status.outbox = max(0, status.outbox - facts)
        status.sequenced_at = time.monotonic()
        return not self._few or growth.behind(status.next_log_index)

    async def _sign(self, engine: AsyncEngine) -> bool:
        """Sign the log as it stands when that is due, and tell whoever listens."""
        growth, signing, status = self._growth, self._signing, self.status
        edges = growth.edges
        if growth.gap is not None:
            status.tampered = True
        elif signing.is_due(edges):
            whole = not growth.behind(status.next_log_index)
            async with engine.connect() as connection:
                checkpoint = await signing.sign(connection, edges, whole=whole)
            status.signed, status.tampered = signing.size, signing.diverged
            if checkpoint is not None:
                self.signed.ring()
                try:
                    await self._bus.send(f"xj.checkpoint.{self._service}", str(checkpoint).encode())
                except BusError as error:
                    log.debug("a checkpoint of %s was not announced: %s", self._service, error)
        return False

    def _keep(self, sequenced: Sequence[Row[Any]]) -> None:
        """Remember what is sequenced, to be published without reading it again."""
        fresh = self._fresh
        if len(fresh) >= BATCH:
            fresh.clear()  # the publisher is behind, or NATS away: the log has it all
        for row in sequenced:
            if row.stream_index is not None:
                if fresh and fresh[-1].stream_index + 1 != row.stream_index:
                    fresh.clear()
                fresh.append(_outgoing(row))

    def _take_fresh(self) -> list[Outgoing]:
        """What comes next in the stream, if it is remembered."""
        fresh = self._fresh
        while fresh and fresh[0].stream_index < self.status.published:
            fresh.popleft()
        if not fresh or fresh[0].stream_index != self.status.published:
            return []
        return list(itertools.islice(fresh, BATCH))

    async def _publish(self, engine: AsyncEngine) -> bool:
        status = self.status
        if (
            self._last_seq is None
            or self._connection != self._bus.connections.rings
            or time.monotonic() - self._reconciled_at > RECONCILE_S
        ):
            self._last_seq = await self._reconcile(engine)
        if status.diverged:
            return False
        rows: list[Outgoing] = []
        batch: list[Outgoing] = []
        if status.unpublished and not (rows := self._take_fresh()):
            async with engine.connect() as connection:
                found = await connection.exec_driver_sql(_UNPUBLISHED, (status.published, BATCH))
                rows = [_outgoing(row) for row in found]
        size = 0
        for row in rows:
            size += len(row.body)
            if batch and size > BATCH_BYTES:
                break
            batch.append(row)
        if batch:
            expected, self._last_seq = self._last_seq, None  # not known until it is answered
            try:
                self._last_seq = await self._bus.publish_batch(
                    batch, expected_last_seq=expected, anew=self._anew
                )
            except DuplicateInBatch:
                # Either it did arrive, which the next look at the stream tells, or the stream was
                # emptied. The expected sequence keeps a second copy out in any case.
                self._anew = True
                raise
            self._anew = False
            status.published = batch[-1].stream_index + 1
        status.published_at = time.monotonic()
        more = status.unpublished > 0
        if self._stored != status.published and time.monotonic() - self._stored_at > STORE_S:
            await self._store(engine)
        return more

    async def _reconcile(self, engine: AsyncEngine) -> int:
        """Put our position where the stream's last fact says; returns its last sequence.

        Holes before that are counted here and left to the consumers, who see them and heal
        themselves from the log: filling them would put facts behind later ones.
        """
        status = self.status
        connection_now = self._bus.connections.rings
        if connection_now != self._connection:
            await self._bus.ensure_stream(self._service)
        try:
            end = await self._bus.last(self._service)
        except StreamMissing:
            await self._bus.ensure_stream(self._service)
            end = await self._bus.last(self._service)
        async with engine.connect() as connection:
            _, next_stream_index, stored = await _cursor(connection)
            found = await connection.exec_driver_sql(
                "SELECT event_id FROM event_log WHERE stream_index = $1", (end.stream_index,)
            )
            known = found.scalar_one_or_none()
        diverged = end.stream_index >= 0 and str(known) != end.event_id
        if diverged and not status.diverged:
            log.critical(
                "the stream of %s ends with fact %s (%d), which the log does not know: the database"
                " is older than the stream. Nothing is published until an operator decides.",
                self._service,
                end.event_id,
                end.stream_index,
            )
        status.diverged = diverged
        published = end.stream_index + 1
        if (lost := max(status.published, stored) - published) > 0:
            log.warning(
                "the stream of %s lost its last %d facts; publishing again", self._service, lost
            )
        if (missing := max(0, published - end.messages)) > status.missing:
            log.warning("the stream of %s has holes: %d facts missing", self._service, missing)
        status.missing = missing
        status.next_stream_index = max(status.next_stream_index, next_stream_index)
        status.published, self._stored = published, stored
        self._reconciled_at, self._connection = time.monotonic(), connection_now
        return end.seq

    async def _store(self, engine: AsyncEngine) -> None:
        # What a standby reads and where the next leader expects the stream; the stream itself is
        # asked before anything is published, so this may be late.
        async with engine.connect() as connection:
            await connection.exec_driver_sql(
                "UPDATE relay_cursor SET published = $1 WHERE id = 1", (self.status.published,)
            )
        self._stored, self._stored_at = self.status.published, time.monotonic()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            yield connection


def _outgoing(row: Row[Any]) -> Outgoing:
    return Outgoing(
        nats_subject=row.nats_subject,
        event_id=str(row.event_id),
        log_index=row.log_index,
        stream_index=row.stream_index,
        body=row.event,
    )


async def _cursor(connection: AsyncConnection) -> tuple[int, int, int]:
    """next_log_index, next_stream_index and published; the first time begins at 0."""
    query = "SELECT next_log_index, next_stream_index, published FROM relay_cursor WHERE id = 1"
    if (found := (await connection.exec_driver_sql(query)).one_or_none()) is None:
        await connection.exec_driver_sql(
            "INSERT INTO relay_cursor (id, next_log_index, next_stream_index, published)"
            " VALUES (1, 0, 0, 0) ON CONFLICT DO NOTHING"
        )
        return await _cursor(connection)
    return found.next_log_index, found.next_stream_index, found.published

"""The whole ledger out of a database, a piece at a time.

Log and ledger only grow, so everything below the `end` that was read first belongs together; no
transaction has to stay open for it.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from shared.access.visibility import scoped_by
from shared.facts.ledger.audit import LogRow
from shared.facts.ledger.tables import LedgerCheckpoint, LedgerCosignature, LedgerTile
from shared.facts.ledger.tree import HASH_BYTES, SHA256, WIDTH
from shared.facts.tables import EventLog, RelayCursor

ROWS = 500
TILES = 1_000
NOTES = 5_000


async def read_end(session: AsyncSession) -> int:
    """How many rows the log has."""
    return await session.scalar(select(RelayCursor.next_log_index)) or 0


async def read_rows(
    session: AsyncSession, end: int, *, bodies: bool = True
) -> AsyncIterator[list[LogRow]]:
    """The rows in order, as they are; without `bodies` with their hashes alone."""
    columns = (EventLog.log_index, EventLog.leaf_hash, *([EventLog.event] if bodies else []))
    after = -1
    while True:
        found = await session.execute(
            select(*columns)
            .where(scoped_by(EventLog, true()))
            .where(EventLog.log_index > after, EventLog.log_index < end)
            .order_by(EventLog.log_index)
            .limit(ROWS)
        )
        read: Sequence[Any] = found.all()
        rows = [LogRow(row[0], row[1], row[2] if bodies else None) for row in read]
        yield rows
        if len(rows) < ROWS:
            return
        after = rows[-1].index


async def read_leaves(session: AsyncSession, end: int) -> AsyncIterator[bytes]:
    """The leaf hashes that the ledger keeps beside the rows, in order, as far as it is signed.

    Those of full tiles and, behind the last, what the checkpoints kept. Where neither has a hash,
    the row's own stands in: the checkpoint tells whether it is right.
    """
    full = end // WIDTH
    for first in range(0, full, TILES):
        last = min(full, first + TILES)
        found = await session.execute(
            select(LedgerTile.n, LedgerTile.hashes)
            .where(LedgerTile.algorithm == SHA256.name, LedgerTile.level == 0)
            .where(LedgerTile.n >= first, LedgerTile.n < last)
        )
        tiles: dict[int, bytes] = dict(found.all())
        for n in range(first, last):
            yield tiles.get(n) or await _own(session, n * WIDTH, (n + 1) * WIDTH)
    start, tail = full * WIDTH, bytearray()
    checkpoints = await session.execute(
        select(LedgerCheckpoint.size, LedgerCheckpoint.leaves)
        .where(LedgerCheckpoint.size > start, LedgerCheckpoint.size <= end)
        .order_by(LedgerCheckpoint.size)
    )
    for size, leaves in checkpoints:
        at = (size - start) * HASH_BYTES - len(leaves)
        if at > len(tail):
            known = start + len(tail) // HASH_BYTES
            tail += await _own(session, known, start + at // HASH_BYTES)
        tail[max(at, 0) :] = leaves[max(-at, 0) :]
    yield bytes(tail)


async def _own(session: AsyncSession, first: int, end: int) -> bytes:
    found = await session.execute(
        select(EventLog.log_index, EventLog.leaf_hash)
        .where(scoped_by(EventLog, true()))
        .where(EventLog.log_index >= first, EventLog.log_index < end)
    )
    own: dict[int, bytes] = dict(found.all())
    return b"".join(own.get(index, bytes(HASH_BYTES)) for index in range(first, end))


async def read_notes(session: AsyncSession, end: int) -> AsyncIterator[str]:
    """The checkpoints in order, with their cosignatures."""
    after = 0
    while True:
        found = await session.execute(
            select(LedgerCheckpoint.size, LedgerCheckpoint.note)
            .where(LedgerCheckpoint.size > after, LedgerCheckpoint.size <= end)
            .order_by(LedgerCheckpoint.size)
            .limit(NOTES)
        )
        notes: dict[int, str] = dict(found.all())
        last = max(notes, default=after)
        confirmed = await session.execute(
            select(
                LedgerCosignature.size,
                func.string_agg(LedgerCosignature.line, "").label("lines"),
            )
            .where(LedgerCosignature.size > after, LedgerCosignature.size <= last)
            .group_by(LedgerCosignature.size)
        )
        lines: dict[int, str] = dict(confirmed.all())
        for size, note in notes.items():
            yield note + lines.get(size, "")
        if len(notes) < NOTES:
            return
        after = last

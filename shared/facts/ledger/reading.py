"""Proofs, tiles and checkpoints out of the tables; what they hold of a fact is its hash."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Executable,
    Result,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from shared.access.visibility import published, unscoped
from shared.facts.ledger.notes import Checkpoint, Signature
from shared.facts.ledger.tables import LedgerCheckpoint, LedgerCosignature, LedgerTile
from shared.facts.ledger.tree import (
    HASH_BYTES,
    SHA256,
    WIDTH,
    Address,
    Hashing,
    Range,
    consistency_ranges,
    hash_of,
    inclusion_ranges,
    tiles_for,
)
from shared.facts.tables import EventLog


class Reads(Protocol):
    """A session, a connection, or statements."""

    async def execute(self, statement: Executable, /) -> Result[*tuple[Any, ...]]: ...


async def read_tiles(
    reads: Reads, hashing: Hashing, wanted: Mapping[Address, int]
) -> dict[Address, bytes]:
    """The first hashes of tiles, at least as many as are wanted of each, in one statement.

    Of a tile that is not full yet they come from what it will be made of. Raises LookupError where
    the ledger lacks some.
    """
    ours = LedgerTile.algorithm == hashing.name
    full = [and_(LedgerTile.level == level, LedgerTile.n == n) for level, n in wanted]
    parts: list[Select[bool, int, int, bytes]] = [
        select(literal(True), LedgerTile.level, LedgerTile.n, LedgerTile.hashes).where(
            ours, or_(*full)
        )
    ]
    for (level, n), width in wanted.items():
        first, end = n * WIDTH, n * WIDTH + width
        if width == WIDTH:
            continue
        if level:
            below = select(literal(False), literal(level), LedgerTile.n, LedgerTile.root)
            below = below.where(ours, LedgerTile.level == level - 1)
            parts.append(below.where(LedgerTile.n >= first, LedgerTile.n < end))
        else:
            column = _leaf_column(hashing)
            below = select(literal(False), literal(0), EventLog.log_index, column)
            parts.append(below.where(_open_to_all(), EventLog.log_index.between(first, end - 1)))
    tiles: dict[Address, bytes] = {}
    pieces: dict[Address, dict[int, bytes]] = defaultdict(dict)
    for whole, level, n, found in await reads.execute(union_all(*parts)):
        if whole:
            tiles[level, n] = found
        else:
            leaf = found if level or hashing is SHA256 else hashing.leaf(found)
            pieces[level, n // WIDTH][n] = leaf
    for address, width in wanted.items():
        if address not in tiles:
            tiles[address] = b"".join(pieces[address][n] for n in sorted(pieces[address]))
        if len(tiles[address]) < width * HASH_BYTES:
            raise LookupError(f"the ledger lacks hashes of tile {address}")
    return tiles


def _leaf_column(hashing: Hashing) -> InstrumentedAttribute[bytes]:
    return EventLog.leaf_hash if hashing is SHA256 else EventLog.event


def _open_to_all() -> ColumnElement[bool]:
    """For everybody, with a token or without."""
    reason = "the hash of a fact tells nothing of it"
    return published(EventLog, unscoped(EventLog, reason=reason))


async def read_leaf(reads: Reads, index: int) -> bytes:
    """The hash of one row of the log, which is there."""
    query = select(EventLog.leaf_hash).where(_open_to_all(), EventLog.log_index == index)
    leaf: bytes = (await reads.execute(query)).scalar_one()
    return leaf


async def _hashes(reads: Reads, hashing: Hashing, ranges: Sequence[Range]) -> list[bytes]:
    if not ranges:
        return []
    tiles = await read_tiles(reads, hashing, tiles_for(ranges))
    return [hash_of(hashing, span, tiles) for span in ranges]


async def inclusion(reads: Reads, index: int, size: int, hashing: Hashing = SHA256) -> list[bytes]:
    """The hashes that lead from entry `index` to the root of `size` entries."""
    return await _hashes(reads, hashing, inclusion_ranges(index, size))


async def consistency(reads: Reads, old: int, new: int, hashing: Hashing = SHA256) -> list[bytes]:
    """The hashes that show `new` entries to begin with the first `old`."""
    return await _hashes(reads, hashing, consistency_ranges(old, new))


async def root_at(reads: Reads, size: int, hashing: Hashing = SHA256) -> bytes:
    """The root of the first `size` entries, at least one."""
    (root,) = await _hashes(reads, hashing, [(0, size)])
    return root


async def find_checkpoint(
    reads: Reads, *, size: int | None = None, beyond: int = 0, witnesses: int = 0
) -> Checkpoint | None:
    """The newest checkpoint of more than `beyond` entries, with all cosignatures it has.

    Or the one of `size`; and only one that so many witnesses have confirmed.
    """
    sizes = select(func.max(LedgerCheckpoint.size)).where(LedgerCheckpoint.size > beyond)
    if size is not None:
        sizes = sizes.where(LedgerCheckpoint.size == size)
    if witnesses:
        confirmed = select(LedgerCosignature.size).group_by(LedgerCosignature.size)
        confirmed = confirmed.having(func.count() >= witnesses)
        sizes = sizes.where(LedgerCheckpoint.size.in_(confirmed))
    return await _checkpoint_at(reads, sizes.scalar_subquery())


async def checkpoint_for(reads: Reads, index: int, size: int | None = None) -> Checkpoint | None:
    """The checkpoint that a proof of entry `index` rests on: a witnessed one before a newer one."""
    if size is not None:
        return await find_checkpoint(reads, size=size, beyond=index)
    witnessed, newest = (
        select(func.max(table.size)).where(table.size > index).scalar_subquery()
        for table in (LedgerCosignature, LedgerCheckpoint)
    )
    return await _checkpoint_at(reads, func.coalesce(witnessed, newest))


async def _checkpoint_at(reads: Reads, size: ColumnElement[int]) -> Checkpoint | None:
    lines = (
        select(LedgerCosignature.line)
        .where(LedgerCosignature.size == LedgerCheckpoint.size)
        .order_by(LedgerCosignature.witness)
        .correlate(LedgerCheckpoint)
        .scalar_subquery()
    )
    query = select(LedgerCheckpoint.note, func.array(lines)).where(LedgerCheckpoint.size == size)
    found = (await reads.execute(query)).one_or_none()
    if found is None:
        return None
    note, cosignatures = found
    return Checkpoint.parse(note).signed_by(*map(Signature.parse, cosignatures))

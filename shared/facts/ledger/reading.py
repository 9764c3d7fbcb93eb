"""Proofs, tiles and checkpoints out of the tables; what they hold of a fact is its hash."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Executable, Result, func, select, text

from shared.facts.ledger.notes import Checkpoint, Signature
from shared.facts.ledger.tables import LedgerCheckpoint, LedgerCosignature
from shared.facts.ledger.tree import (
    HASH_BYTES,
    SHA256,
    SM3,
    WIDTH,
    Address,
    Hashing,
    Range,
    consistency_ranges,
    hash_of,
    inclusion_ranges,
    tiles_for,
)


class Reads(Protocol):
    """A session, a connection, or statements."""

    async def execute(
        self, statement: Executable, parameters: dict[str, Any] | None = None, /
    ) -> Result[*tuple[Any, ...]]: ...


# Written out, because composing them would take longer than running them. The marks say that the
# hash of a row of the log is for everybody, with a token or without: it tells nothing of the fact.
_TILES = """
WITH wanted AS (
    SELECT * FROM unnest(
        CAST(:levels AS smallint[]), CAST(:numbers AS bigint[]), CAST(:widths AS int[])
    ) AS wanted (level, n, width)
)
SELECT true, tile.level, tile.n, tile.hashes FROM wanted JOIN ledger_tile AS tile
    ON tile.algorithm = :algorithm AND tile.level = wanted.level AND tile.n = wanted.n
UNION ALL
SELECT false, wanted.level, tile.n, tile.root FROM wanted JOIN ledger_tile AS tile
    ON tile.algorithm = :algorithm AND tile.level = wanted.level - 1
    AND tile.n >= wanted.n * 256 AND tile.n < wanted.n * 256 + wanted.width
    WHERE wanted.width < 256
UNION ALL
SELECT false, 0, log_index, {column} FROM event_log
    WHERE log_index >= :first AND log_index < :end
    AND true /*published event_log*/ AND true /*unscoped event_log*/
"""
_TILES_BY = {
    hashing: text(_TILES.format(column=column))
    for hashing, column in ((SHA256, "leaf_hash"), (SM3, "event"))
}
_LEAF = text(
    "SELECT leaf_hash FROM event_log"
    " WHERE log_index = :index AND true /*published event_log*/ AND true /*unscoped event_log*/"
)
_CHECKPOINT = text("""
SELECT note, ARRAY(
    SELECT line FROM ledger_cosignature AS confirmed
    WHERE confirmed.size = ledger_checkpoint.size ORDER BY witness
) FROM ledger_checkpoint WHERE size = coalesce(
    (SELECT max(size) FROM ledger_cosignature WHERE size > :index),
    (SELECT max(size) FROM ledger_checkpoint WHERE size > :index)
)
""")


async def read_tiles(
    reads: Reads, hashing: Hashing, wanted: Mapping[Address, int]
) -> dict[Address, bytes]:
    """The first hashes of tiles, at least as many as are wanted of each, in one statement.

    Of a tile that is not full yet they come from what it will be made of. Raises LookupError where
    the ledger lacks some.
    """
    levels, numbers = zip(*wanted, strict=True)
    # On a level only the last tile can be one that is not full.
    begun = [(n, width) for (level, n), width in wanted.items() if not level and width < WIDTH]
    n, width = max(begun, default=(0, 0))
    found = await reads.execute(
        _TILES_BY[hashing],
        {
            "algorithm": hashing.name,
            "levels": levels,
            "numbers": numbers,
            "widths": list(wanted.values()),
            "first": n * WIDTH,
            "end": n * WIDTH + width,
        },
    )
    tiles: dict[Address, bytes] = {}
    pieces: dict[Address, dict[int, bytes]] = defaultdict(dict)
    for whole, level, number, content in found:
        if whole:
            tiles[level, number] = content
        else:
            leaf = content if level or hashing is SHA256 else hashing.leaf(content)
            pieces[level, number // WIDTH][number] = leaf
    for address, needed in wanted.items():
        if address not in tiles:
            tiles[address] = b"".join(pieces[address][at] for at in sorted(pieces[address]))
        if len(tiles[address]) < needed * HASH_BYTES:
            raise LookupError(f"the ledger lacks hashes of tile {address}")
    return tiles


async def read_leaf(reads: Reads, index: int) -> bytes:
    """The hash of one row of the log, which is there."""
    leaf: bytes = (await reads.execute(_LEAF, {"index": index})).scalar_one()
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
    table = LedgerCosignature if witnesses else LedgerCheckpoint
    sizes = select(table.size).where(table.size > beyond).order_by(table.size.desc()).limit(1)
    if size is not None:
        sizes = sizes.where(table.size == size)
    if witnesses:
        sizes = sizes.group_by(table.size).having(func.count() >= witnesses)
    return await _checkpoint_at(reads, sizes.scalar_subquery())


async def checkpoint_for(reads: Reads, index: int, size: int | None = None) -> Checkpoint | None:
    """The checkpoint that a proof of entry `index` rests on: a witnessed one before a newer one."""
    if size is not None:
        return await find_checkpoint(reads, size=size, beyond=index)
    return _with_cosignatures(await reads.execute(_CHECKPOINT, {"index": index}))


async def _checkpoint_at(reads: Reads, size: ColumnElement[int]) -> Checkpoint | None:
    lines = (
        select(LedgerCosignature.line)
        .where(LedgerCosignature.size == LedgerCheckpoint.size)
        .order_by(LedgerCosignature.witness)
        .correlate(LedgerCheckpoint)
        .scalar_subquery()
    )
    query = select(LedgerCheckpoint.note, func.array(lines)).where(LedgerCheckpoint.size == size)
    return _with_cosignatures(await reads.execute(query))


def _with_cosignatures(result: Result[*tuple[Any, ...]]) -> Checkpoint | None:
    if (found := result.one_or_none()) is None:
        return None
    note, cosignatures = found
    return Checkpoint.parse(note).signed_by(*map(Signature.parse, cosignatures))

"""The trees grow in the transaction that sequences, and catch up where there was none before.

A relay keeps the right edges in memory and moves on only when the transaction has committed. What
it remembers is never trusted over the tables: a place in the log that does not fit makes it read
them again.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.facts.ledger.tree import ALGORITHMS, SHA256, WIDTH, Edge, Hashing, Tile

log = logging.getLogger(__name__)

CHUNK = 64 * WIDTH
"""Leaves in one transaction of catching up."""
CHUNK_OF_EVENTS = 2 * WIDTH
"""The same where the facts themselves have to be read."""

_ADD = """
INSERT INTO ledger_tile (algorithm, level, n, root, hashes)
SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[])
"""
_LAST = "SELECT max(n) FROM ledger_tile WHERE algorithm = $1 AND level = $2"
_ROOTS = "SELECT root FROM ledger_tile WHERE algorithm = $1 AND level = $2 AND n >= $3 ORDER BY n"
_LEAVES = """
SELECT log_index, leaf_hash FROM event_log
WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index
"""
_EVENTS = """
SELECT log_index, event FROM event_log
WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index
"""
_END = "SELECT next_log_index FROM relay_cursor WHERE id = 1 FOR UPDATE"

Edges = Mapping[str, Edge]


class Growth:
    """The trees of one database, as its leading relay sees them."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashings = [ALGORITHMS[name] for name in dict.fromkeys((SHA256.name, *algorithms))]
        self.edges: Edges = {}
        """Of committed trees, by algorithm; without those that have to be read first."""
        self.gap: int | None = None
        """The first row that the log lacks, if catching up met one: then no tree grows further,
        until the tables are read again."""

    def forget(self) -> None:
        """Read the tables again before anything grows."""
        self.edges, self.gap = {}, None

    def size(self) -> int:
        """Leaves that every tree has."""
        sizes = [edge.size for edge in self.edges.values()]
        return min(sizes) if len(sizes) == len(self._hashings) else 0

    def behind(self, end: int) -> bool:
        """Whether a tree is to catch up: it has fewer leaves than the log has rows, `end`, or is
        not known. Behind a gap there is nothing to catch up with."""
        unknown = len(self.edges) < len(self._hashings)
        return self.gap is None and (unknown or self.size() < end)

    def room(self, end: int) -> int:
        """How many rows can follow the log's `end` and fill no tile."""
        return WIDTH - 1 - end % WIDTH

    async def grow(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> Edges:
        """Put rows that were just sequenced into the trees; to be kept once they are committed."""
        if self.gap is not None:
            return self.edges
        edges = {}
        for name, edge in self.edges.items():
            if edge.size == rows[0].log_index:
                grown, tiles = edge.grow(_leaves(edge.hashing, rows))
                await _add(connection, name, tiles)
                edges[name] = grown
            # Else another relay was here meanwhile: this tree is read again, and catches up.
        return edges

    async def catch_up(self, connection: AsyncConnection) -> Edges:
        """Bring every tree further, by a chunk at most; to be kept once this is committed.

        Where a row is missing, its tree stays as it is: leaves behind a gap would stand in places
        that are not theirs.
        """
        end = (await connection.exec_driver_sql(_END)).scalar_one()
        edges = {}
        for hashing in self._hashings:
            edge = self.edges.get(hashing.name) or await read_edge(connection, hashing)
            query, chunk = (_LEAVES, CHUNK) if hashing is SHA256 else (_EVENTS, CHUNK_OF_EVENTS)
            last = min(end, edge.size + chunk)
            rows = (await connection.exec_driver_sql(query, (edge.size, last))).all()
            if (gap := _gap(rows, edge.size, last)) is not None:
                self._stop(gap)
                edges[hashing.name] = edge
                continue
            edges[hashing.name], tiles = edge.grow(_leaves(hashing, rows))
            await _add(connection, hashing.name, tiles)
        return edges

    def _stop(self, gap: int) -> None:
        if self.gap is None:
            log.critical(
                "the log lacks its row %d: rows were deleted. Facts go on, but the ledger does not"
                " grow and nothing is signed until an operator decides.",
                gap,
            )
        self.gap = gap


async def read_edge(connection: AsyncConnection, hashing: Hashing) -> Edge:
    """The right edge behind the last full tile."""
    full: list[int] = []
    while not full or full[-1]:
        last = await connection.exec_driver_sql(_LAST, (hashing.name, len(full)))
        number = last.scalar_one()
        full.append(0 if number is None else number + 1)
    levels: list[Sequence[bytes]] = [[]]
    for level, above in enumerate(full[1:]):
        found = await connection.exec_driver_sql(_ROOTS, (hashing.name, level, above * WIDTH))
        levels.append(found.scalars().all())
    return Edge(hashing, full[0] * WIDTH, levels)


def _gap(rows: Sequence[Row[Any]], start: int, end: int) -> int | None:
    """The first place from `start` to before `end` that none of `rows` has."""
    if len(rows) == end - start:
        return None
    places = {row.log_index for row in rows}
    return next(place for place in range(start, end) if place not in places)


def _leaves(hashing: Hashing, rows: Sequence[Row[Any]]) -> list[bytes]:
    if hashing is SHA256:
        return [row.leaf_hash for row in rows]
    return [hashing.leaf(row.event) for row in rows]


async def _add(connection: AsyncConnection, algorithm: str, tiles: Sequence[Tile]) -> None:
    if tiles:
        columns = zip(
            *((tile.level, tile.n, tile.root, tile.hashes) for tile in tiles), strict=True
        )
        await connection.exec_driver_sql(_ADD, (algorithm, *map(list, columns)))

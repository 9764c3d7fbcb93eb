"""The trees grow in the transaction that sequences, and catch up where there was none before.

A relay keeps the right edges in memory and moves on only when the transaction has committed. What
it remembers is never trusted over the tables: a place in the log that does not fit makes it read
them again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.facts.ledger.tree import ALGORITHMS, SHA256, WIDTH, Edge, Hashing, Tile

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
SELECT leaf_hash FROM event_log WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index
"""
_EVENTS = "SELECT event FROM event_log WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index"
_END = "SELECT next_log_index FROM relay_cursor WHERE id = 1 FOR UPDATE"

Edges = Mapping[str, Edge]


class Growth:
    """The trees of one database, as its leading relay sees them."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashings = [ALGORITHMS[name] for name in dict.fromkeys((SHA256.name, *algorithms))]
        self.edges: Edges = {}
        """Of committed trees, by algorithm; without those that have to be read first."""

    def forget(self) -> None:
        """Read the tables again before anything grows."""
        self.edges = {}

    def size(self) -> int:
        """Leaves that every tree has."""
        sizes = [edge.size for edge in self.edges.values()]
        return min(sizes) if len(sizes) == len(self._hashings) else 0

    def behind(self, end: int) -> bool:
        """Whether a tree has fewer leaves than the log has rows, `end`; or is not known."""
        return len(self.edges) < len(self._hashings) or self.size() < end

    def room(self, end: int) -> int:
        """How many rows can follow the log's `end` and fill no tile."""
        return WIDTH - 1 - end % WIDTH

    async def grow(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> Edges:
        """Put rows that were just sequenced into the trees; to be kept once they are committed."""
        edges = {}
        for name, edge in self.edges.items():
            if edge.size == rows[0].log_index:
                grown, tiles = edge.grow(_leaves(edge.hashing, rows))
                await _add(connection, name, tiles)
                edges[name] = grown
            # Else another relay was here meanwhile: this tree is read again, and catches up.
        return edges

    async def catch_up(self, connection: AsyncConnection) -> Edges:
        """Bring every tree further, by a chunk at most; to be kept once this is committed."""
        end = (await connection.exec_driver_sql(_END)).scalar_one()
        edges = {}
        for hashing in self._hashings:
            edge = self.edges.get(hashing.name) or await read_edge(connection, hashing)
            query, chunk = (_LEAVES, CHUNK) if hashing is SHA256 else (_EVENTS, CHUNK_OF_EVENTS)
            last = min(end, edge.size + chunk)
            found = (await connection.exec_driver_sql(query, (edge.size, last))).scalars().all()
            leaves = found if hashing is SHA256 else [hashing.leaf(event) for event in found]
            edges[hashing.name], tiles = edge.grow(leaves)
            await _add(connection, hashing.name, tiles)
        return edges


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

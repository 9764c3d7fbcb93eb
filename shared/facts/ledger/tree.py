"""The tree of RFC 6962, section 2.1, in tiles of 256: values in, values out, no I/O.

A range of leaves is `(start, end)` with the end left out. A complete subtree of 256 ** level leaves
is one hash of a tile, as C2SP's `tlog-tiles` lays them out: tile `n` of a level has the hashes
`256 * n` to `256 * n + 255` of that level, level 0 being the leaves.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = 256
"""Hashes in a full tile."""
HEIGHT = 8
"""Levels of the binary tree that a tile spans."""
HASH_BYTES = 32

Range = tuple[int, int]
Address = tuple[int, int]
"""Level and number of a tile."""


class ProofRejected(Exception):
    """What was shown does not follow from the checkpoint."""


@dataclass(frozen=True)
class Hashing:
    """One hash algorithm, as the tree uses it."""

    name: str
    digest: Callable[[bytes], bytes]

    def leaf(self, event: bytes) -> bytes:
        """The hash of an entry."""
        return self.digest(b"\0" + event)

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of two neighbours."""
        return self.digest(b"\1" + left + right)

    def root(self, hashes: Sequence[bytes]) -> bytes:
        """The hash over neighbours, of which only the last may stand for fewer leaves."""
        if not hashes:
            return self.digest(b"")
        digest = self.digest
        while len(hashes) > 1:
            pairs = [
                digest(b"\1" + hashes[at] + hashes[at + 1]) for at in range(0, len(hashes) - 1, 2)
            ]
            if len(hashes) % 2:
                pairs.append(hashes[-1])
            hashes = pairs
        return hashes[0]


SHA256 = Hashing("sha256", lambda data: hashlib.sha256(data).digest())
SM3 = Hashing("sm3", lambda data: hashlib.new("sm3", data).digest())
"""GB/T 32905-2016; `hashlib` has it where its OpenSSL does."""
ALGORITHMS: Mapping[str, Hashing] = {hashing.name: hashing for hashing in (SHA256, SM3)}


@dataclass(frozen=True)
class Tile:
    """A full tile and the one hash that stands for it on the level above."""

    level: int
    n: int
    hashes: bytes
    root: bytes


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree: all that growing and signing it needs."""

    hashing: Hashing
    size: int = 0
    levels: Sequence[Sequence[bytes]] = field(default=())
    """On each level the hashes that do not fill a tile yet."""

    def grow(self, leaves: Sequence[bytes]) -> "tuple[Edge, list[Tile]]":
        """The edge behind more leaf hashes, and the tiles that they filled."""
        levels = [list(level) for level in self.levels]
        tiles: list[Tile] = []
        coming, level = list(leaves), 0
        while coming:
            if level == len(levels):
                levels.append([])
            row = levels[level] + coming
            n, coming = self.size >> HEIGHT * (level + 1), []
            whole = len(row) - len(row) % WIDTH
            for start in range(0, whole, WIDTH):
                full = row[start : start + WIDTH]
                coming.append(self.hashing.root(full))
                tiles.append(Tile(level, n, b"".join(full), coming[-1]))
                n += 1
            levels[level] = row[whole:]
            level += 1
        return Edge(self.hashing, self.size + len(leaves), levels), tiles

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        rest: list[bytes] = []
        for level in self.levels:
            if level or rest:
                rest = [self.hashing.root([*level, *rest])]
        return rest[0] if rest else self.hashing.root([])


# ---------------------------------------------------------------- which ranges prove what


def split(leaves: int) -> int:
    """The largest power of two below `leaves` (at least 2)."""
    return 1 << (leaves - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes lead from leaf `index` to the root of `size` leaves (2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges that show `new` leaves to begin with the same `old` ones (2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"no tree of {new} follows one of {old}")
    ranges, start, end = [], 0, new
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def subtrees(span: Range) -> Iterator[tuple[int, int]]:
    """The complete subtrees that a range of a proof consists of: height and position."""
    start, end = span
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def tiles_for(ranges: Iterable[Range]) -> dict[Address, int]:
    """Which tiles the hashes of these ranges are made from, and how many hashes of each."""
    wanted: dict[Address, int] = {}
    for span in ranges:
        for height, position in subtrees(span):
            level, below = divmod(height, HEIGHT)
            last = ((position + 1) << below) - 1
            address = (level, last // WIDTH)
            wanted[address] = max(wanted.get(address, 0), last % WIDTH + 1)
    return wanted


def hash_of(hashing: Hashing, span: Range, tiles: Mapping[Address, bytes]) -> bytes:
    """The hash of one range of a proof, from the tiles that `tiles_for` names."""
    found = []
    for height, position in subtrees(span):
        level, below = divmod(height, HEIGHT)
        first = position << below
        tile = tiles[level, first // WIDTH]
        found.append(hashing.root(hashes_of(tile, first % WIDTH, 1 << below)))
    # From the right: every subtree is larger than all that stands behind it.
    whole = found.pop()
    while found:
        whole = hashing.node(found.pop(), whole)
    return whole


def hashes_of(tile: bytes, first: int = 0, count: int = WIDTH) -> list[bytes]:
    """Hashes of a tile, one by one."""
    end = min(len(tile), (first + count) * HASH_BYTES)
    return [tile[at : at + HASH_BYTES] for at in range(first * HASH_BYTES, end, HASH_BYTES)]


# ---------------------------------------------------------------- what a reader checks


def verify_inclusion(
    hashing: Hashing, leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Whether `leaf` is at `index` of the tree with that size and root. Raises ProofRejected.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofRejected(f"there is no entry {index} in a tree of {size}")
    at, last, found = index, size - 1, leaf
    for neighbour in proof:
        if not last:
            raise ProofRejected("the proof is too long")
        if at & 1 or at == last:
            found = hashing.node(neighbour, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = hashing.node(found, neighbour)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRejected("the proof is too short")
    if found != root:
        raise ProofRejected(f"entry {index} does not lead to the root of the checkpoint")


def verify_consistency(
    hashing: Hashing,
    *,
    old: int,
    new: int,
    old_root: bytes,
    new_root: bytes,
    proof: Sequence[bytes],
) -> None:
    """Whether the tree of `new` leaves begins with the one of `old`. Raises ProofRejected.

    RFC 9162, section 2.1.4.2.
    """
    if not 0 < old <= new:
        raise ProofRejected(f"no tree of {new} follows one of {old}")
    if old == new:
        if proof or old_root != new_root:
            raise ProofRejected(f"two trees of {new} entries have different roots")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofRejected("the proof is too short")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for neighbour in path[1:]:
        if not last:
            raise ProofRejected("the proof is too long")
        if at & 1 or at == last:
            first = hashing.node(neighbour, first)
            second = hashing.node(neighbour, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = hashing.node(second, neighbour)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRejected("the proof is too short")
    if first != old_root or second != new_root:
        raise ProofRejected(
            f"the tree of {new} entries does not begin with the tree of {old} entries"
        )

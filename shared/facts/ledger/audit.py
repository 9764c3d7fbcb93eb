"""Which row of a log was changed, removed or put in: what is there against what was signed.

The rows are held against the leaf hashes that the ledger keeps beside them, and those against the
roots that were signed. A row is named when both agree that it is the one; where somebody changed
the hashes beside it as well, the checkpoints say between which rows the first one lies.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from shared.facts.ledger.notes import Checkpoint, NoteRejected, VerifierKey
from shared.facts.ledger.tree import ALGORITHMS, HASH_BYTES, SHA256, Edge, hashes_of

AHEAD = 10_000
"""Rows looked through to tell rows that were put in from one that was changed."""


@dataclass(frozen=True)
class LogRow:
    """A row of the log: where it says it stands, its fact, and the hash kept with it."""

    index: int
    leaf_hash: bytes
    event: bytes | None
    """None in an export of hashes alone."""

    @property
    def leaf(self) -> bytes:
        return self.leaf_hash if self.event is None else SHA256.leaf(self.event)


@dataclass(frozen=True)
class Finding:
    """The first thing that is not as it was signed."""

    what: str
    """`changed`, `removed`, `inserted`; `ledger` where it is not the rows."""
    first: int
    last: int
    """The row, or the rows between which it lies."""
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What an examination came to."""

    rows: int
    signed: int
    """Rows that the last checkpoint covers."""
    checkpoints: int
    finding: Finding | None
    confirmed: Mapping[str, int] = field(default_factory=dict)
    """How many rows each witness has confirmed."""


def judge(
    rows: Callable[[], Iterable[LogRow]],
    leaves: bytes,
    checkpoints: Iterable[Checkpoint],
    *,
    keys: Sequence[VerifierKey],
    witnesses: Collection[VerifierKey] = (),
) -> Verdict:
    """Examine a log whose checkpoints are not trusted yet; `rows` gives them from the start again.

    Raises NoteRejected where a checkpoint is not by one of the log's keys, or there is none.
    """
    ordered = sorted(checkpoints, key=lambda checkpoint: checkpoint.size)
    confirmed: dict[str, int] = {}
    for checkpoint in ordered:
        checkpoint.verify_log(*keys)
        for name in checkpoint.verify(witnesses):
            confirmed[name] = checkpoint.size
    if not ordered:
        raise NoteRejected("there is no checkpoint: nothing of this was signed")
    verdict = examine(rows(), leaves, ordered)
    finding = verdict.finding or second_roots(rows(), ordered)
    return replace(verdict, finding=finding, confirmed=confirmed)


def examine(rows: Iterable[LogRow], leaves: bytes, checkpoints: Sequence[Checkpoint]) -> Verdict:
    """Hold a log against its checkpoints (in order of size), by its leaf hashes."""
    good, bad = _vouched(leaves, checkpoints)
    signed = checkpoints[-1].size
    counted = _Counted(rows)
    finding = _first_deviation(counted, leaves[: signed * HASH_BYTES], signed)
    for _ in counted:
        pass
    if bad is not None and (finding is None or finding.first >= good):
        finding = _between(finding, good, bad)
    return Verdict(counted.count, signed, len(checkpoints), finding)


class _Counted:
    def __init__(self, rows: Iterable[LogRow]) -> None:
        self._rows, self.count = iter(rows), 0

    def __iter__(self) -> Iterator[LogRow]:
        return self

    def __next__(self) -> LogRow:
        row = next(self._rows)
        self.count += 1
        return row


def _vouched(leaves: bytes, checkpoints: Sequence[Checkpoint]) -> tuple[int, Checkpoint | None]:
    """How many leaf hashes signed roots vouch for, and the first checkpoint that denies them."""
    edge = Edge(SHA256)
    for checkpoint in checkpoints:
        more = hashes_of(leaves, edge.size, checkpoint.size - edge.size)
        grown, _ = edge.grow(more)
        if grown.size != checkpoint.size or grown.root != checkpoint.root:
            return edge.size, checkpoint
        edge = grown
    return edge.size, None


def _first_deviation(rows: Iterator[LogRow], leaves: bytes, signed: int) -> Finding | None:
    end = len(leaves) // HASH_BYTES
    at = 0
    for row in rows:
        if at == end:
            if row.index == at:
                return None  # behind what is signed, and where it belongs
            return _finding("inserted", at, f"bears the number {row.index} and has no place")
        here = leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        if row.leaf == here:
            if row.index != at:
                return _finding("changed", at, f"bears the number {row.index}")
            at += 1
            continue
        return _classified(row, rows, at, here, leaves)
    if at < signed:
        return Finding("removed", at, signed - 1, f"row {at} was removed: the log ends before it")
    return None


def _classified(
    row: LogRow, rows: Iterator[LogRow], at: int, here: bytes, leaves: bytes
) -> Finding:
    later = _place(leaves, row.leaf, at + 1)
    if later is not None:
        return _finding("removed", at, "was removed", last=later - 1)
    for distance, following in enumerate(islice(rows, AHEAD), 1):
        if following.leaf == here:
            return _finding("inserted", at, "was put in", last=at + distance - 1)
        if distance == 1 and _place(leaves, following.leaf, at + 1) == at + 1:
            break
    if row.event is not None and row.leaf != row.leaf_hash == here:
        return _finding("changed", at, "was changed: the hash kept with it is of another fact")
    return _finding("changed", at, "was changed")


def _place(leaves: bytes, leaf: bytes, start: int) -> int | None:
    position = start * HASH_BYTES
    while (position := leaves.find(leaf, position)) >= 0:
        if position % HASH_BYTES == 0:
            return position // HASH_BYTES
        position += 1
    return None


def _finding(what: str, at: int, happened: str, *, last: int | None = None) -> Finding:
    last = at if last is None else last
    named = f"row {at}" if last == at else f"row {at} (with those up to {last})"
    return Finding(what, at, last, f"{named} {happened}")


def _between(finding: Finding | None, good: int, bad: Checkpoint) -> Finding:
    last = bad.size - 1
    if good == bad.size:
        told = f"two different checkpoints of {good} facts bear the log's signature: two histories"
        return Finding("ledger", 0, last, told)
    told = (
        f"the first row that is not as it was signed lies between {good} and {last}: the hashes"
        f" kept beside the rows do not lead to the checkpoint of {bad.size} either"
    )
    if finding is not None:
        told += f"; {finding.sentence}"
    return Finding(finding.what if finding else "ledger", good, last, told)


def second_roots(rows: Iterable[LogRow], checkpoints: Sequence[Checkpoint]) -> Finding | None:
    """Hold the facts against the roots by further algorithms, where a checkpoint names some."""
    named = {name for checkpoint in checkpoints for name in checkpoint.roots()} - {SHA256.name}
    edges = {name: Edge(ALGORITHMS[name]) for name in named}
    remaining, size = iter(rows), 0
    for checkpoint in checkpoints if edges else ():
        while more := list(islice(remaining, min(AHEAD, checkpoint.size - size))):
            size += len(more)
            for name, edge in edges.items():
                leaves = [edge.hashing.leaf(row.event) for row in more if row.event is not None]
                if len(leaves) < len(more):
                    return None  # an export without facts cannot be held against them
                edges[name], _ = edge.grow(leaves)
        for name, root in checkpoint.roots().items():
            if name in edges and edges[name].root != root:
                told = f"the facts do not lead to the {name} root of the checkpoint of {size}"
                return Finding("ledger", 0, size - 1, told)
    return None

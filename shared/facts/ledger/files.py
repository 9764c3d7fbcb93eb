"""A ledger as a folder of files, which can be examined anywhere without asking anybody.

`log.ndjson` has the rows, `leaves.bin` the leaf hashes as the ledger keeps them beside the rows (32
bytes each), `checkpoints.ndjson` what was signed, with the cosignatures.
"""

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from shared.access.visibility import scoped_by
from shared.facts.ledger.audit import LogRow, Verdict, examine, second_roots
from shared.facts.ledger.notes import Checkpoint, NoteRejected, Proof, VerifierKey, encoded
from shared.facts.ledger.tables import LedgerCheckpoint, LedgerCosignature, LedgerTile
from shared.facts.ledger.tree import HASH_BYTES, SHA256, WIDTH
from shared.facts.tables import EventLog, RelayCursor

LOG, LEAVES, CHECKPOINTS = "log.ndjson", "leaves.bin", "checkpoints.ndjson"
CHUNK = 2_000


class CannotRead(Exception):
    """A file is missing or damaged: one sentence."""


# ---------------------------------------------------------------- writing


async def export(session: AsyncSession, folder: Path, *, bodies: bool = True) -> int:
    """Write the ledger of one moment to an empty folder; returns the number of rows.

    Without `bodies` only hashes are written, which tell nothing of the facts. The session must not
    have been used: all is read in one snapshot.
    """
    _make_empty(folder)
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    end = await session.scalar(select(RelayCursor.next_log_index)) or 0
    rows = await _write_rows(session, folder / LOG, bodies=bodies)
    await _write_leaves(session, folder / LEAVES, end)
    await _write_checkpoints(session, folder / CHECKPOINTS)
    return rows


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CannotRead(f"{folder} is not empty")


async def _write_rows(session: AsyncSession, path: Path, *, bodies: bool) -> int:
    columns = (EventLog.log_index, EventLog.leaf_hash, *([EventLog.event] if bodies else []))
    after, rows = -1, 0
    with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
        while True:
            found = await session.execute(
                select(*columns)
                .where(scoped_by(EventLog, true()), EventLog.log_index > after)
                .order_by(EventLog.log_index)
                .limit(CHUNK)
            )
            chunk: Sequence[Any] = found.all()
            for index, leaf_hash, *event in chunk:
                row = {"index": index, "leaf_hash": encoded(leaf_hash)}
                if bodies:
                    row["event"] = event[0].decode(errors="surrogateescape")
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            if len(chunk) < CHUNK:
                return rows + len(chunk)
            rows, after = rows + CHUNK, chunk[-1][0]


async def _write_leaves(session: AsyncSession, path: Path, end: int) -> None:
    """From the tiles and, behind the last full one, what the checkpoints kept.

    Where neither has a hash, the row's own stands in: the checkpoint tells whether it is right.
    """
    with path.open("wb") as file:
        full = end // WIDTH
        for first in range(0, full, CHUNK):
            found = await session.execute(
                select(LedgerTile.n, LedgerTile.hashes).where(
                    LedgerTile.algorithm == SHA256.name,
                    LedgerTile.level == 0,
                    LedgerTile.n >= first,
                    LedgerTile.n < min(full, first + CHUNK),
                )
            )
            tiles: dict[int, bytes] = dict(found.all())
            for n in range(first, min(full, first + CHUNK)):
                kept = tiles.get(n) or await _own_leaves(session, n * WIDTH, (n + 1) * WIDTH)
                file.write(kept)
        tail = bytearray()
        checkpoints = await session.execute(
            select(LedgerCheckpoint.size, LedgerCheckpoint.leaves)
            .where(LedgerCheckpoint.size > full * WIDTH)
            .order_by(LedgerCheckpoint.size)
        )
        for size, leaves in checkpoints:
            start = (size - full * WIDTH) * HASH_BYTES - len(leaves)
            if (missing := start - len(tail)) > 0:
                lacking = full * WIDTH + len(tail) // HASH_BYTES
                own = await _own_leaves(session, lacking, lacking + missing // HASH_BYTES)
                tail += own.ljust(missing, b"\0")
            tail[max(start, 0) :] = leaves[max(-start, 0) :]
        file.write(tail)


async def _own_leaves(session: AsyncSession, first: int, end: int) -> bytes:
    found = await session.execute(
        select(EventLog.log_index, EventLog.leaf_hash)
        .where(scoped_by(EventLog, true()))
        .where(EventLog.log_index >= first, EventLog.log_index < end)
    )
    own: dict[int, bytes] = dict(found.all())
    return b"".join(own.get(index, bytes(HASH_BYTES)) for index in range(first, end))


async def _write_checkpoints(session: AsyncSession, path: Path) -> None:
    found = await session.execute(
        select(LedgerCosignature.size, LedgerCosignature.line).order_by(
            LedgerCosignature.size, LedgerCosignature.witness
        )
    )
    lines: dict[int, str] = {}
    for size, line in found:
        lines[size] = lines.get(size, "") + line
    notes = await session.execute(
        select(LedgerCheckpoint.size, LedgerCheckpoint.note).order_by(LedgerCheckpoint.size)
    )
    with path.open("w", encoding="utf-8") as file:
        for size, note in notes:
            whole = json.dumps({"note": note + lines.get(size, "")}, ensure_ascii=False)
            file.write(whole + "\n")


# ---------------------------------------------------------------- examining


def verify_folder(
    folder: Path,
    keys: Sequence[VerifierKey],
    *,
    witnesses: Collection[VerifierKey] = (),
    notes: Iterable[Checkpoint] = (),
) -> tuple[Verdict, dict[str, int]]:
    """Examine an export; with it, how many facts each witness has confirmed.

    `notes` are checkpoints from elsewhere: a witness's, or of a proof that somebody was given.
    Raises CannotRead; NoteRejected where a checkpoint is not by one of the log's keys.
    """
    checkpoints = [*_checkpoints(folder / CHECKPOINTS), *notes]
    confirmed: dict[str, int] = {}
    for checkpoint in checkpoints:
        checkpoint.verify_log(*keys)
        for name in checkpoint.verify(witnesses):
            confirmed[name] = max(confirmed.get(name, 0), checkpoint.size)
    checkpoints.sort(key=lambda checkpoint: checkpoint.size)
    if not checkpoints:
        raise CannotRead(f"{folder} has no checkpoint: nothing of it was signed")
    leaves = _bytes(folder / LEAVES)
    verdict = examine(_rows(folder / LOG), leaves, checkpoints)
    if verdict.finding is None and (finding := second_roots(_rows(folder / LOG), checkpoints)):
        verdict = Verdict(verdict.rows, verdict.signed, verdict.checkpoints, finding)
    return verdict, confirmed


def verify_proof(
    path: Path, event: Path, keys: Sequence[VerifierKey], witnesses: Collection[VerifierKey] = ()
) -> tuple[Proof, list[str]]:
    """The proof in a file, good for the event in another; and who has confirmed it.

    Raises CannotRead, NoteRejected, ProofRejected.
    """
    proof = Proof.parse(_text(path))
    return proof, proof.verify(_bytes(event), keys, witnesses)


def read_note(path: Path) -> Checkpoint:
    """A checkpoint, or that of a proof. Raises CannotRead, NoteRejected."""
    note = _text(path)
    return Proof.parse(note).checkpoint if note.startswith("c2sp.org/") else Checkpoint.parse(note)


def _rows(path: Path) -> Iterator[LogRow]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            event = row.get("event")
            yield LogRow(
                int(row["index"]),
                base64.b64decode(row["leaf_hash"], validate=True),
                None if event is None else event.encode(errors="surrogateescape"),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotRead(f"{path}, line {number}: this is no row of a log") from None


def _checkpoints(path: Path) -> Sequence[Checkpoint]:
    found = []
    for number, line in _lines(path):
        try:
            found.append(Checkpoint.parse(json.loads(line)["note"]))
        except (ValueError, KeyError, TypeError, NoteRejected) as error:
            raise CannotRead(f"{path}, line {number}: {error}") from None
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            yield from enumerate(file, 1)
    except OSError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace")

"""A ledger as a folder of files, which can be examined anywhere without asking anybody.

`log.ndjson` has the rows, `leaves.bin` the leaf hashes as the ledger keeps them beside the rows (32
bytes each), `checkpoints.ndjson` what was signed, with the cosignatures.
"""

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from sqlalchemy.ext.asyncio import AsyncSession

from shared.facts.ledger.audit import LogRow, Verdict, judge
from shared.facts.ledger.notes import Checkpoint, NoteRejected, Proof, VerifierKey, encoded
from shared.facts.ledger.source import read_end, read_leaves, read_notes, read_rows

LOG, LEAVES, CHECKPOINTS = "log.ndjson", "leaves.bin", "checkpoints.ndjson"


class CannotRead(Exception):
    """A file is missing or damaged: one sentence."""


async def export(session: AsyncSession, folder: Path, *, bodies: bool = True) -> int:
    """Write the ledger as it stands to an empty folder; returns the number of rows.

    Without `bodies` only hashes are written, which tell nothing of the facts.
    """
    _make_empty(folder)
    end, count = await read_end(session), 0
    with _to(folder / LOG) as file:
        async for rows in read_rows(session, end, bodies=bodies):
            count += len(rows)
            file.writelines(map(_line_of, rows))
    with (folder / LEAVES).open("wb") as raw:
        async for leaves in read_leaves(session, end):
            raw.write(leaves)
    with _to(folder / CHECKPOINTS) as file:
        async for note in read_notes(session, end):
            file.write(_json({"note": note}))
    return count


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CannotRead(f"{folder} is not empty")


def _to(path: Path) -> TextIO:
    # What is no UTF-8 any more must come out as it is: it is what was changed.
    return path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n")


def _line_of(row: LogRow) -> str:
    written: dict[str, object] = {"index": row.index, "leaf_hash": encoded(row.leaf_hash)}
    if row.event is not None:
        written["event"] = row.event.decode(errors="surrogateescape")
    return _json(written)


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def verify_folder(
    folder: Path,
    keys: Sequence[VerifierKey],
    *,
    witnesses: Collection[VerifierKey] = (),
    notes: Iterable[Checkpoint] = (),
) -> Verdict:
    """Examine an export. `notes` are checkpoints from elsewhere: a witness's, or of a proof.

    Raises CannotRead; NoteRejected where a checkpoint is not by one of the log's keys.
    """
    checkpoints = [*_checkpoints(folder / CHECKPOINTS), *notes]
    leaves = _bytes(folder / LEAVES)
    return judge(lambda: _rows(folder / LOG), leaves, checkpoints, keys=keys, witnesses=witnesses)


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

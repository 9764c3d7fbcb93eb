"""A witness: another party that confirms, checkpoint by checkpoint, that a log has only grown.

It keeps the last checkpoint of each log in a folder of its own, on the disk before it tells anybody
that it has seen it. What does not follow from that is kept as evidence: both notes bear the log's
own signature.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from shared.facts.ledger.notes import (
    NAME,
    WITNESS,
    Checkpoint,
    NoteRejected,
    SigningKey,
    VerifierKey,
    decoded,
    encoded,
)
from shared.facts.ledger.tree import SHA256, ProofRejected, verify_consistency

TIMEOUT_S = 20.0
KEY_FILE = "witness.key"


class TwoHistories(Exception):
    """The log has signed what cannot both be true, or will not show how it belongs together."""


class Unreachable(Exception):
    """The log gave no answer that could be used."""


class Log:
    """A log as its readers see it, at `https://host/<service>/v1/ledger`."""

    def __init__(self, url: str, key: VerifierKey) -> None:
        self.key = key
        self._url = url.rstrip("/")

    def checkpoints(self) -> list[Checkpoint]:
        """The newest that a witness has confirmed, if there is one, and the newest.

        Raises Unreachable, NoteRejected.
        """
        found = []
        for least in (1, 0):
            answer = self._ask("GET", "checkpoint", params={"witnesses": least})
            if least and answer.status_code == 409:
                continue
            _expect(answer)
            found.append(Checkpoint.parse(answer.text))
            found[-1].verify_log(self.key)
        return found

    def connect(self, old: Checkpoint, new: Checkpoint) -> None:
        """See that `new` goes on where `old` ended. Raises TwoHistories, Unreachable."""
        proof: list[bytes] = []
        if old.size < new.size:
            answer = self._ask("GET", "consistency", params={"from": old.size, "to": new.size})
            if answer.status_code == 404:
                raise TwoHistories(
                    f"the log {new.origin} has signed a checkpoint of {new.size} facts and does"
                    " not know it"
                )
            _expect(answer)
            proof = [decoded(text, "a hash") for text in answer.json()["hashes"]]
        try:
            verify_consistency(
                SHA256,
                old=old.size,
                new=new.size,
                old_root=old.root,
                new_root=new.root,
                proof=proof,
            )
        except ProofRejected as rejected:
            raise TwoHistories(f"the log {new.origin} shows two histories: {rejected}") from None

    def hand_in(self, checkpoint: Checkpoint, line: str) -> None:
        """Give it our cosignature. Raises Unreachable."""
        body = {"size": checkpoint.size, "cosignature": line}
        _expect(self._ask("POST", "cosignatures", json=body))

    def _ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            return httpx2.request(method, f"{self._url}/{path}", timeout=TIMEOUT_S, **options)
        except httpx2.HTTPError as error:
            raise Unreachable(f"{self._url}: {error or type(error).__name__}") from None


def _expect(answer: httpx2.Response) -> None:
    if answer.status_code >= 400:
        raise Unreachable(f"{answer.url} answered {answer.status_code}: {answer.text[:300]}")


class Witness:
    """One witness and the folder that it remembers with."""

    def __init__(self, folder: Path) -> None:
        """Raises NoteRejected if the folder has no key."""
        self._folder = folder
        try:
            self.key = read_key((folder / KEY_FILE).read_text())
        except OSError as error:
            raise NoteRejected(f"{folder / KEY_FILE}: {error.strerror}") from None

    @classmethod
    def make(cls, folder: Path, name: str) -> "Witness":
        """A new witness with a key of its own. Raises NoteRejected."""
        if not NAME.fullmatch(name):
            raise NoteRejected(f"{name!r} cannot be a witness's name: no blanks, no plus sign")
        if (folder / KEY_FILE).exists():
            raise NoteRejected(f"{folder} has a witness already")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / KEY_FILE, written_key(SigningKey(name, WITNESS, os.urandom(32))))
        return cls(folder)

    def remembered(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log that this witness has confirmed."""
        try:
            return Checkpoint.parse(self._path(origin).read_text())
        except FileNotFoundError:
            return None

    def look(self, log: Log) -> Checkpoint:
        """Look at a log once, and confirm what is new; returns what was confirmed last.

        Raises TwoHistories, and keeps the notes as evidence; Unreachable; NoteRejected.
        """
        with self._alone():
            *others, newest = log.checkpoints()
            for seen in others:
                # What another witness has confirmed, so that one checkpoint gets all signatures.
                old = self.remembered(log.key.name)
                if old is None or seen.size > old.size:
                    self._confirm(log, seen)
            return self._confirm(log, newest)

    def _confirm(self, log: Log, new: Checkpoint) -> Checkpoint:
        old = self.remembered(log.key.name)
        if old is not None:
            self._judge(log, old, new)
        if old is None or new.size > old.size:
            cosigned = self.key.cosign(new.text, int(time.time()))
            old = new.signed_by(cosigned)
            # On the disk first: what we have said we must remember.
            _write(self._path(new.origin), str(old))
        log.hand_in(old, str(next(filter(self.key.public.made, old.signatures))))
        return old

    def _judge(self, log: Log, old: Checkpoint, new: Checkpoint) -> None:
        try:
            if new.size < old.size:
                raise TwoHistories(
                    f"the log {new.origin} has gone back: it shows {new.size} facts, and had"
                    f" {old.size}"
                )
            log.connect(old, new)
        except TwoHistories as found:
            kept = self._folder / f"two-histories-{quote(new.origin, safe='')}-{new.size}.txt"
            _write(kept, f"{found}\n\n{old}\n{new}")
            raise TwoHistories(f"{found}. Both notes are kept in {kept}") from None

    def _path(self, origin: str) -> Path:
        return self._folder / f"{quote(origin, safe='')}.note"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def compare(
    notes: Sequence[Checkpoint], keys: Sequence[VerifierKey], log: Log | None = None
) -> list[str]:
    """Hold checkpoints of one log, shown to different parties, against each other.

    Returns pairs that could not be compared, because only the log (`log`) can connect checkpoints
    of different sizes. Raises TwoHistories, NoteRejected, Unreachable.
    """
    for note in notes:
        note.verify_log(*keys)
    ordered, undecided = sorted(notes, key=lambda note: note.size), []
    for old, new in pairwise(ordered):
        if old.size == new.size:
            if old.root != new.root:
                raise TwoHistories(
                    f"the log {old.origin} shows two histories: it has signed two different"
                    f" checkpoints of {old.size} facts"
                )
        elif log is not None:
            log.connect(old, new)
        else:
            undecided.append(f"{old.size} and {new.size}")
    return undecided


def written_key(key: SigningKey) -> str:
    """A secret key as one line, in the form that Go's `note` package reads."""
    secret = encoded(bytes([key.kind]) + key.seed)
    return f"PRIVATE+KEY+{key.name}+{key.public.id.hex()}+{secret}\n"


def read_key(text: str) -> SigningKey:
    """The key again. Raises NoteRejected."""
    found = re.fullmatch(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+(\S+)\s*", text)
    secret = decoded(found[3], "the key") if found else b""
    if not found or len(secret) != 33:
        raise NoteRejected("this is no secret key of a note")
    return SigningKey(found[1], secret[0], secret[1:])


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""What `xiejian ledger …` and `xiejian witness …` do; `shared.ledger_cli` has how they are called.

Exit codes: 0 what was asked is so; 1 it could not be looked at; 2 (also argparse's) a wrong call;
3 two things could not be compared; 4 something is not as it was signed.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock
from shared.db import Database
from shared.facts.ledger.audit import LogRow, Verdict, judge
from shared.facts.ledger.files import CannotRead, export, read_note, verify_folder, verify_proof
from shared.facts.ledger.notes import Checkpoint, NoteRejected, VerifierKey
from shared.facts.ledger.signing import signing_key, witness_keys
from shared.facts.ledger.source import read_end, read_leaves, read_notes, read_rows
from shared.facts.ledger.tree import ProofRejected
from shared.facts.ledger.witness import Log, TwoHistories, Unreachable, Witness, compare
from shared.refusals import Misconfigured
from shared.settings import Settings

T = TypeVar("T")

AWAY, UNDECIDED, DENIED = 1, 3, 4


def run(given: argparse.Namespace) -> int:
    """Run the step of a command; the exit code."""
    steps = {
        **{"verify": _verify, "export": _export, "compare": _compare, "key": _key},
        **{"new": _new, "watch": _watch},
    }
    try:
        return steps[given.what](given)
    except TwoHistories as found:
        print(f"TWO HISTORIES: {found}", file=sys.stderr)
        return DENIED
    except (NoteRejected, ProofRejected) as rejected:
        print(f"NOT verified: {rejected}", file=sys.stderr)
        return DENIED
    except (CannotRead, Unreachable, SQLAlchemyError, OSError) as error:
        raise Misconfigured(str(error)) from None


def _parsed(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except NoteRejected as rejected:
        raise Misconfigured(str(rejected)) from None


# ---------------------------------------------------------------- ledger


def _verify(given: argparse.Namespace) -> int:
    witnesses = [_parsed(text) for text in given.witness]
    keys = [_parsed(text) for text in given.key]
    if given.what_of in given.services:
        settings: Settings = given.load(given.what_of)
        if own := signing_key(settings, given.what_of):
            keys.append(own.public)
        _need(keys)
        known = {*witnesses, *witness_keys(settings)}
        with contextlib.closing(_Running(settings, given.what_of)) as running:
            verdict = judge(
                running.rows,
                running.leaves(),
                [*running.checkpoints(), *map(read_note, given.note)],
                keys=keys,
                witnesses=known,
            )
        return _told(verdict, keys[0].name, witnesses)
    path = Path(given.what_of)
    _need(keys)
    if path.is_dir():
        notes = [read_note(note) for note in given.note]
        verdict = verify_folder(path, keys, witnesses=witnesses, notes=notes)
        return _told(verdict, keys[0].name, witnesses)
    if given.event is None:
        raise Misconfigured("name the file of the fact with --event")
    proof, confirmed = verify_proof(path, given.event, keys, witnesses)
    print(
        f"verified: {given.event} is entry {proof.index} of {proof.checkpoint.origin}, signed as"
        f" one of {proof.checkpoint.size} facts"
    )
    return _confirmed(dict.fromkeys(confirmed, proof.checkpoint.size), witnesses)


def _need(keys: Sequence[VerifierKey]) -> None:
    if not keys:
        raise Misconfigured("name the key of the log with --key; have it from its operator")


def _told(verdict: Verdict, log: str, needed: Sequence[VerifierKey]) -> int:
    if verdict.finding is not None:
        print(f"NOT verified: {verdict.finding.sentence}", file=sys.stderr)
        return DENIED
    print(
        f"verified: {verdict.signed} facts of {log} are as they were signed, by"
        f" {verdict.checkpoints} checkpoints"
    )
    if (unsigned := verdict.rows - verdict.signed) > 0:
        print(f"{unsigned} newer facts are not signed yet")
    return _confirmed(verdict.confirmed, needed)


def _confirmed(confirmed: Mapping[str, int], needed: Sequence[VerifierKey]) -> int:
    for name, size in sorted(confirmed.items()):
        print(f"confirmed by {name}: {size} facts")
    missing = [key.name for key in needed if key.name not in confirmed]
    for name in missing:
        print(f"NOT confirmed by {name}", file=sys.stderr)
    return DENIED if missing else 0


def _export(given: argparse.Namespace) -> int:
    settings = given.load(given.service)
    work = _write(settings, given.service, given.folder, bodies=not given.hashes_only)
    print(f"{asyncio.run(work)} facts written to {given.folder}")
    return 0


async def _write(settings: Settings, service: str, folder: Path, *, bodies: bool = True) -> int:
    database = _database(settings, service)
    try:
        async with database.readers() as session:
            return await export(session, folder, bodies=bodies)
    finally:
        await database.close()


def _database(settings: Settings, service: str) -> Database:
    info = {"clock": Clock(), "service": service}
    return Database(settings, service=f"{service}-operator", info=info, on_facts=lambda: None)


class _Running:
    """The ledger in a database, read piece by piece while it is examined."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._runner = asyncio.Runner()
        self._database = self._runner.run(_opened(settings, service))
        self._session = self._database.readers()
        self._end = self._runner.run(read_end(self._session))

    def rows(self) -> Iterator[LogRow]:
        for chunk in self._each(read_rows(self._session, self._end)):
            yield from chunk

    def leaves(self) -> bytes:
        return b"".join(self._each(read_leaves(self._session, self._end)))

    def checkpoints(self) -> Iterator[Checkpoint]:
        return map(Checkpoint.parse, self._each(read_notes(self._session, self._end)))

    def _each(self, pieces: AsyncIterator[T]) -> Iterator[T]:
        async def following() -> T | None:
            return await anext(pieces, None)

        while (piece := self._runner.run(following())) is not None:
            yield piece

    def close(self) -> None:
        self._runner.run(self._session.close())
        self._runner.run(self._database.close())
        self._runner.close()


async def _opened(settings: Settings, service: str) -> Database:
    return _database(settings, service)


def _compare(given: argparse.Namespace) -> int:
    keys = [_parsed(text) for text in given.key]
    notes = [read_note(path) for path in given.notes]
    undecided = compare(notes, keys, Log(given.url, keys[0]) if given.url else None)
    for pair in undecided:
        print(f"not compared: {pair} facts; the log can connect them, name it with --url")
    if undecided:
        return UNDECIDED
    print(f"one history: {len(notes)} checkpoints of {keys[0].name}")
    return 0


def _key(given: argparse.Namespace) -> int:
    key = signing_key(given.load(given.service), given.service)
    if key is None:
        raise Misconfigured("XIEJIAN_LEDGER_KEY is not set: nothing is signed")
    print(key.public)
    return 0


# ---------------------------------------------------------------- witness


def _new(given: argparse.Namespace) -> int:
    try:
        print(Witness.make(given.folder, given.name).key.public)
    except NoteRejected as rejected:
        raise Misconfigured(str(rejected)) from None
    return 0


def _watch(given: argparse.Namespace) -> int:
    try:
        witness = Witness(given.folder)
    except NoteRejected as rejected:
        raise Misconfigured(str(rejected)) from None
    logs = [Log(url, _parsed(key)) for url, key in given.log]
    while True:
        code = _look(witness, logs)
        if given.every is None:
            return code
        time.sleep(given.every)


def _look(witness: Witness, logs: Sequence[Log]) -> int:
    """Look at each log, and the exit code: one that is away, or that denies what it signed, keeps
    nobody from the others."""
    code = 0
    for log in logs:
        try:
            confirmed = witness.look(log)
        except Unreachable as error:
            print(f"not reached: {error}", file=sys.stderr, flush=True)
            code = max(code, AWAY)
        except TwoHistories as found:
            print(f"TWO HISTORIES: {found}", file=sys.stderr, flush=True)
            code = DENIED
        except NoteRejected as rejected:
            print(f"NOT verified: {log.key.name}: {rejected}", file=sys.stderr, flush=True)
            code = DENIED
        else:
            print(f"confirmed: {confirmed.size} facts of {confirmed.origin}", flush=True)
    return code

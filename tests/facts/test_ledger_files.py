"""A log that was tampered with: the first row that was changed, removed or put in is named."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import cli
from shared.facts.ledger import signing
from shared.facts.ledger.audit import LogRow, examine
from shared.facts.ledger.files import CHECKPOINTS, LEAVES, LOG, export
from shared.facts.ledger.notes import Checkpoint, SigningKey, encoded
from shared.facts.ledger.tree import SHA256
from tests.facts import naive
from tests.facts.test_ledger import signed
from tests.facts.world import LEDGER_KEY, NodeMaker

EVENTS = [b'{"n":%d}' % n for n in range(620)]
HASHES = [naive.leaf(event) for event in EVENTS]
ROWS = [LogRow(n, HASHES[n], event) for n, event in enumerate(EVENTS)]
SIZES = (1, 7, 200, 256, 300, 511, 513, 600)
NOTES = [Checkpoint("test", size, naive.mth(HASHES[:size])) for size in SIZES]
KEY = str(LEDGER_KEY.public)


def numbered(rows: Sequence[LogRow]) -> list[LogRow]:
    """As whoever tampers would leave it: without a gap."""
    return [LogRow(n, row.leaf_hash, row.event) for n, row in enumerate(rows)]


def test_an_honest_log_is_verified_also_where_it_is_not_signed_yet() -> None:
    verdict = examine(ROWS, b"".join(HASHES), NOTES)
    assert (verdict.rows, verdict.signed, verdict.finding) == (620, 600, None)
    without_bodies = [LogRow(row.index, row.leaf_hash, None) for row in ROWS]
    assert examine(without_bodies, b"".join(HASHES), NOTES).finding is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_first_row_that_was_tampered_with_is_named(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 599))
    many = data.draw(st.integers(1, 3))
    forged = [LogRow(0, naive.leaf(b"forged %d" % n), b"forged %d" % n) for n in range(many)]
    how = data.draw(st.sampled_from(["changed", "changed clumsily", "removed", "inserted"]))
    rows = list(ROWS)
    if how == "changed":
        rows[at] = forged[0]
    elif how == "changed clumsily":  # the hash beside it was forgotten
        rows[at] = LogRow(at, HASHES[at], b"forged")
    elif how == "removed":
        del rows[at : at + many]
    else:
        rows[at:at] = forged
    if data.draw(st.booleans()) and at < 590:  # a second place is not the first
        rows[605] = forged[0]
    finding = examine(numbered(rows), b"".join(HASHES), NOTES).finding
    assert finding is not None
    told = how.split()[0]
    if how == "removed" and at + many >= 600:
        told = "changed"  # what stands there now was not signed: nobody knows it from elsewhere
    assert (finding.what, finding.first) == (told, at), finding.sentence
    assert f"row {at}" in finding.sentence
    if how == "inserted":
        assert finding.last == at + many - 1


@pytest.mark.parametrize(
    ("at", "lies"), [(0, (0, 0)), (6, (1, 6)), (255, (200, 255)), (599, (513, 599))]
)
def test_where_the_hashes_beside_were_changed_too_the_checkpoints_say_between_which_rows(
    at: int, lies: tuple[int, int]
) -> None:
    rows, hashes = list(ROWS), list(HASHES)
    hashes[at] = naive.leaf(b"forged")
    rows[at] = LogRow(at, hashes[at], b"forged")
    finding = examine(rows, b"".join(hashes), NOTES).finding
    assert finding is not None
    assert (finding.first, finding.last) == lies, finding.sentence


def test_rows_that_are_missing_at_the_end_or_bear_another_number_are_named() -> None:
    leaves = b"".join(HASHES)
    finding = examine(ROWS[:580], leaves, NOTES).finding
    assert finding and (finding.what, finding.first, finding.last) == ("removed", 580, 599)
    swapped = [*ROWS[:9], LogRow(11, HASHES[9], EVENTS[9]), *ROWS[10:]]
    finding = examine(swapped, leaves, NOTES).finding
    assert finding and (finding.what, finding.first) == ("changed", 9)


def test_a_log_that_went_back_and_a_second_history_are_told() -> None:
    """What a checkpoint from elsewhere shows: a witness's, or of an old proof."""
    leaves = b"".join(HASHES)
    later = Checkpoint("test", 650, bytes(32))
    finding = examine(ROWS, leaves, [*NOTES, later]).finding
    assert finding and (finding.what, finding.last) == ("removed", 649)
    assert "row 620 was removed: the log ends before it" in finding.sentence
    second = Checkpoint("test", 300, bytes(32))
    finding = examine(ROWS, leaves, sorted([*NOTES, second], key=lambda note: note.size)).finding
    assert finding and "two histories" in finding.sentence


# ---------------------------------------------------------------- from files, as it is typed


@pytest.fixture
async def folder(
    node: NodeMaker,
    away: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An export of a log of 330 facts that was signed again and again as it grew."""
    monkeypatch.setattr(signing, "INTERVAL_S", 0.0)
    registry = await node("registry", nats_url=away(), ledger_algorithms=["sm3"]).start()
    for facts, size in ((100, 100), (100, 200), (80, 280), (30, 310), (20, 330)):
        await registry.happen(range(facts))
        await signed(registry, size)
    async with registry.database.readers() as session:
        assert await export(session, tmp_path / "export") == 330
    return tmp_path / "export"


def lines_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def notes_of(folder: Path) -> list[Checkpoint]:
    lines = (folder / CHECKPOINTS).read_text().splitlines()
    return [Checkpoint.parse(json.loads(line)["note"]) for line in lines]


def write(folder: Path, rows: Sequence[dict[str, object]]) -> None:
    renumbered = [{**row, "index": n} for n, row in enumerate(rows)]
    (folder / LOG).write_text("".join(json.dumps(row) + "\n" for row in renumbered))


async def test_an_export_is_verified_from_its_files_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ledger", "verify", str(folder), "--key", KEY]) == 0
    assert "330 facts of xiejian/test/registry are as they were signed" in capsys.readouterr().out
    honest = lines_of(folder)

    def complaint() -> str:
        assert cli.main(["ledger", "verify", str(folder), "--key", KEY]) == 4
        return capsys.readouterr().err

    changed = str(honest[321]["event"]).replace('"n":', '"n":1')
    write(folder, [*honest[:321], {**honest[321], "event": changed}, *honest[322:]])
    assert "row 321 was changed" in complaint()
    write(folder, [*honest[:12], *honest[13:]])
    assert "row 12 was removed" in complaint()
    write(folder, [*honest[:300], {**honest[5], "event": "{}"}, *honest[300:]])
    assert "row 300 was put in" in complaint()

    forged: dict[str, object] = {"leaf_hash": "AAAA", "event": "{}"}
    hashes = (folder / LEAVES).read_bytes()
    write(folder, [*honest[:290], forged, *honest[291:]])
    changed_too = hashes[: 290 * 32] + SHA256.leaf(b"{}") + hashes[291 * 32 :]
    (folder / LEAVES).write_bytes(changed_too)
    sizes = [note.size for note in notes_of(folder)]  # sometimes signed in between, too
    good, bad = max(n for n in sizes if n <= 290), min(n for n in sizes if n > 290)
    assert f"lies between {good} and {bad - 1}" in complaint()
    write(folder, honest)
    (folder / LEAVES).write_bytes(hashes)

    other = SigningKey(LEDGER_KEY.name, LEDGER_KEY.kind, bytes(32)).public
    assert cli.main(["ledger", "verify", str(folder), "--key", str(other)]) == 4
    assert "not signed by the key" in capsys.readouterr().err
    both = ["--key", str(other), "--key", KEY]  # the key was changed once
    assert cli.main(["ledger", "verify", str(folder), *both]) == 0
    notes = (folder / CHECKPOINTS).read_text()
    (folder / CHECKPOINTS).write_text(notes.replace("\\n280\\n", "\\n279\\n"))
    assert "is not by its key" in complaint()


async def test_a_whole_log_that_was_written_and_signed_anew_is_denied_by_an_old_checkpoint(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has the key can do that. Whoever kept a checkpoint, or a proof, can tell."""
    kept = tmp_path / "kept.note"
    kept.write_text(str(next(note for note in notes_of(folder) if note.size == 280)))
    rows = lines_of(folder)
    event = str(rows[250]["event"]).replace('"n":', '"n":1')
    rows[250] = {"event": event, "leaf_hash": encoded(SHA256.leaf(event.encode()))}
    write(folder, rows)
    hashes = [SHA256.leaf(str(row["event"]).encode()) for row in rows]
    (folder / LEAVES).write_bytes(b"".join(hashes))
    anew = Checkpoint(LEDGER_KEY.name, 330, naive.mth(hashes))
    anew = anew.signed_by(LEDGER_KEY.sign(anew.text))
    (folder / CHECKPOINTS).write_text(json.dumps({"note": str(anew)}) + "\n")
    assert cli.main(["ledger", "verify", str(folder), "--key", KEY]) == 0
    verify = ["ledger", "verify", str(folder), "--key", KEY, "--note", str(kept)]
    assert cli.main(verify) == 4
    assert "lies between 0 and 279" in capsys.readouterr().err


async def test_the_second_root_is_held_against_the_facts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *others, checkpoint = notes_of(folder)
    lying = Checkpoint(
        checkpoint.origin, checkpoint.size, checkpoint.root, (f"sm3 {encoded(bytes(32))}",)
    )
    notes = [*map(str, others), str(lying.signed_by(LEDGER_KEY.sign(lying.text)))]
    (folder / CHECKPOINTS).write_text("".join(json.dumps({"note": n}) + "\n" for n in notes))
    assert cli.main(["ledger", "verify", str(folder), "--key", KEY]) == 4
    assert "sm3 root of the checkpoint of 330" in capsys.readouterr().err


async def test_what_is_no_export_is_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for harm, says in (
        (lambda: (folder / LOG).write_text('{"index":0}\n'), "log.ndjson, line 1"),
        ((folder / LEAVES).unlink, "leaves.bin: No such file"),
        (lambda: (folder / CHECKPOINTS).write_text("nonsense\n"), "checkpoints.ndjson, line 1"),
        ((folder / CHECKPOINTS).unlink, "checkpoints.ndjson: No such file"),
    ):
        harm()
        assert cli.main(["ledger", "verify", str(folder), "--key", KEY]) == 1
        assert says in capsys.readouterr().err
    assert cli.main(["ledger", "verify", str(folder)]) == 1
    assert cli.main(["ledger", "verify", str(folder), "--key", "x+y+z"]) == 1

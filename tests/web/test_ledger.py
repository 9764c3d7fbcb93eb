"""The ledger over HTTP: what everybody may read, what only some may, and what witnesses do."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from deploy.embedded import Postgres
from shared import cli
from shared.facts.ledger import signing
from shared.facts.ledger.notes import LOG, WITNESS, Checkpoint, Proof, SigningKey, encoded
from shared.facts.ledger.tree import SHA256, verify_consistency, verify_inclusion
from shared.facts.ledger.witness import Log, TwoHistories, Witness, written_key
from shared.facts.tables import EventLog
from shared.lease import own_engine
from shared.refusals import Misconfigured
from shared.service import create_service
from shared.settings import Settings
from tests.facts import naive
from tests.servers import DATA_KEY, listening, settings_for
from tests.web.conftest import SERVICE, Notes
from tests.web.test_routes import DISTRICT, SIBLING, TOWNSHIP, write

SEED = base64.urlsafe_b64encode(bytes(range(32))).decode()
LOG_KEY = SigningKey("xiejian/notes", LOG, bytes(range(32)))
FIRST = SigningKey("witness.example/first", WITNESS, bytes(31) + b"1")
SECOND = SigningKey("witness.example/second", WITNESS, bytes(31) + b"2")
LEDGER = "/notes/v1/ledger"


@pytest.fixture
async def ledger(
    service: Notes, postgres: Postgres, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notes]:
    """The small service with a key for its ledger, and two witnesses that it knows."""
    monkeypatch.setattr(signing, "INTERVAL_S", 0.0)
    settings = settings_for(
        postgres,
        "notes",
        key_file,
        ledger_key=f"development:{SEED}",
        ledger_witnesses=f"{FIRST.public} {SECOND.public}",
    )
    app = create_service(SERVICE, settings)
    made = Notes(app, key_file, postgres.url("xj_notes"))
    yield made
    await made.close()


async def grow(ledger: Notes) -> None:
    """What the leading relay does: sequence what waits, and sign it."""
    relay = ledger.app.state.spine.relay
    engine = own_engine(ledger.app.state.database, name="test")
    try:
        while await relay._sequence(engine):
            pass
        await relay._sign(engine)
    finally:
        await engine.dispose()


async def written(ledger: Notes, count: int, division: str = DISTRICT) -> None:
    for n in range(count):
        await write(ledger, f"note {uuid4()} {n}", division)
    await grow(ledger)


async def log_of(ledger: Notes) -> list[Any]:
    async with ledger.session() as session:
        found = await session.execute(
            EventLog.__table__.select().order_by(EventLog.__table__.c.log_index)
        )
        return list(found)


async def newest(ledger: Notes, **query: Any) -> Checkpoint:
    answer = await ledger.get(f"{LEDGER}/checkpoint", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/plain; charset=utf-8",
    )
    return Checkpoint.parse(answer.text)


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_everybody_can_check_that_a_fact_is_there_and_that_nothing_was_rewritten(
    ledger: Notes,
) -> None:
    nothing = await ledger.get(f"{LEDGER}/checkpoint")
    assert code_of(nothing) == (409, "ledger-not-signed-yet")
    await written(ledger, 3)
    old = await newest(ledger)
    await written(ledger, 2, SIBLING)
    new = await newest(ledger)
    assert (old.size, new.size) == (3, 5)
    new.verify_log(LOG_KEY.public)
    leaves = [row.leaf_hash for row in await log_of(ledger)]

    told = (await ledger.get(f"{LEDGER}/proof?index=1")).json()
    assert told["leaf_hash"] == encoded(leaves[1])
    assert Checkpoint.parse(told["checkpoint"]) == new
    hashes = [base64.b64decode(text) for text in told["hashes"]]
    verify_inclusion(SHA256, leaves[1], index=1, size=5, proof=hashes, root=new.root)
    smaller = (await ledger.get(f"{LEDGER}/proof?index=1&size=3")).json()
    assert Checkpoint.parse(smaller["checkpoint"]) == old

    told = (await ledger.get(f"{LEDGER}/consistency?from=3")).json()
    hashes = [base64.b64decode(text) for text in told["hashes"]]
    assert hashes == naive.proof(3, leaves)
    verify_consistency(SHA256, old=3, new=5, old_root=old.root, new_root=new.root, proof=hashes)

    for path, expected in (
        ("proof?index=5", (409, "ledger-not-signed-yet")),
        ("proof?index=1&size=4", (404, "ledger-checkpoint-unknown")),
        ("proof?index=4&size=3", (409, "ledger-not-signed-yet")),
        ("consistency?from=3&to=4", (404, "ledger-checkpoint-unknown")),
        ("consistency?from=6", (409, "ledger-not-signed-yet")),
        ("checkpoint?size=4", (404, "ledger-checkpoint-unknown")),
        ("tile/0/000", (404, "not-found")),
        ("tile/0/000.p/6", (404, "not-found")),
        ("tile/1/000.p/1", (404, "not-found")),
    ):
        assert code_of(await ledger.get(f"{LEDGER}/{path}")) == expected, path
    tile = await ledger.get(f"{LEDGER}/tile/0/000.p/5")
    assert tile.content == b"".join(leaves)
    assert "immutable" in tile.headers["cache-control"]
    told = (await ledger.get(LEDGER)).json()
    assert (told["origin"], told["key"]) == ("xiejian/notes", str(LOG_KEY.public))
    assert (told["size"], told["witnessed_size"]) == (5, 0)


async def test_a_fact_and_its_proof_are_for_those_who_may_see_it(
    ledger: Notes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await written(ledger, 1, SIBLING)
    await written(ledger, 1, TOWNSHIP)
    other, own = await log_of(ledger)
    reader = ledger.token("district_supervisor", DISTRICT)
    for path in (f"{LEDGER}/facts/{other.event_id}", f"{LEDGER}/facts/{other.event_id}/proof"):
        assert code_of(await ledger.get(path, as_=reader)) == (404, "not-found")
        assert code_of(await ledger.get(path)) == (401, "unauthenticated")
    fact = await ledger.get(f"{LEDGER}/facts/{own.event_id}", as_=reader)
    assert fact.content == own.event
    proof = await ledger.get(f"{LEDGER}/facts/{own.event_id}/proof", as_=reader)
    assert proof.headers["content-disposition"].endswith('.tlog-proof"')
    assert Proof.parse(proof.text).verify(own.event, [LOG_KEY.public]) == []

    file, event = tmp_path / "a.tlog-proof", tmp_path / "fact.json"
    file.write_text(proof.text)
    event.write_bytes(fact.content)
    check = ["ledger", "verify", str(file), "--event", str(event), "--key", str(LOG_KEY.public)]
    assert cli.main(check) == 0
    assert "entry 1 of xiejian/notes, signed as one of 2 facts" in capsys.readouterr().out
    assert cli.main([*check, "--witness", str(FIRST.public)]) == 4
    event.write_bytes(fact.content.replace(b"title", b"Title"))
    assert cli.main(check) == 4
    assert "NOT verified" in capsys.readouterr().err

    bundle = f"{LEDGER}/tile/entries/000.p/2"
    assert code_of(await ledger.get(bundle, as_=reader)) == (403, "forbidden")
    entries = (await ledger.get(bundle, as_=ledger.token("auditor"))).content
    assert entries == b"".join(
        len(row.event).to_bytes(2, "big") + row.event for row in (other, own)
    )


async def test_a_witness_confirms_a_checkpoint_and_stands_in_the_note(ledger: Notes) -> None:
    await written(ledger, 2)
    checkpoint = await newest(ledger)

    async def hand_in(key: SigningKey, text: str, size: int = 2, at: int = 1_700_000_000) -> Any:
        line = str(key.cosign(text, at))
        return await ledger.post(f"{LEDGER}/cosignatures", json={"size": size, "cosignature": line})

    unknown = SigningKey(FIRST.name, WITNESS, bytes(32))
    assert code_of(await hand_in(unknown, checkpoint.text)) == (422, "ledger-witness-unknown")
    text = checkpoint.text.replace("\n2\n", "\n3\n")
    assert code_of(await hand_in(FIRST, text)) == (422, "ledger-cosignature-wrong")
    late = await hand_in(FIRST, checkpoint.text, at=2**40)
    assert code_of(late) == (422, "ledger-cosignature-wrong")
    assert code_of(await hand_in(FIRST, text, size=3)) == (404, "ledger-checkpoint-unknown")
    assert (await newest(ledger)).verify([FIRST.public]) == []

    for _ in range(2):
        answer = await hand_in(FIRST, checkpoint.text)
        assert answer.status_code == 201, answer.text
    assert answer.json()["witness"] == FIRST.name
    await hand_in(SECOND, checkpoint.text)
    await written(ledger, 1)
    assert (await newest(ledger)).size == 3
    for least in (1, 2):
        witnessed = await newest(ledger, witnesses=least)
        assert witnessed.size == 2
        assert witnessed.verify([FIRST.public, SECOND.public]) == [FIRST.name, SECOND.name]
    nobody = await ledger.get(f"{LEDGER}/checkpoint?witnesses=3")
    assert code_of(nobody) == (409, "ledger-not-signed-yet")
    told = (await ledger.get(f"{LEDGER}/proof?index=0")).json()
    assert told["size"] == 2  # a witnessed checkpoint before a newer one
    assert (await ledger.get(f"{LEDGER}/proof?index=2")).json()["size"] == 3


def witness_at(folder: Path, key: SigningKey) -> Witness:
    witness = Witness.make(folder, key.name)
    witness.key = key
    return witness


async def as_owner(ledger: Notes, statement: str) -> None:
    """What the application cannot do, but whoever has the database can."""
    connection = await asyncpg.connect(ledger._admin_url)
    await connection.execute(statement)
    await connection.close()


async def rewrite(ledger: Notes) -> None:
    """The operator's crime: another fact in an old place, a new tree, signed with the real key."""
    for name in ("ledger_tile", "ledger_checkpoint", "ledger_cosignature"):
        await as_owner(ledger, f"DELETE FROM {name}")
    await as_owner(
        ledger,
        "UPDATE event_log SET event = 'x', leaf_hash = sha256('\\x0078') WHERE log_index = 1",
    )
    ledger.app.state.spine.relay._begun = False
    await grow(ledger)


async def test_two_histories_shown_to_two_witnesses_are_detected(
    ledger: Notes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await written(ledger, 4)
    first, second = witness_at(tmp_path / "1", FIRST), witness_at(tmp_path / "2", SECOND)
    async with listening(ledger.app) as url:
        log = Log(f"{url}{LEDGER}", LOG_KEY.public)
        confirmed = await asyncio.to_thread(first.look, log)
        assert confirmed.size == 4
        assert (await newest(ledger)).verify([FIRST.public]) == [FIRST.name]
        await written(ledger, 3)
        assert (await asyncio.to_thread(first.look, log)).size == 7
        honest = first.remembered("xiejian/notes")

        await rewrite(ledger)
        # Nobody told the second witness: it confirms what it is shown.
        assert (await asyncio.to_thread(second.look, log)).size == 7
        await written(ledger, 2)
        with pytest.raises(TwoHistories, match="does not begin") as found:
            await asyncio.to_thread(first.look, log)
        assert first.remembered("xiejian/notes") == honest
        evidence = next((tmp_path / "1").glob("two-histories-*"))
        assert str(evidence) in str(found.value)
        assert evidence.read_text().count("— xiejian/notes ") == 2

        notes = [
            str(folder / "xiejian%2Fnotes.note") for folder in (tmp_path / "1", tmp_path / "2")
        ]
        compare = ["ledger", "compare", *notes, "--key", str(LOG_KEY.public)]
        assert cli.main(compare) == 4
        assert "two different checkpoints of 7 facts" in capsys.readouterr().err

        # Of different sizes: only the log can connect them, and here it cannot.
        assert (await asyncio.to_thread(second.look, log)).size == 9
        assert cli.main(compare) == 3
        assert "7 and 9" in capsys.readouterr().out
        assert await asyncio.to_thread(cli.main, [*compare, "--url", f"{url}{LEDGER}"]) == 4
        assert "TWO HISTORIES" in capsys.readouterr().err
        fitting = ["ledger", "compare", notes[1], notes[1], "--key", str(LOG_KEY.public)]
        assert cli.main(fitting) == 0


async def test_witnesses_who_look_at_different_times_confirm_the_same_checkpoint(
    ledger: Notes, tmp_path: Path
) -> None:
    first, second = witness_at(tmp_path / "1", FIRST), witness_at(tmp_path / "2", SECOND)
    async with listening(ledger.app) as url:
        log = Log(f"{url}{LEDGER}", LOG_KEY.public)
        for witness, size in ((first, 2), (second, 4), (first, 6)):
            await written(ledger, 2)
            assert (await asyncio.to_thread(witness.look, log)).size == size
    both = await newest(ledger, witnesses=2)
    assert (both.size, len(both.verify([FIRST.public, SECOND.public]))) == (4, 2)
    assert (await newest(ledger, witnesses=2, size=2)).size == 2


async def test_the_command_of_a_witness(
    ledger: Notes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "witness"
    assert cli.main(["witness", "new", str(folder), "w.example"]) == 0
    assert capsys.readouterr().out.startswith("w.example+")
    assert cli.main(["witness", "new", str(folder), "w.example"]) == 1
    (folder / "witness.key").write_text(written_key(FIRST))
    await written(ledger, 2)
    async with listening(ledger.app) as url:
        log = [f"{url}{LEDGER}", str(LOG_KEY.public)]
        watch = ["witness", "watch", str(folder), "--log", *log]
        for _ in range(2):
            assert await asyncio.to_thread(cli.main, watch) == 0
            assert "confirmed: 2 facts of xiejian/notes" in capsys.readouterr().out
        # What one log denies keeps the witness from no other.
        stranger = SigningKey("xiejian/other", LOG, bytes(32)).public
        denied = ["witness", "watch", str(folder), "--log", log[0], str(stranger), "--log", *log]
        assert await asyncio.to_thread(cli.main, denied) == 4
        told = capsys.readouterr()
        assert "NOT verified: xiejian/other" in told.err
        assert "confirmed: 2 facts of xiejian/notes" in told.out
        await rewrite(ledger)
        away = ["--log", "http://127.0.0.1:1/ledger", str(LOG_KEY.public)]
        assert await asyncio.to_thread(cli.main, [*watch, *away]) == 4
        told = capsys.readouterr()
        assert "TWO HISTORIES" in told.err and "not reached" in told.err
        await as_owner(ledger, "DELETE FROM ledger_checkpoint WHERE size = 2")
    assert await asyncio.to_thread(cli.main, watch) == 1
    assert "not reached" in capsys.readouterr().err


async def test_an_operator_verifies_the_running_database(
    ledger: Notes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await written(ledger, 5)
    monkeypatch.setattr(cli, "_settings", lambda service: ledger.app.state.settings)
    monkeypatch.setattr(cli, "SERVICES", ("notes",))

    async def verify() -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["ledger", "verify", "notes"])
        told = capsys.readouterr()
        return code, told.out + told.err

    code, told = await verify()
    assert (code, "verified: 5 facts of xiejian/notes" in told) == (0, True), told
    await as_owner(ledger, "UPDATE event_log SET event = 'x' WHERE log_index = 3")
    code, told = await verify()
    assert (code, "row 3 was changed" in told) == (4, True), told
    await as_owner(ledger, "DELETE FROM event_log WHERE log_index = 1")
    code, told = await verify()
    assert (code, "row 1 was removed" in told) == (4, True), told
    assert cli.main(["ledger", "key", "notes"]) == 0
    assert capsys.readouterr().out == f"{LOG_KEY.public}\n"


def test_production_has_a_key_of_its_own() -> None:
    given: dict[str, Any] = {
        "environment": "production",
        "oidc_issuer": "https://identity.invalid",
        "database_url": "postgresql://nobody:nothing@127.0.0.1:1/nowhere",
        "data_key": DATA_KEY,
    }
    with pytest.raises(Misconfigured, match="XIEJIAN_LEDGER_KEY"):
        create_service(SERVICE, Settings(**given))
    for wrong, says in ((f"development:{SEED}", "refused"), ("abc", "32 bytes")):
        with pytest.raises(ValueError, match=says):
            Settings(**given, ledger_key=wrong)
    create_service(SERVICE, Settings(**given, ledger_key=SEED))
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"ledger_algorithms": "sha256 md5"}, "md5"),
        ({"ledger_witnesses": str(LOG_KEY.public)}, "not the key of a witness"),
        ({"ledger_witnesses": "nonsense"}, "is no key"),
    ]
    for more, says in wrongs:
        with pytest.raises(Misconfigured, match=says):
            create_service(SERVICE, Settings(**given, ledger_key=SEED, **more))

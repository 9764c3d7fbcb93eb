"""Evidence: files with their hash, editions, sealed sets; seen by who sees what it belongs to."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.oversight.evidence import actions
from services.oversight.evidence.tables import Evidence, key_of
from services.oversight.evidence_seals.rules import digest_of
from shared.files import taking
from shared.files.store import FileDamaged, Store
from shared.timers import Timer
from tests.oversight.documents import Documents
from tests.oversight.scene import Scene, refused

PDF = b"%PDF-1.7 <script>alert(1)</script>"
PATH = "/oversight/v1/evidence"


async def upload(
    scene: Scene, target: str, id: str, as_: str, content: Any = PDF, **params: Any
) -> httpx2.Response:
    told = {f"{target}_id": id, "name": "现场笔录.pdf", **params}
    media_type = told.pop("media_type", "application/pdf")
    return await scene.oversight.post(
        PATH, as_=as_, params=told, content=content, headers={"Content-Type": media_type}
    )


async def added(scene: Scene, target: str, id: str, as_: str, **more: Any) -> dict[str, Any]:
    answer = await upload(scene, target, id, as_, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def store_of(scene: Scene) -> Store:
    return Store(scene.oversight.app.state.settings)


async def sealed(scene: Scene, id: str, *files: str) -> httpx2.Response:
    body = {"inspection_id": id, "evidence_ids": [*files], "reason": "封存"}
    return await scene.call("evidence-seals", scene.supervisor, body)


async def test_a_file_comes_back_as_it_was_and_is_only_ever_saved(scene: Scene) -> None:
    inspection = await scene.on_site()
    row = await added(scene, "inspection", inspection["id"], scene.supervisor, note="笔录")
    assert (row["size"], row["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert (row["edition"], row["series_id"], row["added_by"]) == (1, row["id"], "zhao")
    answer = await scene.oversight.get(f"{PATH}/{row['id']}/content", as_=scene.agency)
    assert answer.content == PDF
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; ") and unquote(disposition).endswith("现场笔录.pdf")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    fact = (await scene.oversight.facts("oversight.evidence.added.v1"))[0]
    assert fact["data"]["sha256"] == row["sha256"] and "笔录" not in str(fact)
    async with scene.oversight.session() as session:
        timers = await session.scalars(select(Timer.kind).where(Timer.kind == actions.SWEEP))
        assert timers.all() == []


async def test_only_types_of_the_list_and_so_many_bytes_are_taken(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await scene.on_site())["id"]
    for media_type, name in (
        ("text/html", "x.html"),
        ("image/svg+xml", "x.svg"),
        ("application/pdf", "x.pdf.exe"),
        ("application/pdf", "x.html"),
        ("", "x.pdf"),
    ):
        answer = await upload(
            scene, "inspection", id, scene.supervisor, media_type=media_type, name=name
        )
        refused(answer, 415, "evidence-type-not-allowed")
    empty = await upload(scene, "inspection", id, scene.supervisor, b"")
    refused(empty, 422, "evidence-empty")
    monkeypatch.setattr(taking, "MOST_BYTES", 10)
    refused(await upload(scene, "inspection", id, scene.supervisor), 413, "evidence-too-large")
    assert await scene.oversight.facts("oversight.evidence.added.v1") == []


async def test_a_name_never_is_a_path(scene: Scene) -> None:
    id = (await scene.on_site())["id"]
    row = await added(scene, "inspection", id, scene.supervisor, name="../../x.pdf")
    folder = scene.oversight.app.state.settings.evidence_dir
    assert (folder / key_of(UUID(row["id"]))).read_bytes() == PDF
    answer = await scene.oversight.get(f"{PATH}/{row['id']}/content", as_=scene.supervisor)
    assert 'filename=".._.._x.pdf"' in answer.headers["content-disposition"]


async def test_evidence_is_seen_by_who_sees_what_it_belongs_to(scene: Scene) -> None:
    hidden = await scene.assign(mode="unannounced")
    row = await added(scene, "inspection", hidden["id"], scene.supervisor)
    listed = f"evidence?inspection_id={hidden['id']}"
    strangers = [scene.agency, scene.office, scene.enforcement, *scene.foreigners.values()]
    for token in strangers:
        for path in (f"evidence/{row['id']}", f"evidence/{row['id']}/content", listed):
            await scene.read(path, token, status=404)
        answer = await upload(scene, "inspection", hidden["id"], token)
        assert answer.json()["code"] in {"evidence-target-unknown", "forbidden"}
    assert (await scene.read(listed, scene.supervisor))["items"] == [row]
    refused(await sealed(scene, hidden["id"], row["id"]), 409, "evidence-target-concealed")
    for step in ("accept", "start"):
        await scene.step("inspections", hidden, step, scene.supervisor)
    assert (await scene.read(listed, scene.agency))["items"] == [row]
    refused(
        await upload(scene, "inspection", hidden["id"], scene.agency), 403, "not-the-supervisor"
    )


async def test_the_subject_attaches_files_to_what_it_answers(scene: Scene) -> None:
    order = await scene.in_progress()
    row = await added(scene, "rectification", order["id"], scene.agency)
    assert row["added_by"] == "agency"
    await added(scene, "finding", order["finding_id"], scene.enforcement)
    await added(scene, "rectification", order["id"], scene.supervisor)
    documents = Documents(scene)
    await documents.issuer()
    served = await documents.served()
    await added(scene, "document", served["id"], scene.agency)


async def test_who_was_taken_off_the_inspection_adds_nothing(scene: Scene) -> None:
    inspection = await scene.on_site()
    told = {
        "inspector": "li",
        "reason": "亲属",
        "replacement": {**inspection["inspectors"][1], "sub": "gao"},
    }
    await scene.step("inspections", inspection, "recuse", scene.supervisor, told)
    li = scene.oversight.token("district_supervisor", "500106", sub="li")
    refused(await upload(scene, "inspection", inspection["id"], li), 403, "actor-recused")


async def test_a_next_edition_leaves_the_one_before(scene: Scene) -> None:
    id = (await scene.on_site())["id"]
    first = await added(scene, "inspection", id, scene.supervisor)
    twice = await asyncio.gather(
        *(
            upload(scene, "inspection", id, scene.supervisor, replaces=first["id"], content=b"%2")
            for _ in range(2)
        )
    )
    codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in twice)
    assert codes == [(201, ""), (409, "evidence-replaced")]
    second = next(answer.json() for answer in twice if answer.is_success)
    assert (second["edition"], second["series_id"]) == (2, first["id"])
    listed = f"evidence?inspection_id={id}&count=exact"
    assert (await scene.read(listed, scene.supervisor))["count"] == 2
    again = await scene.oversight.get(f"{PATH}/{first['id']}/content", as_=scene.supervisor)
    assert again.content == PDF
    other = (await scene.assign())["id"]
    answer = await upload(scene, "inspection", other, scene.supervisor, replaces=first["id"])
    refused(answer, 422, "evidence-target-unknown")


async def test_a_sealed_set_changes_no_more_even_in_the_database(scene: Scene) -> None:
    id = (await scene.on_site())["id"]
    files = [
        await added(scene, "inspection", id, scene.supervisor, content=content)
        for content in (PDF, b"%PDF-2")
    ]
    answer = await sealed(scene, id, *(file["id"] for file in files))
    assert answer.status_code == 201, answer.text
    seal = answer.json()
    assert (seal["files"], seal["digest"]) == (2, digest_of(file["sha256"] for file in files))
    fact = (await scene.oversight.facts("oversight.evidence.sealed.v1"))[0]
    assert fact["data"]["digest"] == seal["digest"]
    assert (await scene.read(f"evidence-seals/{seal['id']}", scene.agency)) == seal
    await scene.read(f"evidence-seals/{seal['id']}", scene.foreigners["other agency"], status=404)
    shown = await scene.read(f"evidence/{files[0]['id']}", scene.agency)
    assert shown["seal_id"] == seal["id"]
    refused(await sealed(scene, id, files[0]["id"]), 409, "evidence-sealed")
    next_one = await upload(scene, "inspection", id, scene.supervisor, replaces=files[0]["id"])
    refused(next_one, 409, "evidence-sealed")
    for statement in (
        "UPDATE evidence SET sha256 = 'x'",
        "UPDATE evidence SET seal_id = NULL",
        "DELETE FROM evidence",
        "UPDATE evidence_seal SET digest = 'x'",
        "DELETE FROM evidence_seal",
    ):
        async with scene.oversight.session() as session:
            with pytest.raises(IntegrityError):
                await session.execute(text(statement))


async def test_a_set_is_of_one_thing(scene: Scene) -> None:
    refused(await scene.oversight.get(PATH, as_=scene.supervisor), 422, "invalid-input")
    one, other = (await scene.on_site())["id"], (await scene.on_site())["id"]
    file = await added(scene, "inspection", one, scene.supervisor)
    refused(await sealed(scene, other, file["id"]), 422, "evidence-seal-outside")
    body = {"inspection_id": one, "evidence_ids": [file["id"]], "reason": "r"}
    refused(await scene.call("evidence-seals", scene.agency, body), 403, "forbidden")


async def test_an_upload_that_breaks_off_leaves_no_row_and_in_the_end_no_file(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await scene.on_site())["id"]

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("between the file and its row")

    with monkeypatch.context() as broken:
        broken.setattr(actions, "publish", crash)
        assert (await upload(scene, "inspection", id, scene.supervisor)).status_code == 500
    async with scene.oversight.session() as session:
        assert (await session.scalars(select(Evidence))).all() == []
        [left] = (await session.scalars(select(Timer.ref).where(Timer.kind == actions.SWEEP))).all()
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert [p async for p in store_of(scene).read(key_of(left), sha256=sha256)] == [PDF]
    await scene.oversight.fire_timers()
    assert [p async for p in store_of(scene).read(key_of(left), sha256=sha256)] == [PDF]
    scene.oversight.advance(hours=1, minutes=1)
    await scene.oversight.fire_timers()
    folder = scene.oversight.app.state.settings.evidence_dir
    assert not (folder / key_of(left)).exists()


async def test_a_file_that_was_changed_behind_our_back_is_not_given_out_whole(
    scene: Scene,
) -> None:
    id = (await scene.on_site())["id"]
    row = await added(scene, "inspection", id, scene.supervisor)
    folder = scene.oversight.app.state.settings.evidence_dir
    [file] = list(folder.rglob(row["id"]))
    file.write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(FileDamaged):
        async for _ in store_of(scene).read(str(file.relative_to(folder)), sha256=row["sha256"]):
            pytest.fail("nothing of it is given out")


async def test_large_files_come_in_pieces(scene: Scene) -> None:
    id = (await scene.on_site())["id"]

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    row = await added(
        scene,
        "inspection",
        id,
        scene.supervisor,
        content=pieces(),
        media_type="text/plain",
        name="x.txt",
    )
    assert row["sha256"] == hashlib.sha256(b"x" * 2_000_000).hexdigest()
    answer = await scene.oversight.get(f"{PATH}/{row['id']}/content", as_=scene.agency)
    assert len(answer.content) == row["size"] == 2_000_000


async def test_what_comes_after_the_seal_says_why_and_makes_a_new_edition_of_the_set(
    scene: Scene,
) -> None:
    inspection = await scene.on_site()
    id = inspection["id"]
    part = await added(scene, "inspection", id, scene.supervisor, content=b"%PDF-1")
    assert (await sealed(scene, id, part["id"])).json()["edition"] is None
    early = await upload(scene, "inspection", id, scene.supervisor, late_because="r")
    refused(early, 422, "evidence-not-late")
    first = await added(scene, "inspection", id, scene.supervisor, content=b"%PDF-2")
    row = await scene.step("inspections", inspection, "seal", scene.supervisor)
    (fact,) = await scene.oversight.facts("oversight.inspection.evidence_sealed.v1")
    whole = digest_of([part["sha256"], first["sha256"]])
    told = (fact["data"]["files"], fact["data"]["digest"], fact["data"]["seal_id"])
    assert told == (2, whole, row["evidence_seal_id"])
    late = await upload(scene, "inspection", id, scene.supervisor)
    refused(late, 422, "evidence-late-without-reason")
    third = await added(scene, "inspection", id, scene.supervisor, late_because="当日未取得")
    row = await scene.read(f"inspections/{id}", scene.supervisor)
    again = await scene.read(f"evidence-seals/{row['evidence_seal_id']}", scene.supervisor)
    assert (again["edition"], again["files"], again["reason"]) == (2, 3, "当日未取得")
    assert again["digest"] == digest_of([part["sha256"], first["sha256"], third["sha256"]])
    listed = (await scene.read(f"evidence?inspection_id={id}", scene.agency))["items"]
    assert all(file["seal_id"] for file in listed) and len(listed) == 3
    (_, fact) = await scene.oversight.facts("oversight.evidence.sealed.v1")
    assert (fact["data"]["edition"], fact["data"]["digest"]) == (2, again["digest"])


async def test_nothing_slips_in_unsealed_while_the_set_is_sealed(scene: Scene) -> None:
    inspection = await scene.on_site()
    id = inspection["id"]
    answers = await asyncio.gather(
        *(upload(scene, "inspection", id, scene.supervisor) for _ in range(4)),
        scene.call(f"inspections/{id}/seal", scene.supervisor, {"reason": "r"}),
    )
    assert answers[-1].status_code == 200, answers[-1].text
    listed = (await scene.read(f"evidence?inspection_id={id}", scene.supervisor))["items"]
    assert len(listed) == sum(answer.status_code == 201 for answer in answers)
    assert {file["seal_id"] for file in listed} <= {answers[-1].json()["evidence_seal_id"]}


async def test_what_was_done_is_proved_by_files_of_its_own_that_are_sealed(scene: Scene) -> None:
    row, other = await scene.in_progress(), await scene.in_progress()
    path = f"rectifications/{row['id']}/submit"
    refused(await scene.call(path, scene.agency, {"report": "r"}), 422, "evidence-missing")
    foreign = await scene.attach("rectification", other["id"], scene.agency)
    body = {"report": "r", "evidence_ids": [foreign["id"]]}
    refused(await scene.call(path, scene.agency, body), 422, "evidence-seal-outside")
    assert (await scene.read(f"evidence/{foreign['id']}", scene.agency))["seal_id"] is None
    file = await scene.attach("rectification", row["id"], scene.agency)
    body = {"report": "r", "evidence_ids": [file["id"]]}
    row = await scene.done(path, as_=scene.agency, json=body)
    told = row["submissions"][-1]
    assert told["evidence_ids"] == [file["id"]]
    shown = await scene.read(f"evidence/{file['id']}", scene.supervisor)
    assert shown["seal_id"] == told["evidence_seal_id"]
    (fact,) = await scene.oversight.facts("oversight.rectification.submitted.v1")
    assert fact["data"]["digest"] == digest_of([file["sha256"]])
    newer = await upload(
        scene, "rectification", row["id"], scene.agency, replaces=file["id"], content=b"%PDF-x"
    )
    refused(newer, 409, "evidence-sealed")
    # What was rejected is handed in again with the same file and another.
    await scene.step("rectifications", row, "reject", scene.supervisor, {"reason": "r"})
    await scene.step("rectifications", row, "begin", scene.agency)
    more = await scene.attach("rectification", row["id"], scene.agency)
    body["evidence_ids"] = [file["id"], more["id"]]
    row = await scene.done(path, as_=scene.agency, json=body)
    assert len(row["submissions"][-1]["evidence_ids"]) == 2

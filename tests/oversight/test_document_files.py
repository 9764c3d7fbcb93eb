"""Documents as files, one and many; and what anybody may learn who holds one."""

import io
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest
from docx import Document

from services.oversight.document_files.actions import official_of
from services.oversight.documents.tables import Document as Row
from shared.documents.official import Paragraph
from shared.web.rate_limit import RateLimits
from tests.oversight.documents import REASON, Documents
from tests.oversight.scene import Scene, refused


@pytest.fixture
async def documents(scene: Scene) -> Documents:
    made = Documents(scene)
    await made.issuer()
    return made


async def test_a_signed_document_is_saved_as_pdf_or_docx(documents: Documents) -> None:
    scene = documents.scene
    row = await documents.served()
    for kind, begin in (("pdf", b"%PDF-"), ("docx", b"PK")):
        answer = await scene.oversight.get(
            f"/oversight/v1/documents/{row['id']}/file?format={kind}", as_=scene.agency
        )
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(begin)
        headers = answer.headers
        assert headers["content-disposition"].startswith("attachment; ")
        assert unquote(headers["content-disposition"]).endswith(f"{row['number']}.{kind}")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-document-digest"] == row["digest"]
    texts = [paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs]
    assert "三、依据" in texts and "四、监督决定" in texts
    assert "请自收到本文书之次日起30日内书面报告执行情况。" in texts
    for token in scene.foreigners.values():
        path = f"/oversight/v1/documents/{row['id']}/file"
        assert (await scene.oversight.get(path, as_=token)).status_code == 404


async def test_the_term_on_the_page_is_the_one_that_runs(documents: Documents) -> None:
    row = await documents.issued()
    assert row["period"] == {"n": 30, "unit": "d", "roll": "none"}
    row = await documents.issued(period={"n": 5, "unit": "wd"})
    async with documents.scene.oversight.session() as session:
        kept = await session.get_one(Row, row["id"])
    body = [
        block.text
        for block in official_of(kept, "https://x.example").body
        if isinstance(block, Paragraph)
    ]
    assert "请自收到本文书之次日起5个工作日内书面报告执行情况。" in body


async def test_the_page_names_who_issues_it_too_and_who_gets_a_copy(documents: Documents) -> None:
    joint, copies = ["沙坪坝区财政局"], ["重庆市司法局", "沙坪坝区人民政府办公室"]
    row = await documents.issued(co_issuers=joint, copies_to=copies)
    assert (row["co_issuers"], row["copies_to"]) == (joint, copies)
    answer = await documents.scene.oversight.get(
        f"/oversight/v1/documents/{row['id']}/file?format=docx", as_=documents.scene.supervisor
    )
    opened = Document(io.BytesIO(answer.content))
    assert f"抄送：{'，'.join(copies)}。" in [paragraph.text for paragraph in opened.paragraphs]
    [seals] = opened.tables
    assert "沙坪坝区财政局" in seals.rows[-1].cells[-1].text
    async with documents.scene.oversight.session() as session:
        kept = await session.get_one(Row, row["id"])
    assert official_of(kept, "https://x.example").sealed
    record = await documents.issued(
        kind="interview_record",
        held_on="2026-03-10",
        participants=[{"name": "周某", "role": "主任"}, {"name": "李娜", "role": "监督人员"}],
        statement="已约谈。",
    )
    async with documents.scene.oversight.session() as session:
        kept = await session.get_one(Row, record["id"])
    # A record bears the signatures of those who took part, no seal.
    assert not official_of(kept, "https://x.example").sealed


async def test_there_is_no_file_of_a_draft(documents: Documents) -> None:
    row = await documents.reviewed()
    answer = await documents.scene.oversight.get(
        f"/oversight/v1/documents/{row['id']}/file", as_=documents.scene.supervisor
    )
    refused(answer, 409, "document-not-issued")


async def test_a_character_that_no_font_has_is_a_refusal(documents: Documents) -> None:
    row = await documents.issued(title="关于\ue001某的决定")
    answer = await documents.scene.oversight.get(
        f"/oversight/v1/documents/{row['id']}/file", as_=documents.scene.supervisor
    )
    refused(answer, 422, "document-glyph-missing")
    assert answer.json()["details"] == {"characters": "\ue001"}


async def test_many_documents_come_as_one_archive(documents: Documents) -> None:
    scene = documents.scene
    rows = [await documents.served(), await documents.served(kind="notice")]
    ids = [row["id"] for row in rows]

    async def ask(ids: list[str], as_: str = scene.agency) -> Any:
        params = {"document_id": ids}
        return await scene.oversight.get("/oversight/v1/documents/files", as_=as_, params=params)

    answer = await ask([*ids, ids[0]])
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{row['number']}.pdf" for row in rows]
        assert all(archive.read(name).startswith(b"%PDF-") for name in archive.namelist())
    assert (await ask(ids)).content == answer.content
    # One that the caller must not see is no document at all.
    hidden = await documents.issued()
    assert (await ask([*ids, hidden["id"]])).status_code == 404
    assert (await ask(ids, scene.foreigners["other agency"])).status_code == 404
    refused(await ask([ids[0]] * 51), 422, "invalid-input")


async def test_the_code_leads_to_what_was_issued_and_to_nothing_it_says(
    documents: Documents,
) -> None:
    scene = documents.scene
    row = await documents.served()
    path = f"/oversight/v1/public/documents/{row['code']}"
    async with scene.oversight.session() as session:
        kept = await session.get_one(Row, row["id"])
    assert official_of(kept, "https://x.example").verification == f"https://x.example{path}"
    told = (await scene.oversight.get(path)).json()
    assert told == {
        "number": row["number"],
        "kind": "行政执法监督决定书",
        "issuer": "重庆市沙坪坝区司法局",
        "issued_on": row["issued_on"],
        "digest": row["digest"],
        "state": "valid",
        "matches": None,
    }
    for digest, matches in ((row["digest"].upper(), True), ("0" * 64, False)):
        answer = await scene.oversight.get(path, params={"digest": digest})
        assert answer.json()["matches"] is matches
    await documents.step(row, "revoke", documents.signer, REASON)
    assert (await scene.oversight.get(path)).json()["state"] == "revoked"
    nothing = await scene.oversight.get(f"/oversight/v1/public/documents/{'0' * 20}")
    assert nothing.status_code == 404


async def test_whoever_asks_too_often_waits(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = documents.scene.oversight.app
    told = app.state.settings.model_copy(update={"public_rate_limit": "2/minute"})
    monkeypatch.setitem(app.state._state, "rate_limits", RateLimits(told))
    path = f"/oversight/v1/public/documents/{'0' * 20}"
    codes = [(await documents.scene.oversight.get(path)).status_code for _ in range(3)]
    assert codes == [404, 404, 429]

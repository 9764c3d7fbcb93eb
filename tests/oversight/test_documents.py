"""Supervision documents: drafted, reviewed by another, signed and numbered, served, executed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.oversight.document_kinds.actions import kinds
from services.oversight.documents import actions
from services.oversight.documents.rules import LIFECYCLE, digest_of
from tests.oversight.documents import CONTENT, ISSUERS, REASON, Documents
from tests.oversight.scene import (
    BUREAU,
    DISTRICT,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    refused,
)
from tests.walks import Walk

NIGHT = datetime(2026, 9, 28, 1, tzinfo=UTC)
"""Monday 09:00 in Shanghai; the holidays are 1 to 7 October."""


@pytest.fixture
async def documents(scene: Scene) -> Documents:
    made = Documents(scene)
    await made.issuer()
    return made


async def test_a_document_goes_from_its_draft_to_its_execution(documents: Documents) -> None:
    scene = documents.scene
    row = await documents.drafted()
    assert (row["state"], row["missing"], row["number"]) == ("drafted", [], None)
    assert row["allowed_actions"] == ["change", "submit", "discard"]
    row = await documents.step(row, "submit", scene.supervisor)
    row = await documents.step(row, "approve", scene.colleague, {"note": "同意"})
    assert (row["reviewed_by"], row["review_note"]) == ("qian", "同意")
    row = await documents.step(row, "sign", documents.signer)
    year = documents.today().year
    assert row["number"] == f"沙司执监决〔{year}〕1号"
    assert (row["issuer"], row["issued_on"]) == (
        "重庆市沙坪坝区司法局",
        documents.today().isoformat(),
    )
    row = await documents.step(row, "serve", scene.supervisor, documents.service())
    assert (row["state"], row["service"]["received_by"]) == ("served", "周某")
    row = await documents.step(row, "acknowledge", scene.agency)
    assert row["allowed_actions"] == ["report", "request_re_examination"]
    row = await documents.step(row, "report", scene.agency, {"report": "已停止"})
    row = await documents.step(row, "refuse", scene.colleague, {"reason": "未附材料"})
    assert (row["state"], row["reports"][0]["verdict"]) == ("acknowledged", "refused")
    row = await documents.step(row, "report", scene.agency, {"report": "已停止,附材料"})
    row = await documents.step(row, "confirm", scene.colleague, {})
    assert (row["state"], row["reports"][1]["verdict"]) == ("executed", "confirmed")
    assert await scene.fact_types() == [
        "document_issuer.registered.v1",
        *["document.prepared.v1"] * 3,
        "document.issued.v1",
        "document.served.v1",
        "document.acknowledged.v1",
        "document.execution_reported.v1",
        "document.execution_refused.v1",
        "document.execution_reported.v1",
        "document.executed.v1",
    ]


async def test_the_digest_of_what_was_signed_is_in_the_fact_log(documents: Documents) -> None:
    row = await documents.served()
    issued, served = [
        (await documents.scene.oversight.facts(f"oversight.document.{what}.v1"))[0]
        for what in ("issued", "served")
    ]
    assert issued["data"]["digest"] == served["data"]["digest"] == row["digest"]
    assert issued["data"]["number"] == row["number"]
    said = {name: row[name] for name in ("kind", "label", "number", "issuer", "issued_on")}
    said |= {name: row[name] for name in ("signer", "title", "period", "answers_id")}
    content = {name: row[name] for name in CONTENT}
    subject = {"name": row["subject_name"], "uscc": row["uscc"]}
    assert digest_of({**said, "subject": subject, "content": content}) == row["digest"]


async def test_what_was_signed_cannot_be_changed_even_in_the_database(
    documents: Documents,
) -> None:
    row = await documents.issued()
    for column, value in (("title", "'x'"), ("content", "'{}'"), ("number", "'x'")):
        async with documents.scene.oversight.session() as session:
            with pytest.raises(IntegrityError):
                await session.execute(text(f"UPDATE document SET {column} = {value}"))
    answer = await documents.scene.oversight.patch(
        f"/oversight/v1/documents/{row['id']}",
        as_=documents.scene.supervisor,
        headers={"If-Match": "*"},
        json={"title": "x"},
    )
    refused(answer, 409, "transition-not-allowed")


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: str(kind.code))
async def test_a_kind_has_its_mandatory_fields(documents: Documents, kind: Any) -> None:
    scene = documents.scene
    said: dict[str, Any] = {
        **CONTENT,
        "addressee": "沙坪坝区审计局",
        "held_on": "2026-03-12",
        "participants": [{"name": "李娜", "role": "监督人员"}, {"name": "周某", "role": "主任"}],
        "statement": "问:是否知悉?答:知悉。",
        "materials": ["调查报告"],
    }
    fields = [field for field in kind.required if field != "answers_id"]
    first, *rest = fields
    body = dict.fromkeys(CONTENT) | {name: said[name] for name in rest}
    if "answers_id" in kind.required:
        decision = (await documents.requested())["document_id"]
        body["answers_id"] = decision
    row = await documents.drafted(kind=kind.code, **body)
    assert row["missing"] == [first]
    assert "submit" not in row["allowed_actions"]
    path = f"documents/{row['id']}"
    refused(await scene.call(f"{path}/submit", scene.supervisor), 409, "document-incomplete")
    answer = await scene.oversight.patch(
        f"/oversight/v1/{path}",
        as_=scene.supervisor,
        headers={"If-Match": "*"},
        json={first: said[first]},
    )
    assert (answer.status_code, answer.json()["missing"]) == (200, []), answer.text
    assert (await documents.step(row, "submit", scene.supervisor))["state"] == "in_review"


async def test_kinds_are_listed_as_they_are_in_force(scene: Scene) -> None:
    all_kinds = (await scene.read("document-kinds", scene.agency))["items"]
    assert {kind["word"] for kind in all_kinds} == set("通意决督约复移协")
    assert all(kind["provisional"] and kind["legal_basis"] for kind in all_kinds)
    assert (await scene.read("document-kinds?on=2000-01-01", scene.agency))["items"] == []
    assert (await scene.read("document-kinds?on=2026-01-01", scene.agency))["items"] == all_kinds


async def test_whoever_wrote_a_document_neither_reviews_nor_signs_it(
    documents: Documents,
) -> None:
    scene = documents.scene
    row = await documents.drafted()
    path = f"documents/{row['id']}"
    changed = await scene.oversight.patch(
        f"/oversight/v1/{path}",
        as_=scene.colleague,
        headers={"If-Match": "*"},
        json={"reasons": "另有理由"},
    )
    assert changed.json()["authors"] == ["zhao", "qian"]
    await documents.step(row, "submit", scene.supervisor)
    for author in (scene.supervisor, scene.colleague):
        answer = await scene.call(f"{path}/approve", author, {})
        refused(answer, 403, "document-reviewed-by-author")
    await documents.step(row, "approve", documents.signer, {})
    refused(await scene.call(f"{path}/sign", scene.colleague), 403, "document-signed-by-author")
    assert (await scene.read(path, scene.colleague))["allowed_actions"] == ["return", "discard"]


async def test_a_change_that_changes_nothing_leaves_no_trace(documents: Documents) -> None:
    row = await documents.drafted(period={"n": 20, "unit": "d"})
    answer = await documents.scene.oversight.patch(
        f"/oversight/v1/documents/{row['id']}",
        as_=documents.scene.colleague,
        headers={"If-Match": "*"},
        json={"facts": CONTENT["facts"], "period": {"n": 20, "unit": "d"}},
    )
    assert (answer.json()["version"], answer.json()["authors"]) == (1, ["zhao"])
    assert len(await documents.scene.fact_types()) == 2


async def test_fifty_signers_at_once_leave_no_gap_and_no_double(documents: Documents) -> None:
    rows = [await documents.drafted(kind="notice") for _ in range(50)]
    async with documents.scene.oversight.session() as session:
        await session.execute(text("UPDATE document SET state = 'reviewed'"))
        await session.commit()
    answers = await asyncio.gather(
        *(documents.scene.call(f"documents/{row['id']}/sign", documents.signer) for row in rows)
    )
    year = documents.today().year
    numbers = {answer.json().get("number") for answer in answers}
    assert numbers == {f"沙司执监通〔{year}〕{n}号" for n in range(1, 51)}


async def test_a_signature_that_fails_gives_its_number_back(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await documents.reviewed()
    path = f"documents/{row['id']}/sign"

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("behind the number")

    with monkeypatch.context() as broken:
        broken.setattr(actions, "publish", fail)
        assert (await documents.scene.call(path, documents.signer)).status_code == 500
    signed = await documents.step(row, "sign", documents.signer)
    assert signed["number"].endswith("〕1号")


async def test_each_run_of_numbers_is_one_of_a_body_a_word_and_a_year(
    documents: Documents,
) -> None:
    scene = documents.scene
    year = documents.today().year
    first, second = await documents.issued(), await documents.issued()
    notice = await documents.issued(kind="notice")
    assert [row["number"] for row in (first, second, notice)] == [
        f"沙司执监决〔{year}〕1号",
        f"沙司执监决〔{year}〕2号",
        f"沙司执监通〔{year}〕1号",
    ]
    await documents.issuer(BUREAU)
    row = await documents.drafted(as_=scene.bureau)
    token = scene.oversight.token
    for step, sub, body in (
        ("submit", "bureau", None),
        ("approve", "b2", {}),
        ("sign", "b3", None),
    ):
        row = await documents.step(row, step, token("bureau_supervisor", BUREAU, sub=sub), body)
    assert row["number"] == f"渝司执监决〔{year}〕1号"
    scene.oversight.advance(days=366)
    assert (await documents.issued())["number"] == f"沙司执监决〔{documents.today().year}〕1号"


async def test_a_draft_is_the_supervisors_and_a_served_document_the_addressees_too(
    documents: Documents,
) -> None:
    scene = documents.scene
    row = await documents.issued()
    path = f"documents/{row['id']}"
    own_people = scene.oversight.token(
        "district_supervisor", DISTRICT, sub="x", organisation=SUBJECT_CODE
    )
    integration = scene.oversight.token("integration", DISTRICT)
    others = {
        "agency": scene.agency,
        "office": scene.office,
        "enforcement": scene.enforcement,
        "domain": scene.oversight.token("line_department", BUREAU, domains=["urban_management"]),
    }
    for token in (*others.values(), own_people, integration, *scene.foreigners.values()):
        await scene.read(path, token, status=404)
        page = await scene.read("documents?count=exact&q=沙司执监决", token)
        assert (page["items"], page["count"]) == ([], 0)
    for fact in await scene.oversight.facts("oversight.document.issued.v1"):
        assert SUBJECT_CODE not in str(fact)
        assert (TOWNSHIP not in str(fact), str(scene.subject_id) in str(fact)) == (True, False)
    await documents.step(row, "serve", scene.supervisor, documents.service())
    for token in others.values():
        assert (await scene.read(path, token))["disclosed"]
        assert (await scene.read("documents?count=exact", token))["count"] == 1
    for token in scene.foreigners.values():
        await scene.read(path, token, status=404)
    served = (await scene.oversight.facts("oversight.document.served.v1"))[0]
    assert served["division"] == f"50.{DISTRICT}.{TOWNSHIP}"


async def test_a_letter_to_another_body_is_never_shown_to_the_subject(
    documents: Documents,
) -> None:
    scene = documents.scene
    said = {
        "addressee": "沙坪坝区审计局",
        "materials": ["调查报告"],
        "remedy": None,
        "reasons": None,
    }
    row = await documents.served(kind="referral_letter", **said)
    assert (row["state"], row["disclosed"], row["due_at"]) == ("served", False, None)
    await scene.read(f"documents/{row['id']}", scene.agency, status=404)
    fact = (await scene.oversight.facts("oversight.document.served.v1"))[0]
    assert (fact["data"]["organisation"], fact["data"]["subject_name"]) == (None, None)


async def test_a_document_left_takes_a_witness_and_no_day_is_ahead(documents: Documents) -> None:
    scene = documents.scene
    row = await documents.issued()
    path = f"documents/{row['id']}/serve"
    left = documents.service(method="left")
    refused(await scene.call(path, scene.supervisor, left), 422, "service-witness-missing")
    for days in (-1, 1):
        day = (documents.today() + timedelta(days=days)).isoformat()
        answer = await scene.call(path, scene.supervisor, documents.service(served_on=day))
        refused(answer, 422, "service-day-impossible")
    answer = await scene.call(path, scene.supervisor, {**left, "witnesses": ["社区干部吴某"]})
    assert answer.status_code == 200, answer.text


async def test_a_document_nobody_executes_in_time_is_told_once(documents: Documents) -> None:
    scene = documents.scene
    scene.stand_at(NIGHT)
    row = await documents.acknowledged(period={"n": 5, "unit": "wd"})
    # 29 and 30 September, 8, 9 and 10 October (a Saturday worked for the holidays).
    assert datetime.fromisoformat(row["due_at"]) == datetime(2026, 10, 10, 16, tzinfo=UTC)
    scene.stand_at(datetime(2026, 10, 10, 15, 59, tzinfo=UTC))
    await scene.oversight.fire_timers()
    assert not (await scene.read(f"documents/{row['id']}", scene.agency))["overdue"]
    scene.stand_at(datetime(2026, 10, 10, 16, tzinfo=UTC))
    page = await scene.read("documents?overdue=true", scene.agency)
    assert [item["overdue"] for item in page["items"]] == [True]
    await scene.oversight.fire_timers()
    await scene.oversight.fire_timers()
    assert len(await scene.oversight.facts("oversight.document.overdue.v1")) == 1
    late = await documents.step(row, "report", scene.agency, {"report": "已停止"})
    assert (late["reports"][0]["late"], late["overdue"]) == (True, False)


async def test_a_report_that_comes_late_and_before_the_timer_says_that_the_term_had_passed(
    documents: Documents,
) -> None:
    scene = documents.scene
    scene.stand_at(NIGHT)
    row = await documents.acknowledged(period={"n": 5, "unit": "wd"})
    scene.stand_at(datetime(2026, 10, 10, 16, tzinfo=UTC))
    await documents.step(row, "report", scene.agency, {"report": "已停止"})
    types = await scene.fact_types()
    assert types[-2:] == ["document.overdue.v1", "document.execution_reported.v1"]
    await scene.oversight.fire_timers()
    await documents.step(row, "refuse", scene.supervisor, REASON)
    await scene.oversight.fire_timers()
    assert len(await scene.oversight.facts("oversight.document.overdue.v1")) == 1


async def test_the_term_without_another_is_the_rules(documents: Documents) -> None:
    documents.scene.stand_at(NIGHT)
    row = await documents.served()
    # 30 days after 28 September: the end of 28 October.
    assert datetime.fromisoformat(row["due_at"]) == datetime(2026, 10, 28, 16, tzinfo=UTC)


async def test_an_interview_record_asks_for_no_report(documents: Documents) -> None:
    said = {
        "held_on": "2026-03-12",
        "participants": [{"name": "李娜", "role": "监督人员"}, {"name": "周某", "role": "主任"}],
        "statement": "问:是否知悉?答:知悉。",
    }
    row = await documents.acknowledged(kind="interview_record", **said)
    assert (row["due_at"], row["allowed_actions"]) == (None, [])
    answer = await documents.scene.call(
        f"documents/{row['id']}/report", documents.scene.agency, {"report": "x"}
    )
    refused(answer, 409, "document-not-executed")


async def test_a_document_says_what_it_rests_on_of_the_same_subject(
    documents: Documents,
) -> None:
    scene = documents.scene
    order = await scene.ordered()
    row = await documents.drafted(rectification_id=order["id"])
    assert row["finding_id"] == order["finding_id"]
    assert row["inspection_id"] == order["inspection_id"]
    page = await scene.read(f"documents?inspection_id={order['inspection_id']}", scene.supervisor)
    assert [item["id"] for item in page["items"]] == [row["id"]]
    hidden = await scene.assign(mode="unannounced")
    for link in (
        {"inspection_id": hidden["id"]},
        {"finding_id": str(scene.subject_id)},
        {"rectification_id": order["id"], "inspection_id": hidden["id"]},
        {"answers_id": row["id"]},
    ):
        answer = await scene.call("documents", scene.supervisor, documents.body(**link))
        refused(answer, 422, "document-link-unknown")


async def test_who_was_taken_off_the_inspection_writes_nothing_about_it(
    documents: Documents,
) -> None:
    scene = documents.scene
    inspection = await scene.on_site()
    told = {
        "inspector": "li",
        "reason": "亲属",
        "replacement": {**inspection["inspectors"][1], "sub": "gao"},
    }
    await scene.step("inspections", inspection, "recuse", scene.supervisor, told)
    row = await documents.drafted(inspection_id=inspection["id"])
    li = scene.oversight.token("district_supervisor", DISTRICT, sub="li")
    assert (await scene.read(f"documents/{row['id']}", li))["allowed_actions"] == []
    refused(await scene.call(f"documents/{row['id']}/submit", li), 403, "actor-recused")
    body = documents.body(inspection_id=inspection["id"])
    refused(await scene.call("documents", li, body), 403, "actor-recused")


async def test_townships_and_bodies_without_a_registration_issue_nothing(scene: Scene) -> None:
    documents = Documents(scene)
    answer = await scene.call("documents", scene.supervisor, documents.body())
    refused(answer, 409, "document-issuer-missing")
    body = {**ISSUERS[DISTRICT], "division": TOWNSHIP}
    refused(await scene.call("document-issuers", scene.bureau, body), 403, "document-issuer-level")
    refused(await scene.call("documents", scene.office, documents.body()), 403, "forbidden")
    other = {"division": "500116", "name": "江津区司法局", "prefix": "津司执监"}
    answer = await scene.call("document-issuers", scene.supervisor, other)
    refused(answer, 403, "document-issuer-elsewhere")
    await documents.issuer()
    answer = await scene.call("documents", scene.supervisor, documents.body(kind="poem"))
    refused(answer, 422, "document-kind-unknown")


async def test_a_division_has_one_issuing_body_and_a_prefix_one(scene: Scene) -> None:
    twice = await asyncio.gather(
        *(scene.call("document-issuers", scene.bureau, ISSUERS[DISTRICT]) for _ in range(2))
    )
    codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in twice)
    assert codes == [(201, ""), (409, "document-issuer-exists")]
    taken = {**ISSUERS[BUREAU], "prefix": ISSUERS[DISTRICT]["prefix"]}
    refused(await scene.call("document-issuers", scene.bureau, taken), 409, "document-prefix-taken")
    row = (await scene.read("document-issuers", scene.supervisor))["items"][0]
    assert row["allowed_actions"] == ["change"]
    path = f"/oversight/v1/document-issuers/{row['id']}"
    answer = await scene.oversight.patch(
        path, as_=scene.supervisor, headers={"If-Match": "*"}, json={"name": "沙坪坝区司法局"}
    )
    assert (answer.json()["name"], answer.json()["prefix"]) == ("沙坪坝区司法局", "沙司执监")
    assert (await scene.fact_types())[-1] == "document_issuer.changed.v1"


async def test_a_revoked_document_keeps_its_number_and_its_reason(documents: Documents) -> None:
    row = await documents.step(await documents.issued(), "revoke", documents.signer, REASON)
    assert (row["state"], row["end_reason"]) == ("revoked", REASON["reason"])
    fact = (await documents.scene.oversight.facts("oversight.document.revoked.v1"))[0]
    assert (fact["data"]["number"], fact["data"]["organisation"]) == (row["number"], None)
    assert (await documents.issued())["number"].endswith("〕2号")


@pytest.mark.parametrize("seed", [1, 2])
async def test_allowed_actions_of_a_document_is_exactly_what_succeeds(
    documents: Documents, seed: int
) -> None:
    scene = documents.scene

    async def create() -> dict[str, Any]:
        makes = (documents.drafted, documents.reviewed, documents.served)
        made[0] += 1
        return await makes[made[0] % 3](kind="notice")

    made = [seed]
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/documents",
        create,
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "sun": documents.signer,
            "office": scene.office,
            "enforcement": scene.enforcement,
            "agency": scene.agency,
            "foreign district": scene.foreigners["foreign district"],
        },
        bodies={
            "change": lambda thing: {"reasons": f"理由{thing['version']}"},
            "approve": {},
            "return": REASON,
            "discard": REASON,
            "serve": lambda _: documents.service(),
            "report": {"report": "r"},
            "refuse": REASON,
            "confirm": {},
            "revoke": REASON,
        },
    )
    await walk.run(seed=seed)
    assert len(walk.seen) >= 5, sorted(walk.seen)

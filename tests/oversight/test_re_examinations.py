"""The re-examination of a decision: in time, by others, in a document, and never a stay."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.oversight.re_examinations.rules import LIFECYCLE
from tests.oversight.documents import Documents
from tests.oversight.scene import Scene, refused
from tests.walks import Walk

MONDAY = datetime(2026, 9, 28, 1, tzinfo=UTC)
"""09:00 in Shanghai; the holidays are 1 to 7 October."""


@pytest.fixture
async def documents(scene: Scene) -> Documents:
    made = Documents(scene)
    await made.issuer()
    return made


def decider(documents: Documents) -> str:
    return documents.scene.oversight.token("district_supervisor", "500106", sub="feng")


async def test_the_term_to_apply_is_ten_working_days_from_the_service(
    documents: Documents,
) -> None:
    scene = documents.scene
    scene.stand_at(MONDAY)
    row = await documents.served()
    # 29, 30 September; 8, 9, 10 (Saturday, worked), 12 to 16 October: the tenth is Friday 16.
    due = datetime(2026, 10, 16, 16, tzinfo=UTC)
    assert datetime.fromisoformat(row["objection_due_at"]) == due
    scene.stand_at(due)
    body = {"document_id": row["id"], "grounds": "认定事实不清"}
    answer = await scene.call("re-examinations", scene.agency, body)
    refused(answer, 409, "document-objection-too-late")
    shown = await scene.read(f"documents/{row['id']}", scene.agency)
    assert "request_re_examination" not in shown["allowed_actions"]


async def test_it_is_decided_in_fifteen_working_days_or_told_to_be_overdue(
    documents: Documents,
) -> None:
    scene = documents.scene
    scene.stand_at(MONDAY)
    row = await documents.requested()
    # Five more after Friday 16: 19 to 23 October.
    due = datetime(2026, 10, 23, 16, tzinfo=UTC)
    assert datetime.fromisoformat(row["due_at"]) == due
    scene.stand_at(due)
    page = await scene.read("re-examinations?overdue=true", scene.supervisor)
    assert [item["overdue"] for item in page["items"]] == [True]
    await scene.oversight.fire_timers()
    assert len(await scene.oversight.facts("oversight.re_examination.overdue.v1")) == 1
    fact = (await scene.oversight.facts("oversight.re_examination.overdue.v1"))[0]
    assert (fact["data"]["number"], fact["data"]["authority_level"]) == (row["number"], "district")


async def test_the_decision_is_executed_while_it_is_re_examined(documents: Documents) -> None:
    scene = documents.scene
    served = await documents.served()
    body = {"document_id": served["id"], "grounds": "认定事实不清"}
    await scene.done("re-examinations", as_=scene.agency, json=body, status=201)
    during = await scene.read(f"documents/{served['id']}", scene.agency)
    assert (during["state"], during["due_at"]) == ("served", served["due_at"])
    assert during["objected"] and during["allowed_actions"] == ["acknowledge"]
    scene.stand_at(datetime.fromisoformat(served["due_at"]))
    await scene.oversight.fire_timers()
    assert len(await scene.oversight.facts("oversight.document.overdue.v1")) == 1


@pytest.mark.parametrize(
    ("action", "outcome", "decision", "fact"),
    [
        ("uphold", "upheld", "served", None),
        ("amend", "changed", "amended", "oversight.document.amended.v1"),
        ("revoke", "revoked", "revoked", "oversight.document.revoked.v1"),
    ],
)
async def test_what_comes_of_it_comes_of_the_decision(
    documents: Documents, action: str, outcome: str, decision: str, fact: str | None
) -> None:
    scene = documents.scene
    row = await documents.requested()
    said = await documents.answer(row["document_id"])
    path = f"re-examinations/{row['id']}/{action}"
    body = {"document_id": said["id"]}
    done = await scene.done(path, as_=decider(documents), json=body)
    assert (done["state"], done["decision_id"], done["decided_by"]) == (outcome, said["id"], "feng")
    assert (await scene.read(f"documents/{row['document_id']}", scene.agency))["state"] == decision
    decided = (await scene.oversight.facts("oversight.re_examination.decided.v1"))[0]["data"]
    assert (decided["outcome"], decided["decision_number"]) == (outcome, said["number"])
    if fact:
        assert (await scene.oversight.facts(fact))[0]["data"]["document_id"] == row["document_id"]


async def test_who_made_the_decision_does_not_re_examine_it(documents: Documents) -> None:
    scene = documents.scene
    row = await documents.requested()
    body = {"document_id": (await documents.answer(row["document_id"]))["id"]}
    for maker in (scene.supervisor, scene.colleague, documents.signer):
        answer = await scene.call(f"re-examinations/{row['id']}/uphold", maker, body)
        refused(answer, 403, "re-examination-by-maker")
        shown = await scene.read(f"re-examinations/{row['id']}", maker)
        assert shown["allowed_actions"] == []


async def test_the_outcome_is_a_signed_document_that_answers_the_decision(
    documents: Documents,
) -> None:
    scene = documents.scene
    row = await documents.requested()
    kind = {"kind": "re_examination_decision", "remedy": None}
    draft = await documents.drafted(**kind, answers_id=row["document_id"])
    other = await documents.issued()
    for id in (draft["id"], other["id"], row["document_id"], row["id"]):
        answer = await scene.call(
            f"re-examinations/{row['id']}/uphold", decider(documents), {"document_id": id}
        )
        refused(answer, 422, "re-examination-decision-missing")


async def test_a_decision_is_objected_to_once_and_a_notice_never(documents: Documents) -> None:
    scene = documents.scene
    served = await documents.served()
    body = {"document_id": served["id"], "grounds": "认定事实不清"}
    answers = await asyncio.gather(
        *(scene.call("re-examinations", scene.agency, body) for _ in range(2))
    )
    codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
    assert codes == [(201, ""), (409, "document-objection-exists")]
    notice = await documents.served(kind="notice")
    answer = await scene.call(
        "re-examinations", scene.agency, {**body, "document_id": notice["id"]}
    )
    refused(answer, 409, "document-objection-not-allowed")
    issued = await documents.issued()
    answer = await scene.call(
        "re-examinations", scene.agency, {**body, "document_id": issued["id"]}
    )
    refused(answer, 422, "re-examined-document-unknown")


async def test_a_re_examination_is_seen_by_those_who_see_the_decision(
    documents: Documents,
) -> None:
    scene = documents.scene
    row = await documents.requested()
    for token in (scene.agency, scene.office, scene.supervisor, scene.bureau):
        assert (await scene.read("re-examinations?count=exact", token))["count"] == 1
    for token in scene.foreigners.values():
        await scene.read(f"re-examinations/{row['id']}", token, status=404)
        assert (await scene.read("re-examinations?count=exact", token))["count"] == 0


async def test_allowed_actions_of_a_re_examination_is_exactly_what_succeeds(
    documents: Documents,
) -> None:
    scene = documents.scene
    answers: dict[str, str] = {}

    async def create() -> dict[str, Any]:
        row = await documents.requested()
        answers[row["id"]] = (await documents.answer(row["document_id"]))["id"]
        return row

    def outcome(thing: dict[str, Any]) -> dict[str, Any]:
        return {"document_id": answers[thing["id"]]}

    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/re-examinations",
        create,
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "feng": decider(documents),
            "office": scene.office,
            "agency": scene.agency,
            "foreign district": scene.foreigners["foreign district"],
        },
        bodies=dict.fromkeys(("uphold", "amend", "revoke"), outcome),
        facts={"amend": 2, "revoke": 2},
    )
    await walk.run(seed=1)
    assert len(walk.seen) >= 3, sorted(walk.seen)

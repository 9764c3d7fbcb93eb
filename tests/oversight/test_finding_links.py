"""Findings that belong together, that were decided wrongly, that nobody commented on."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest

from services.oversight.findings.rules import BrokenCodeBook, FindingCode, Severity, check_book
from shared.db import Scope
from tests.oversight.scene import SIBLING, Scene, credit_code, refused, subject_published

REASON = {"reason": "事实清楚"}


async def test_a_comment_period_that_passes_in_silence_is_told_once(scene: Scene) -> None:
    row = await scene.finding()
    heard = await scene.finding()
    await scene.step("findings", heard, "comment", scene.agency, {"comment": "属实"})
    assert await scene.oversight.fire_timers() == 0
    scene.oversight.advance(days=20)
    assert await scene.oversight.fire_timers() == 1
    (fact,) = await scene.oversight.facts("oversight.finding.comments_ended.v1")
    assert (fact["data"]["finding_id"], fact["data"]["state"]) == (row["id"], "recorded")
    row = await scene.read(f"findings/{row['id']}", scene.colleague)
    assert row["comments_ended_at"] is not None
    await scene.step("findings", row, "confirm", scene.colleague, REASON)


async def test_a_decision_that_was_wrong_is_reopened_by_another_and_heard_anew(
    scene: Scene,
) -> None:
    row = await scene.confirmed()
    path = f"findings/{row['id']}/reopen"
    refused(await scene.call(path, scene.colleague, REASON), 403, "finding-reopened-by-decider")
    refused(await scene.call(path, scene.agency, REASON), 403, "forbidden")
    row = await scene.done(path, as_=scene.supervisor, json={"reason": "新证据"})
    assert (row["state"], row["comment"], row["decided_by"]) == ("recorded", None, None)
    (past,) = row["past"]
    assert (past["decision"], past["decided_by"], past["comment"]) == ("confirmed", "qian", "属实")
    assert (past["reopened_by"], past["reopened_because"]) == ("zhao", "新证据")
    inspection = await scene.read(f"inspections/{row['inspection_id']}", scene.supervisor)
    assert inspection["undecided"] == 1
    (fact,) = await scene.oversight.facts("oversight.finding.reopened.v1")
    assert fact["data"]["comment_due_at"] == row["comment_due_at"]
    confirm = await scene.call(f"findings/{row['id']}/confirm", scene.colleague, REASON)
    refused(confirm, 409, "finding-comment-period-running")
    row = await scene.step("findings", row, "comment", scene.agency, {"comment": "不属实"})
    row = await scene.step("findings", row, "withdraw", scene.colleague, REASON)
    row = await scene.done(path, as_=scene.supervisor, json=REASON)
    assert [past["decision"] for past in row["past"]] == ["confirmed", "withdrawn"]


async def test_what_is_ordered_to_be_corrected_is_not_reopened_before_that_is_revoked(
    scene: Scene,
) -> None:
    order = await scene.ordered()
    path = f"findings/{order['finding_id']}/reopen"
    refused(await scene.call(path, scene.bureau, REASON), 409, "finding-has-order")
    await scene.step("rectifications", order, "revoke", scene.colleague, REASON)
    await scene.done(path, as_=scene.bureau, json=REASON)


async def test_a_duplicate_points_to_the_one_that_counts_and_is_not_ordered(scene: Scene) -> None:
    counts, copy, third = [await scene.confirmed() for _ in range(3)]
    body = {"finding_id": counts["id"], "kind": "duplicate", "note": "同一事实"}
    path = f"findings/{copy['id']}/link"
    refused(await scene.call(path, scene.agency, body), 403, "forbidden")
    itself = {**body, "finding_id": copy["id"]}
    refused(await scene.call(path, scene.supervisor, itself), 422, "finding-linked-to-itself")
    unknown = {**body, "finding_id": str(uuid4())}
    refused(await scene.call(path, scene.supervisor, unknown), 422, "linked-finding-unknown")
    row = await scene.done(path, as_=scene.supervisor, json=body)
    assert row["duplicate_of"] == counts["id"]
    assert "order_rectification" not in row["allowed_actions"]
    order = {"finding_id": copy["id"], "requirement": "整改"}
    answer = await scene.call("rectifications", scene.supervisor, order)
    refused(answer, 409, "finding-is-duplicate")
    (fact,) = await scene.oversight.facts("oversight.finding.linked.v1")
    told = fact["data"]
    assert (told["other_id"], told["kind"], "note" in told) == (counts["id"], "duplicate", False)
    # One counts; there are no chains.
    for one, other in ((third, copy), (counts, third)):
        answer = await scene.call(
            f"findings/{one['id']}/link",
            scene.supervisor,
            {"finding_id": other["id"], "kind": "duplicate"},
        )
        refused(answer, 409, "finding-duplicate-of-duplicate")
    for query, found in (("duplicate=true", 1), ("duplicate=false", 2)):
        assert (await scene.read(f"findings?count=exact&{query}", scene.agency))["count"] == found
    # Seen from both.
    (link,) = (await scene.read(f"findings/{counts['id']}/links", scene.agency))["items"]
    assert (link["finding_id"], link["incoming"], link["note"]) == (copy["id"], True, "同一事实")
    off = {"finding_id": counts["id"]}
    row = await scene.done(f"findings/{copy['id']}/unlink", as_=scene.supervisor, json=off)
    assert row["duplicate_of"] is None
    answer = await scene.call(f"findings/{copy['id']}/unlink", scene.supervisor, off)
    refused(answer, 409, "finding-without-links")
    await scene.done("rectifications", as_=scene.supervisor, json=order, status=201)


async def test_a_pair_is_linked_once_whoever_is_first(scene: Scene) -> None:
    one, other = await scene.finding(), await scene.finding()
    pairs = [(one, other), (other, one)]
    answers = await asyncio.gather(
        *(
            scene.call(
                f"findings/{a['id']}/link",
                scene.supervisor,
                {"finding_id": b["id"], "kind": "same_cause"},
            )
            for a, b in pairs
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = (answer for answer in answers if answer.status_code == 409)
    refused(late, 409, "findings-linked")
    assert len(await scene.oversight.facts("oversight.finding.linked.v1")) == 1


async def test_a_link_shows_the_other_one_to_those_who_may_see_it(scene: Scene) -> None:
    row = await scene.finding()
    elsewhere = Scope(district=None, township=None)
    subject_id, code = uuid4(), credit_code(7)
    told = subject_published(
        subject_id, uscc=code, name="市级部门", level="city", division="50", domains=["traffic"]
    )
    await scene.oversight.react(told, elsewhere)
    inspection = await scene.on_site(scene.bureau, subject_id=str(subject_id))
    body = {"inspection_id": inspection["id"], "code": "single-officer", "description": "单人"}
    other = await scene.done("findings", as_=scene.bureau, json=body, status=201)
    same = {"finding_id": other["id"], "kind": "duplicate"}
    answer = await scene.call(f"findings/{row['id']}/link", scene.bureau, same)
    refused(answer, 422, "finding-duplicate-of-another-subject")
    same["kind"] = "same_cause"
    await scene.done(f"findings/{row['id']}/link", as_=scene.bureau, json=same)
    links = await scene.read(f"findings/{row['id']}/links?count=exact", scene.bureau)
    assert (links["count"], links["items"][0]["subject_name"]) == (1, "市级部门")
    links = await scene.read(f"findings/{row['id']}/links?count=exact", scene.agency)
    assert (links["count"], links["items"]) == (0, [])
    # A district links only what it sees.
    body = {"finding_id": other["id"], "kind": "same_cause"}
    answer = await scene.call(f"findings/{row['id']}/link", scene.supervisor, body)
    refused(answer, 422, "linked-finding-unknown")
    office = scene.oversight.token("township_supervision_office", SIBLING)
    await scene.read(f"findings/{row['id']}/links", office, 404)


async def test_a_finding_names_the_act_that_it_is_about(scene: Scene) -> None:
    act = {"number": "沙城管罚〔2026〕12号", "decided_on": "2026-09-01"}
    row = await scene.finding(act=act)
    assert (row["act_number"], row["act_on"]) == tuple(act.values())
    assert row["code_edition"] == 1
    for number, found in ((act["number"], 1), ("沙城管罚〔2026〕1号", 0)):
        page = await scene.read(f"findings?count=exact&act_number={number}", scene.agency)
        assert page["count"] == found


async def test_the_code_book_tells_what_was_in_force_on_a_day(scene: Scene) -> None:
    page = await scene.read("finding-codes?on=2010-01-01", scene.agency)
    assert [entry["code"] for entry in page["items"]] == ["no-responsibility-system"]
    assert page["items"][0]["edition"] == 1


def test_a_code_has_one_entry_a_day() -> None:
    first = FindingCode(
        code="single-officer",
        label="单人执法",
        severity=Severity.SERIOUS,
        names_officer=False,
        effective_from=date(2021, 7, 15),
        effective_to=date(2026, 1, 1),
        legal_basis=["《中华人民共和国行政处罚法》第四十二条"],
    )
    later = first.model_copy(
        update={"edition": 2, "effective_from": date(2026, 1, 1), "effective_to": None}
    )
    check_book([first, later])
    for broken in (
        [first, later.model_copy(update={"edition": 3})],
        [first, later.model_copy(update={"effective_from": date(2025, 12, 31)})],
        [first.model_copy(update={"effective_to": None}), later],
    ):
        with pytest.raises(BrokenCodeBook):
            check_book(broken)

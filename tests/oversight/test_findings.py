"""Findings: recorded on site, heard, confirmed by a second person or withdrawn."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.finding_codes.actions import code_book
from services.oversight.findings.tables import Finding
from services.oversight.permissions import PERMISSIONS, permissions_towards
from shared.access.actor import Actor, Role, permissions_of
from shared.events.registry.officers import OfficerRegistered
from tests.oversight.scene import (
    DISTRICT,
    HERE,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    credit_code,
    officer_told,
    refused,
    subject_published,
)

BEFORE_THE_HOLIDAYS = datetime(2026, 9, 28, 1, tzinfo=UTC)
"""Monday 09:00 in Shanghai; the holidays are 1 to 7 October."""
REASON = {"reason": "事实清楚"}


async def test_a_finding_takes_title_severity_and_basis_from_the_code_book(scene: Scene) -> None:
    row = await scene.finding()
    assert (row["title"], row["severity"], row["state"]) == ("无证执法", "serious", "recorded")
    assert any("第五十五条" in basis for basis in row["legal_basis"])
    assert (row["officer_name"], row["officer_certified"]) == ("张某", False)
    assert (row["organisation"], row["authority"]) == (SUBJECT_CODE, DISTRICT)
    inspection = await scene.read(f"inspections/{row['inspection_id']}", scene.supervisor)
    assert (inspection["findings"], inspection["undecided"]) == (1, 1)
    fact = (await scene.oversight.facts("oversight.finding.recorded.v1"))[0]
    assert fact["data"]["comment_due_at"] == row["comment_due_at"]
    assert fact["data"]["organisation"] == SUBJECT_CODE
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert "张某" not in str(fact)


async def test_what_the_author_says_wins_over_the_code_book(scene: Scene) -> None:
    said: dict[str, Any] = {"title": "标题", "severity": "grave", "legal_basis": ["甲", "乙"]}
    row = await scene.finding(**said)
    assert {name: row[name] for name in said} == said


async def test_the_comment_period_counts_working_days(scene: Scene) -> None:
    scene.stand_at(BEFORE_THE_HOLIDAYS)
    row = await scene.finding()
    # 29 and 30 September, 8, 9 and 10 October (a Saturday worked for the holidays).
    due = datetime.fromisoformat(row["comment_due_at"])
    assert due == datetime(2026, 10, 10, 16, tzinfo=UTC)


async def test_the_subject_is_heard_before_a_finding_is_confirmed(scene: Scene) -> None:
    row = await scene.finding()
    path = f"findings/{row['id']}/confirm"
    refused(await scene.call(path, scene.colleague, REASON), 409, "finding-comment-period-running")
    shown = await scene.read(f"findings/{row['id']}", scene.agency)
    assert shown["allowed_actions"] == ["comment"]
    row = await scene.step("findings", row, "comment", scene.agency, {"comment": "属实"})
    assert (row["state"], row["comment"], row["commented_by"]) == ("commented", "属实", "agency")
    again = await scene.call(f"findings/{row['id']}/comment", scene.agency, {"comment": "再"})
    refused(again, 409, "transition-not-allowed")
    row = await scene.step("findings", row, "confirm", scene.colleague, REASON)
    assert (row["state"], row["decided_by"], row["reason"]) == ("confirmed", "qian", "事实清楚")
    assert row["allowed_actions"] == ["link", "order_rectification"]
    assert (await scene.fact_types())[-3:] == [
        "finding.recorded.v1",
        "finding.commented.v1",
        "finding.confirmed.v1",
    ]


async def test_after_the_comment_period_it_is_confirmed_without_a_comment(scene: Scene) -> None:
    scene.stand_at(BEFORE_THE_HOLIDAYS)
    row = await scene.finding()
    # Midnight after 10 October is 16:00 UTC: one second before, the period still runs.
    scene.stand_at(datetime(2026, 10, 10, 15, 59, 58, tzinfo=UTC))
    assert (await scene.read(f"findings/{row['id']}", scene.agency))["allowed_actions"]
    path = f"findings/{row['id']}"
    answer = await scene.call(f"{path}/confirm", scene.colleague, REASON)
    refused(answer, 409, "finding-comment-period-running")
    scene.stand_at(datetime(2026, 10, 10, 16, tzinfo=UTC))
    answer = await scene.call(f"{path}/comment", scene.agency, {"comment": "迟了"})
    refused(answer, 409, "finding-comment-period-over")
    assert (await scene.read(path, scene.agency))["allowed_actions"] == []
    assert (await scene.step("findings", row, "confirm", scene.colleague, REASON))["state"] == (
        "confirmed"
    )


async def test_whoever_recorded_a_finding_does_not_confirm_it(scene: Scene) -> None:
    row = await scene.finding()
    row = await scene.step("findings", row, "comment", scene.agency, {"comment": "属实"})
    answer = await scene.call(f"findings/{row['id']}/confirm", scene.supervisor, REASON)
    refused(answer, 403, "finding-confirmed-by-recorder")
    mine = await scene.read(f"findings/{row['id']}", scene.supervisor)
    assert mine["allowed_actions"] == ["withdraw", "link"]


async def test_a_finding_is_withdrawn_and_stays_so(scene: Scene) -> None:
    row = await scene.finding()
    row = await scene.step("findings", row, "withdraw", scene.supervisor, {"reason": "证据不足"})
    assert (row["state"], row["allowed_actions"]) == ("withdrawn", ["link"])
    for step, token, body in (
        ("comment", scene.agency, {"comment": "x"}),
        ("confirm", scene.colleague, REASON),
        ("withdraw", scene.colleague, REASON),
    ):
        answer = await scene.call(f"findings/{row['id']}/{step}", token, body)
        refused(answer, 409, "transition-not-allowed")
    assert (await scene.fact_types())[-1] == "finding.withdrawn.v1"


async def test_the_township_may_comment_for_its_subject_and_others_may_not(scene: Scene) -> None:
    row = await scene.finding()
    path = f"findings/{row['id']}/comment"
    comment = {"comment": "属实"}
    refused(await scene.call(path, scene.supervisor, comment), 403, "forbidden")
    refused(await scene.call(path, scene.office, comment), 403, "forbidden")
    for name in ("sibling enforcement", "other agency"):
        refused(await scene.call(path, scene.foreigners[name], comment), 404, "not-found")
    await scene.step("findings", row, "comment", scene.enforcement, comment)


async def test_a_township_office_decides_only_on_its_own_findings(scene: Scene) -> None:
    row = await scene.finding()
    answer = await scene.call(f"findings/{row['id']}/withdraw", scene.office, REASON)
    refused(answer, 403, "not-the-supervisor")
    own = await scene.finding(scene.office)
    await scene.step("findings", own, "withdraw", scene.office, REASON)


async def test_findings_are_recorded_on_site_only(scene: Scene) -> None:
    inspection = await scene.assign()
    body = {"inspection_id": inspection["id"], "code": "single-officer", "description": "x"}
    refused(await scene.call("findings", scene.supervisor, body), 409, "transition-not-allowed")
    for name in ("sibling office", "foreign district"):
        answer = await scene.call("findings", scene.foreigners[name], body)
        refused(answer, 422, "inspection-unknown")
    body["inspection_id"] = str(uuid4())
    refused(await scene.call("findings", scene.supervisor, body), 422, "inspection-unknown")


async def test_a_finding_names_a_code_in_force_and_an_officer_of_the_subject(scene: Scene) -> None:
    inspection = await scene.on_site()
    body = {"inspection_id": inspection["id"], "description": "x"}

    async def record(**more: Any) -> Any:
        return await scene.call("findings", scene.supervisor, {**body, **more})

    refused(await record(code="no-such-code"), 422, "finding-code-unknown")
    certificate = "officer-without-certificate"
    refused(await record(code=certificate), 422, "finding-officer-not-named")
    answer = await record(code=certificate, officer_id=str(uuid4()))
    refused(answer, 422, "officer-unknown")
    other, elsewhere = uuid4(), uuid4()
    await scene.oversight.react(subject_published(other, uscc=credit_code(7)), HERE)
    told = officer_told(OfficerRegistered, elsewhere, other, organisation=credit_code(7))
    await scene.oversight.react(told, HERE)
    answer = await record(code=certificate, officer_id=str(elsewhere))
    refused(answer, 422, "officer-unknown")
    refused(await record(code="single-officer", surplus=1), 422, "invalid-input")
    assert (await scene.read("findings?count=exact", scene.supervisor))["count"] == 0


async def test_an_inspection_closes_when_every_finding_is_decided(scene: Scene) -> None:
    row = await scene.finding()
    inspection = {"id": row["inspection_id"]}
    await scene.step("inspections", inspection, "seal", scene.supervisor)
    signed = await scene.step("inspections", inspection, "sign", scene.supervisor)
    assert signed["allowed_actions"] == []
    answer = await scene.call(f"inspections/{inspection['id']}/close", scene.supervisor)
    refused(answer, 409, "findings-undecided")
    await scene.step("findings", row, "withdraw", scene.supervisor, REASON)
    closed = await scene.step("inspections", inspection, "close", scene.supervisor)
    assert (closed["state"], closed["findings"], closed["undecided"]) == ("closed", 1, 0)


async def test_findings_recorded_at_once_are_all_counted(scene: Scene) -> None:
    inspection = await scene.on_site()
    body = {"inspection_id": inspection["id"], "code": "single-officer", "description": "x"}
    answers = await asyncio.gather(
        *(scene.call("findings", scene.supervisor, body) for _ in range(4))
    )
    assert [answer.status_code for answer in answers] == [201] * 4
    shown = await scene.read(f"inspections/{inspection['id']}", scene.supervisor)
    assert (shown["findings"], shown["undecided"]) == (4, 4)


async def test_nobody_outside_sees_a_finding(scene: Scene) -> None:
    row = await scene.finding()
    for name, token in scene.foreigners.items():
        await scene.read(f"findings/{row['id']}", token, 404)
        page = await scene.read(f"findings?count=exact&inspection_id={row['inspection_id']}", token)
        assert (page["count"], page["items"]) == (0, []), name


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=recorded", 1),
        ("state=confirmed", 0),
        ("severity=serious", 1),
        ("code=officer-without-certificate", 1),
        (f"division={TOWNSHIP}", 1),
        ("division=500112", 0),
        ("q=执法", 1),
        ("q=没有", 0),
        ("sort=comment_due_at", 1),
    ],
)
async def test_findings_are_found_by_what_they_are(scene: Scene, query: str, found: int) -> None:
    await scene.finding()
    page = await scene.read(f"findings?count=exact&{query}", scene.supervisor)
    assert (page["count"], len(page["items"])) == (found, found)


async def test_the_code_book_can_be_read(scene: Scene) -> None:
    page = await scene.read("finding-codes", scene.agency)
    assert [entry["code"] for entry in page["items"]] == [entry.code for entry in code_book()]
    assert all(entry["legal_basis"] for entry in page["items"])


def test_the_code_book_has_each_code_once() -> None:
    codes = [entry.code for entry in code_book()]
    assert len(codes) == len(set(codes))


async def test_a_stale_if_match_does_not_decide(scene: Scene) -> None:
    row = await scene.finding()
    path = f"/oversight/v1/findings/{row['id']}"
    await scene.step("findings", row, "comment", scene.agency, {"comment": "属实"})
    answer = await scene.oversight.post(
        f"{path}/confirm", as_=scene.colleague, json=REASON, headers={"If-Match": '"1-x"'}
    )
    refused(answer, 412, "precondition-failed")
    assert (await scene.read(f"findings/{row['id']}", scene.colleague))["state"] == "commented"


async def test_who_was_recused_neither_decides_nor_orders(scene: Scene) -> None:
    wang = scene.oversight.token("district_supervisor", DISTRICT, sub="wang")
    row = await scene.finding()
    chen = {"sub": "chen", "name": "陈洁", "organisation": credit_code(2)}
    body = {"inspector": "wang", "reason": "近亲属", "replacement": chen}
    await scene.done(f"inspections/{row['inspection_id']}/recuse", as_=scene.supervisor, json=body)
    row = await scene.step("findings", row, "comment", scene.agency, {"comment": "有异议"})
    for step in ("confirm", "withdraw"):
        answer = await scene.call(f"findings/{row['id']}/{step}", wang, REASON)
        refused(answer, 403, "actor-recused")
    assert (await scene.read(f"findings/{row['id']}", wang))["allowed_actions"] == []
    (listed,) = (await scene.read("findings", wang))["items"]
    assert listed["allowed_actions"] == []
    row = await scene.step("findings", row, "confirm", scene.colleague, REASON)
    assert row["allowed_actions"] == ["link", "order_rectification"]
    order = {"finding_id": row["id"], "requirement": "停止无证人员执法"}
    refused(await scene.call("rectifications", wang, order), 403, "actor-recused")
    ordered = await scene.done("rectifications", as_=scene.supervisor, json=order, status=201)
    for step in ("receive", "begin"):
        ordered = await scene.step("rectifications", ordered, step, scene.agency)
    report = {"report": "已改正"}
    ordered = await scene.step("rectifications", ordered, "submit", scene.agency, report)
    path = f"rectifications/{ordered['id']}"
    refused(await scene.call(f"{path}/verify", wang, {}), 403, "actor-recused")
    assert (await scene.read(path, wang))["allowed_actions"] == []
    (listed,) = (await scene.read("rectifications", wang))["items"]
    assert listed["allowed_actions"] == []
    await scene.step("rectifications", ordered, "verify", scene.colleague, {})


async def test_nobody_answers_for_another_body_of_the_township(scene: Scene) -> None:
    row = await scene.finding()
    other = scene.oversight.token("township_enforcement", TOWNSHIP, organisation=credit_code(9))
    answer = await scene.call(f"findings/{row['id']}/comment", other, {"comment": "属实"})
    refused(answer, 403, "not-the-supervisor")


def test_who_answers_for_a_body_does_not_supervise_it() -> None:
    roles = frozenset({Role.TOWNSHIP_ENFORCEMENT, Role.TOWNSHIP_SUPERVISION_OFFICE})
    both = Actor(
        sub="both",
        name="both",
        roles=roles,
        division=TOWNSHIP,
        organisation=None,
        domains=frozenset(),
        expires_at=BEFORE_THE_HOLIDAYS,
        permissions=permissions_of(roles, PERMISSIONS),
    )
    row = Finding(organisation=SUBJECT_CODE, authority=TOWNSHIP, township=TOWNSHIP, parties=[])
    held = permissions_towards(both, row)
    assert "finding:comment" in held and "finding:decide" not in held


async def test_a_refusal_says_the_deadline_by_the_local_clock(scene: Scene) -> None:
    scene.stand_at(BEFORE_THE_HOLIDAYS)
    row = await scene.finding()
    answer = await scene.call(f"findings/{row['id']}/confirm", scene.colleague, REASON)
    assert "2026-10-11T00:00+08:00" in answer.json()["detail"]


@pytest.mark.parametrize(("by", "level"), [("supervisor", "district"), ("bureau", "bureau")])
async def test_the_facts_say_whose_body_decides(scene: Scene, by: str, level: str) -> None:
    await scene.finding(getattr(scene, by))
    (fact,) = await scene.oversight.facts("oversight.finding.recorded.v1")
    assert fact["data"]["authority_level"] == level

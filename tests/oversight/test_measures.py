"""Measures: proposed by one, decided by another, carried out by whom the rule names, proved."""

import asyncio
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.oversight.measures.rules import LIFECYCLE
from shared.events.registry.suspension_requests import (
    SuspensionRequestApproved,
    SuspensionRequestLapsed,
    SuspensionRequestRefused,
)
from tests.oversight.scene import DISTRICT, HERE, SUBJECT_CODE, TOWNSHIP, Scene, refused
from tests.walks import Walk

MONDAY = datetime(2026, 9, 28, 1, tzinfo=UTC)
YES, DONE = {"decision": "同意"}, {"execution": "已执行"}
REPORT = {"report": "已执行", "references": [{"title": "撤销决定书", "number": "1号"}]}
ACT = {"number": "沙城管罚〔2026〕12号"}


async def confirmed(scene: Scene, **told: Any) -> dict[str, Any]:
    row = await scene.finding(**told)
    row = await scene.step("findings", row, "comment", scene.agency, {"comment": "属实"})
    return await scene.step("findings", row, "confirm", scene.colleague, {"reason": "清楚"})


async def proposed(
    scene: Scene, kind: str = "order_performance", ground: str = "delayed", **told: Any
) -> dict[str, Any]:
    finding = await confirmed(scene, **told)
    body = {"finding_id": finding["id"], "kind": kind, "ground": ground, "reasons": "逾期"}
    return await scene.done("measures", as_=scene.supervisor, json=body, status=201)


async def decided(scene: Scene, *what: str, **told: Any) -> dict[str, Any]:
    row = await proposed(scene, *what, **told)
    return await scene.step("measures", row, "decide", scene.colleague, YES)


def answered(kind: Any, measure: dict[str, Any], reason: str | None = None) -> Any:
    """What the registry tells of the issuer's answer."""
    return kind(
        request_id=uuid4(),
        measure_id=UUID(measure["id"]),
        officer_id=UUID(measure["officer_id"]),
        organisation=SUBJECT_CODE,
        issuer_level="district",
        ground_name="不文明执法",
        due_at=None,
        state=kind.type.split(".")[2],
        reason=reason,
    )


async def test_a_measure_goes_from_proposal_to_verification(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await proposed(scene, "annul", "wrong_basis", act=ACT)
    assert (row["state"], row["executor"], row["due_at"]) == ("proposed", "subject", None)
    assert (row["act_number"], row["officer_id"]) == (ACT["number"], None)
    assert "撤销" in row["legal_basis"][0]
    row = await scene.step("measures", row, "decide", scene.colleague, YES)
    # 28 October is the last of the rule's thirty days.
    assert datetime.fromisoformat(row["due_at"]) == datetime(2026, 10, 28, 16, tzinfo=UTC)
    row = await scene.step("measures", row, "execute", scene.agency, DONE)
    row = await scene.step("measures", row, "report", scene.enforcement, REPORT)
    assert row["reports"][0]["references"][0]["title"] == "撤销决定书"
    row = await scene.step("measures", row, "reject", scene.supervisor, {"reason": "未送达"})
    assert (row["state"], row["reports"][0]["verdict"]) == ("executed", "rejected")
    row = await scene.step("measures", row, "report", scene.agency, REPORT)
    row = await scene.step("measures", row, "verify", scene.supervisor, {})
    assert (row["state"], row["allowed_actions"]) == ("verified", [])
    assert [type for type in await scene.fact_types() if type.startswith("measure.")] == [
        f"measure.{verb}.v1"
        for verb in (
            *("proposed", "decided", "executed", "reported", "rejected", "reported", "verified"),
        )
    ]
    (fact,) = await scene.oversight.facts("oversight.measure.decided.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    told = fact["data"]
    assert (told["kind_name"], told["ground_name"]) == ("撤销", "适用依据错误")
    assert "逾期" not in str(told)
    scene.oversight.advance(days=90)
    assert await scene.oversight.fire_timers() == 0


async def test_it_rests_on_a_confirmed_finding_and_a_ground_of_its_kind(scene: Scene) -> None:
    finding = await scene.finding(code="single-officer", officer_id=None)
    body = {
        "finding_id": finding["id"],
        "kind": "annul",
        "ground": "wrong_basis",
        "reasons": "r",
    }

    async def answer(**changed: Any) -> Any:
        return await scene.call("measures", scene.supervisor, {**body, **changed})

    refused(await answer(), 409, "measure-without-confirmed-finding")
    await scene.step("findings", finding, "comment", scene.agency, {"comment": "c"})
    await scene.step("findings", finding, "confirm", scene.colleague, {"reason": "r"})
    refused(await answer(ground="repeated"), 422, "measure-ground-not-of-kind")
    refused(await answer(), 422, "measure-needs-act")
    officer = {"kind": "suspend_certificate", "ground": "uncivil"}
    refused(await answer(**officer), 422, "measure-needs-officer")
    refused(await answer(finding_id=str(uuid4())), 422, "measure-finding-unknown")
    other = await scene.call("measures", scene.foreigners["foreign district"], body)
    refused(other, 422, "measure-finding-unknown")
    refused(await scene.call("measures", scene.office, body), 403, "not-the-supervisor")
    refused(await scene.call("measures", scene.agency, body), 403, "forbidden")
    copy = await confirmed(scene)
    link = {"finding_id": finding["id"], "kind": "duplicate"}
    await scene.done(f"findings/{copy['id']}/link", as_=scene.supervisor, json=link)
    late = await answer(finding_id=copy["id"], kind="interview", ground="repeated")
    refused(late, 409, "measure-for-duplicate-finding")


async def test_one_measure_of_a_kind_is_under_way_for_a_finding(scene: Scene) -> None:
    finding = await confirmed(scene)
    body = {
        "finding_id": finding["id"],
        "kind": "interview",
        "ground": "repeated",
        "reasons": "r",
    }
    answers = await asyncio.gather(
        *(scene.call("measures", scene.supervisor, body) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"measure-exists"}
    row = next(answer.json() for answer in answers if answer.status_code == 201)
    await scene.step("measures", row, "decline", scene.colleague, {"decision": "情节轻微"})
    await scene.done("measures", as_=scene.supervisor, json=body, status=201)


async def test_four_eyes_see_a_measure(scene: Scene) -> None:
    row = await proposed(scene, "interview", "repeated")
    path = f"measures/{row['id']}"
    for step in ("decide", "decline"):
        answer = await scene.call(f"{path}/{step}", scene.supervisor, YES)
        refused(answer, 403, "measure-decided-by-proposer")
    too_long = {**YES, "period": {"n": 16, "unit": "d"}}
    answer = await scene.call(f"{path}/decide", scene.colleague, too_long)
    refused(answer, 422, "measure-term-too-long")
    row = await scene.step("measures", row, "decide", scene.colleague, YES)
    answer = await scene.call(f"{path}/revoke", scene.colleague, YES)
    refused(answer, 403, "measure-revoked-by-decider")
    # An interview is held by the supervising body, not by the unit.
    refused(await scene.call(f"{path}/execute", scene.agency, DONE), 403, "not-the-supervisor")
    await scene.step("measures", row, "execute", scene.supervisor, DONE)
    await scene.step("measures", row, "report", scene.supervisor, REPORT)
    for step, body in (("verify", {}), ("reject", {"reason": "r"})):
        answer = await scene.call(f"{path}/{step}", scene.supervisor, body)
        refused(answer, 403, "measure-judged-by-reporter")
    await scene.step("measures", row, "verify", scene.colleague, {})


async def test_the_unit_carries_out_what_the_rule_gives_to_it(scene: Scene) -> None:
    row = await decided(scene)
    path = f"measures/{row['id']}/execute"
    refused(await scene.call(path, scene.supervisor, DONE), 403, "not-the-supervisor")
    other = scene.oversight.token("agency_user", TOWNSHIP, organisation="11500106000000009X")
    refused(await scene.call(path, other, DONE), 404, "not-found")
    await scene.done(path, as_=scene.agency, json=DONE)


async def test_a_deadline_passes_once_and_a_late_report_is_marked(scene: Scene) -> None:
    row = await decided(scene)
    scene.oversight.advance(days=32)
    shown = await scene.read(f"measures/{row['id']}", scene.agency)
    assert (shown["overdue"], shown["overdue_at"]) == (True, None)
    assert [await scene.oversight.fire_timers() for _ in range(2)] == [1, 0]
    (fact,) = await scene.oversight.facts("oversight.measure.overdue.v1")
    assert fact["data"]["measure_id"] == row["id"]
    for query, found in (("overdue=true", 1), ("overdue=false", 0), ("state=decided", 1)):
        page = await scene.read(f"measures?count=exact&{query}", scene.agency)
        assert page["count"] == found, query
    row = await scene.step("measures", row, "execute", scene.agency, DONE)
    row = await scene.step("measures", row, "report", scene.agency, REPORT)
    assert (row["reports"][0]["late"], row["overdue"]) == (True, False)
    # Sent back, it is due anew.
    row = await scene.step("measures", row, "reject", scene.colleague, {"reason": "r"})
    assert not row["overdue"]
    scene.oversight.advance(days=11)
    assert await scene.oversight.fire_timers() == 1


async def test_a_suspension_is_carried_out_by_the_issuers_answer(scene: Scene) -> None:
    row = await decided(scene, "suspend_certificate", "uncivil")
    assert (row["executor"], row["officer_id"]) == ("issuer", str(scene.officer_id))
    for token in (scene.agency, scene.supervisor):
        answer = await scene.call(f"measures/{row['id']}/execute", token, DONE)
        refused(answer, 403, "not-the-supervisor")
    event = answered(SuspensionRequestApproved, row)
    await scene.oversight.react(event, HERE)
    await scene.oversight.react(event, HERE)  # told again after an operator's replay
    row = await scene.read(f"measures/{row['id']}", scene.agency)
    assert (row["state"], row["issuer_answer"]["result"]) == ("reported", "approved")
    assert row["issuer_answer"]["request_id"] == str(event.request_id)
    assert len(await scene.oversight.facts("oversight.measure.settled.v1")) == 1
    answer = await scene.call(f"measures/{row['id']}/reject", scene.colleague, {"reason": "r"})
    refused(answer, 409, "measure-settled-by-issuer")
    await scene.step("measures", row, "verify", scene.colleague, {})


@pytest.mark.parametrize("kind", [SuspensionRequestRefused, SuspensionRequestLapsed])
async def test_what_the_issuer_refuses_is_not_executed(scene: Scene, kind: Any) -> None:
    row = await decided(scene, "suspend_certificate", "uncivil")
    await scene.oversight.react(answered(kind, row, "事由不成立"), HERE)
    row = await scene.read(f"measures/{row['id']}", scene.supervisor)
    assert (row["state"], row["issuer_answer"]["reason"]) == ("unexecuted", "事由不成立")
    assert row["allowed_actions"] == []
    assert len(await scene.oversight.facts("oversight.measure.unexecuted.v1")) == 1
    scene.oversight.advance(days=60)
    assert await scene.oversight.fire_timers() == 0


async def test_an_answer_to_what_was_revoked_changes_nothing(scene: Scene) -> None:
    row = await decided(scene, "suspend_certificate", "uncivil")
    row = await scene.step("measures", row, "revoke", scene.supervisor, YES)
    await scene.oversight.react(answered(SuspensionRequestApproved, row), HERE)
    assert (await scene.read(f"measures/{row['id']}", scene.supervisor))["state"] == "revoked"


async def test_nobody_outside_sees_a_measure(scene: Scene) -> None:
    row = await decided(scene)
    for name, token in scene.foreigners.items():
        await scene.read(f"measures/{row['id']}", token, 404)
        assert (await scene.read("measures?count=exact", token))["count"] == 0, name
    for query, found in (
        ("kind=order_performance", 1),
        ("kind=annul", 0),
        ("ground=delayed", 1),
        ("executor=issuer", 0),
        (f"finding_id={row['finding_id']}", 1),
        ("q=逾期", 1),
        ("division=500112", 0),
        ("decided_from=2100-01-01", 0),
    ):
        page = await scene.read(f"measures?count=exact&{query}", scene.agency)
        assert page["count"] == found, query


async def test_who_was_recused_takes_no_part(scene: Scene) -> None:
    row = await proposed(scene)
    wang = scene.oversight.token("district_supervisor", DISTRICT, sub="wang")
    chen = {"sub": "chen", "name": "陈洁", "organisation": "11500106000000002F"}
    inspection = await scene.read(f"inspections/{row['inspection_id']}", scene.supervisor)
    chen["organisation"] = inspection["inspectors"][0]["organisation"]
    body = {"inspector": "wang", "reason": "近亲属", "replacement": chen}
    await scene.done(f"inspections/{row['inspection_id']}/recuse", as_=scene.supervisor, json=body)
    refused(await scene.call(f"measures/{row['id']}/decide", wang, YES), 403, "actor-recused")
    assert (await scene.read(f"measures/{row['id']}", wang))["allowed_actions"] == []


async def test_allowed_actions_is_exactly_what_succeeds(scene: Scene) -> None:
    kinds = cycle([("order_performance", "delayed"), ("interview", "repeated")])

    async def reported(row: dict[str, Any]) -> dict[str, Any]:
        by = scene.agency if row["executor"] == "subject" else scene.supervisor
        return {**REPORT, "evidence_ids": [(await scene.attach("measure", row["id"], by))["id"]]}

    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/measures",
        lambda: proposed(scene, *next(kinds)),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        {
            "decide": YES,
            "decline": YES,
            "revoke": YES,
            "execute": DONE,
            "report": reported,
            "verify": {},
            "reject": {"reason": "r"},
        },
    )
    for seed in range(2):
        await walk.run(seed=seed)
    assert len(walk.seen) >= 6, walk.seen

"""What the subject plans and reports, who judges it, how often its time is made longer."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.events.registry.rule_sets import RuleSetEnacted
from tests.oversight.scene import DISTRICT, Scene, refused

MONDAY = datetime(2026, 9, 28, 1, tzinfo=UTC)
REPORT = {"report": "已整改"}
PROOF = {"title": "人员调整通知", "number": "沙街发〔2026〕9号", "sha256": "0f" * 32}


def plan(by: str = "2026-10-20") -> dict[str, Any]:
    return {
        "measures": "调离无证人员",
        "responsible": "副主任",
        "steps": [{"what": "调离", "by": "2026-10-01"}, {"what": "复核案件", "by": by}],
    }


async def enact(scene: Scene, code: str, value: dict[str, Any], effective_from: date) -> None:
    """The registry told of a new rule."""
    told = RuleSetEnacted(
        proposal_id=uuid4(),
        kind="new",
        code=code,
        effective_from=effective_from,
        legal_basis="《重庆市行政执法监督工作办法》",
        provisional=False,
        value=value,
    )
    await scene.oversight.react(told)


async def test_the_subject_lays_down_a_plan_whose_days_lie_before_the_deadline(
    scene: Scene,
) -> None:
    scene.stand_at(MONDAY)
    row = await scene.ordered()
    path = f"rectifications/{row['id']}"
    refused(await scene.call(f"{path}/plan", scene.agency, plan()), 409, "transition-not-allowed")
    await scene.step("rectifications", row, "receive", scene.agency)
    late = await scene.call(f"{path}/plan", scene.agency, plan("2026-10-29"))
    refused(late, 422, "rectification-plan-after-deadline")
    refused(await scene.call(f"{path}/plan", scene.supervisor, plan()), 403, "forbidden")
    await scene.step("rectifications", row, "plan", scene.agency, plan("2026-10-28"))
    row = await scene.step("rectifications", row, "plan", scene.enforcement, plan())
    assert row["state"] == "received"
    assert [told["steps"][1]["by"] for told in row["plans"]] == ["2026-10-28", "2026-10-20"]
    assert row["plans"][1]["planned_by"] == "enforcement"
    facts = await scene.oversight.facts("oversight.rectification.planned.v1")
    assert [fact["data"]["steps"] for fact in facts] == [2, 2]
    # What is late already is planned for whenever it can be.
    await scene.step("rectifications", row, "begin", scene.agency)
    scene.oversight.advance(days=40)
    await scene.oversight.fire_timers()
    await scene.step("rectifications", row, "plan", scene.agency, plan("2026-12-01"))


async def test_progress_is_reported_while_the_subject_is_at_work(scene: Scene) -> None:
    row = await scene.ordered()
    path = f"rectifications/{row['id']}/report-progress"
    told = {"percent": 40, "note": "已调离一人", "references": [PROOF]}
    refused(await scene.call(path, scene.agency, told), 409, "transition-not-allowed")
    await scene.step("rectifications", row, "receive", scene.agency)
    await scene.step("rectifications", row, "begin", scene.agency)
    for percent in (40, 80):
        row = await scene.done(path, as_=scene.agency, json={**told, "percent": percent})
    assert (row["state"], row["percent"]) == ("in_progress", 80)
    refused(await scene.call(path, scene.agency, {**told, "percent": 101}), 422, "invalid-input")
    listed = await scene.read(f"rectifications/{row['id']}/progress?count=exact", scene.supervisor)
    assert [entry["percent"] for entry in listed["items"]] == [80, 40]
    assert (listed["count"], listed["items"][0]["references"]) == (2, [PROOF])
    await scene.read(f"rectifications/{row['id']}/progress", scene.foreigners["other agency"], 404)
    facts = await scene.oversight.facts("oversight.rectification.progressed.v1")
    assert [fact["data"]["percent"] for fact in facts] == [40, 80]


async def test_a_submission_names_the_documents_that_prove_it(scene: Scene) -> None:
    row = await scene.in_progress()
    path = f"rectifications/{row['id']}/submit"
    wrong = {**REPORT, "references": [{**PROOF, "sha256": "no digest"}]}
    refused(await scene.call(path, scene.agency, wrong), 422, "invalid-input")
    named = {**REPORT, "references": [PROOF]}
    row = await scene.step("rectifications", row, "submit", scene.agency, named)
    assert row["submissions"][0]["references"] == [PROOF]


async def test_who_ordered_it_does_not_verify_it_but_may_reject_it(scene: Scene) -> None:
    row = await scene.in_progress()
    row = await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    seen = await scene.read(f"rectifications/{row['id']}", scene.supervisor)
    assert seen["allowed_actions"] == ["reject"]
    path = f"rectifications/{row['id']}"
    answer = await scene.call(f"{path}/verify", scene.supervisor, {})
    refused(answer, 403, "rectification-verified-by-orderer")
    await scene.step("rectifications", row, "reject", scene.supervisor, {"reason": "不到位"})
    await scene.step("rectifications", row, "begin", scene.agency)
    await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    row = await scene.step("rectifications", row, "verify", scene.colleague, {})
    assert [told["verdict"] for told in row["submissions"]] == ["rejected", "verified"]


async def test_an_order_that_was_wrong_is_revoked_by_another_and_can_be_given_anew(
    scene: Scene,
) -> None:
    row = await scene.in_progress()
    path, reason = f"rectifications/{row['id']}/revoke", {"reason": "认定有误"}
    refused(
        await scene.call(path, scene.supervisor, reason), 403, "rectification-revoked-by-orderer"
    )
    refused(await scene.call(path, scene.agency, reason), 403, "forbidden")
    row = await scene.done(path, as_=scene.colleague, json=reason)
    assert (row["state"], row["revoked_by"], row["allowed_actions"]) == ("revoked", "qian", [])
    scene.oversight.advance(days=60)
    assert await scene.oversight.fire_timers() == 0
    finding = await scene.read(f"findings/{row['finding_id']}", scene.supervisor)
    assert "order_rectification" in finding["allowed_actions"]
    again = {"finding_id": row["finding_id"], "requirement": "重新整改"}
    await scene.done("rectifications", as_=scene.supervisor, json=again, status=201)
    refused(
        await scene.call("rectifications", scene.supervisor, again), 409, "rectification-exists"
    )


async def test_the_rule_says_how_often_a_deadline_is_made_longer(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    asked = {"days": 3, "reason": "r"}
    for times, begins in ((2, date(2026, 9, 1)), (0, date(2026, 11, 1))):
        value = {"times": times, "longest": {"n": 30, "unit": "d", "roll": "none"}}
        await enact(scene, "rectification.extension", value, begins)
    row = await scene.in_progress()
    assert row["extensions_allowed"] == 2
    for _ in range(2):
        await scene.step("rectifications", row, "request-extension", scene.agency, asked)
        row = await scene.step("rectifications", row, "extend", scene.supervisor, {})
    path = f"rectifications/{row['id']}/request-extension"
    refused(await scene.call(path, scene.agency, asked), 409, "extension-used")
    due = datetime.fromisoformat(row["due_at"])
    assert due == datetime(2026, 10, 28, 16, tzinfo=UTC) + timedelta(days=6)
    # Where the rule allows none, none is asked for.
    scene.stand_at(datetime(2026, 11, 2, 1, tzinfo=UTC))
    row = await scene.in_progress()
    assert "request_extension" not in row["allowed_actions"]
    path = f"rectifications/{row['id']}/request-extension"
    refused(await scene.call(path, scene.agency, asked), 409, "extension-used")


async def test_no_fact_carries_what_somebody_wrote(scene: Scene) -> None:
    """Free text may name people; facts go to everybody who sees the division."""
    secret = "张三身份证500106199001011234"
    finding = await scene.finding(title=secret, description=secret)
    await scene.step("findings", finding, "comment", scene.agency, {"comment": secret})
    await scene.step("findings", finding, "confirm", scene.colleague, {"reason": secret})
    order = {"finding_id": finding["id"], "requirement": secret}
    row = await scene.done("rectifications", as_=scene.supervisor, json=order, status=201)
    await scene.step("rectifications", row, "receive", scene.agency)
    told = {"measures": secret, "responsible": secret}
    await scene.step("rectifications", row, "plan", scene.agency, told)
    asked = {"days": 3, "reason": secret}
    await scene.step("rectifications", row, "request-extension", scene.agency, asked)
    refusal = {"decision": secret}
    await scene.step("rectifications", row, "refuse-extension", scene.supervisor, refusal)
    await scene.step("rectifications", row, "begin", scene.agency)
    progress = {"percent": 1, "note": secret}
    await scene.step("rectifications", row, "report-progress", scene.agency, progress)
    await scene.step("rectifications", row, "submit", scene.agency, {"report": secret})
    await scene.step("rectifications", row, "reject", scene.colleague, {"reason": secret})
    await scene.step("rectifications", row, "revoke", scene.colleague, {"reason": secret})
    facts = await scene.oversight.facts()
    assert len(facts) >= 12
    assert secret not in json.dumps(facts, ensure_ascii=False)
    (ordered,) = await scene.oversight.facts("oversight.rectification.ordered.v1")
    assert ordered["data"]["requirement"] == "无证执法"
    assert ordered["division"].startswith(f"50.{DISTRICT}")

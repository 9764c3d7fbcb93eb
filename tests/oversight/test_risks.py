"""The register of risks: identified, assessed, treated by a day, closed when less remains."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.risks.rules import LIFECYCLE, RiskLevel, level_of
from tests.oversight.scene import DISTRICT, TOWNSHIP, Scene, refused
from tests.walks import Walk

MONDAY = datetime(2026, 11, 2, 1, tzinfo=UTC)
GRAVE = {"likelihood": 4, "impact": 4}
LESS = {"likelihood": 1, "impact": 4, "result": "已整改"}
TREATMENT = {"strategy": "reduce", "measures": "调整班次", "responsible": "队长"}


async def identified(scene: Scene, as_: str | None = None) -> dict[str, Any]:
    body = {
        "subject_id": str(scene.subject_id),
        "kind": "procedure",
        "title": "夜班不足二人",
        "description": "程序违法风险",
    }
    return await scene.done("risks", as_=as_ or scene.agency, json=body, status=201)


async def treated(scene: Scene) -> dict[str, Any]:
    row = await identified(scene)
    row = await scene.step("risks", row, "assess", scene.supervisor, GRAVE)
    return await scene.step("risks", row, "treat", scene.agency, TREATMENT)


async def test_a_risk_goes_from_identification_to_closure(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await identified(scene)
    assert (row["state"], row["authority"], row["level"]) == ("identified", DISTRICT, None)
    row = await scene.step("risks", row, "assess", scene.supervisor, GRAVE)
    assert (row["state"], row["level"]) == ("assessed", "major")
    row = await scene.step("risks", row, "treat", scene.agency, TREATMENT)
    # Ten working days behind 2 November, the term of a major one.
    assert datetime.fromisoformat(row["due_at"]) == datetime(2026, 11, 16, 16, tzinfo=UTC)
    same = {**LESS, **GRAVE}
    answer = await scene.call(f"risks/{row['id']}/close", scene.supervisor, same)
    refused(answer, 409, "risk-not-reduced")
    row = await scene.step("risks", row, "close", scene.supervisor, LESS)
    assert (row["state"], row["residual"], row["allowed_actions"]) == ("closed", "minor", [])
    assert await scene.fact_types() == [
        f"risk.{verb}.v1" for verb in ("identified", "assessed", "treated", "closed")
    ]
    fact = (await scene.oversight.facts())[0]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert "夜班" not in str(await scene.oversight.facts())
    scene.oversight.advance(days=60)
    assert await scene.oversight.fire_timers() == 0


async def test_what_is_not_closed_by_its_day_is_overdue_once_and_assessed_anew(
    scene: Scene,
) -> None:
    row = await treated(scene)
    scene.oversight.advance(days=30)
    assert (await scene.read(f"risks/{row['id']}", scene.agency))["overdue"]
    assert [await scene.oversight.fire_timers() for _ in range(2)] == [1, 0]
    (fact,) = await scene.oversight.facts("oversight.risk.overdue.v1")
    assert fact["data"]["risk_level"] == "major"
    fresh = await identified(scene)
    for query, found in (
        ("overdue=true", [row]),
        ("overdue=false", [fresh]),
        ("risk_level=major", [row]),
        ("state=identified", [fresh]),
        ("q=夜班", [fresh, row]),
        ("kind=opinion", []),
        ("division=500112", []),
    ):
        page = await scene.read(f"risks?count=exact&{query}", scene.supervisor)
        assert [item["id"] for item in page["items"]] == [one["id"] for one in found], query
    again = {"likelihood": 2, "impact": 4}
    row = await scene.step("risks", row, "assess", scene.supervisor, again)
    assert (row["state"], row["level"], row["due_at"]) == ("assessed", "moderate", None)
    assert [told["level"] for told in row["assessments"]] == ["major", "moderate"]


async def test_four_eyes_see_a_risk(scene: Scene) -> None:
    row = await identified(scene, scene.supervisor)
    path = f"risks/{row['id']}"
    for step, body in (("assess", GRAVE), ("dismiss", {"result": "r"})):
        answer = await scene.call(f"{path}/{step}", scene.supervisor, body)
        refused(answer, 403, "risk-judged-by-finder")
    refused(await scene.call(f"{path}/assess", scene.agency, GRAVE), 403, "forbidden")
    await scene.step("risks", row, "assess", scene.colleague, GRAVE)
    accept = {**TREATMENT, "strategy": "accept"}
    answer = await scene.call(f"{path}/treat", scene.supervisor, accept)
    refused(answer, 409, "risk-major-accepted")
    await scene.step("risks", row, "treat", scene.supervisor, TREATMENT)
    answer = await scene.call(f"{path}/close", scene.supervisor, LESS)
    refused(answer, 403, "risk-closed-by-treater")
    await scene.step("risks", row, "close", scene.colleague, LESS)
    other = await identified(scene)
    row = await scene.step("risks", other, "dismiss", scene.supervisor, {"result": "重复"})
    assert (row["state"], row["result"]) == ("dismissed", "重复")


async def test_a_treatment_keeps_to_the_term_of_its_level(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await identified(scene)
    row = await scene.step("risks", row, "assess", scene.supervisor, GRAVE)
    path = f"risks/{row['id']}/treat"
    for day, code in (
        ("2026-11-17", "risk-treatment-too-late"),
        ("2026-11-01", "risk-treatment-day-over"),
    ):
        answer = await scene.call(path, scene.agency, {**TREATMENT, "due_on": day})
        refused(answer, 422, code)
    row = await scene.done(path, as_=scene.agency, json={**TREATMENT, "due_on": "2026-11-06"})
    due = datetime.fromisoformat(row["due_at"])
    assert due == datetime(2026, 11, 6, 16, tzinfo=UTC)
    scene.stand_at(due - timedelta(seconds=2))
    assert await scene.oversight.fire_timers() == 0


async def test_nobody_outside_sees_or_enters_a_risk(scene: Scene) -> None:
    row = await treated(scene)
    body = {
        "subject_id": str(scene.subject_id),
        "kind": "other",
        "title": "t",
        "description": "d",
    }
    for name, token in scene.foreigners.items():
        await scene.read(f"risks/{row['id']}", token, 404)
        assert (await scene.read("risks?count=exact", token))["count"] == 0, name
        answer = await scene.call("risks", token, body)
        assert answer.json()["code"] in {"subject-unknown", "forbidden"}, name
    unknown = {**body, "subject_id": str(uuid4())}
    refused(await scene.call("risks", scene.agency, unknown), 422, "subject-unknown")


@pytest.mark.parametrize(
    ("likelihood", "impact", "level"),
    [(5, 3, "major"), (3, 4, "moderate"), (2, 4, "moderate"), (1, 5, "minor"), (2, 3, "minor")],
)
def test_the_level_follows_the_rule(likelihood: int, impact: int, level: str) -> None:
    levels = {"major": 15, "moderate": 8}
    assert level_of(likelihood=likelihood, impact=impact, levels=levels) is RiskLevel(level)


async def test_allowed_actions_is_exactly_what_succeeds(scene: Scene) -> None:
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/risks",
        lambda: identified(scene),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        {
            "assess": GRAVE,
            "treat": TREATMENT,
            "close": LESS,
            "dismiss": {"result": "r"},
        },
    )
    for seed in range(2):
        await walk.run(seed=seed)
    assert len(walk.seen) >= 5, walk.seen

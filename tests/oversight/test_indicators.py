"""The indicator board: data that says what is counted, for each division and month."""

import tomllib
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.figures import MEASURES
from services.oversight.indicators.rules import Aim, Indicator, Months, term
from shared.events.registry.officers import CertificateIssued, OfficerRegistered
from shared.events.registry.rule_sets import RuleSetEnacted
from shared.law.tables import RULES, forget
from tests.oversight.acts import Intake, record, stage
from tests.oversight.scene import DISTRICT, FOREIGN, HERE, Scene, officer_told, refused
from tests.servers import ServiceUnderTest

FILE = RULES / "indicators.toml"
(BOARD,) = tomllib.loads(FILE.read_text("utf-8"))["rule"]
MARCH, MAY = (datetime(2026, month, 20, 2, tzinfo=UTC) for month in (3, 5))


@pytest.fixture
async def intake(oversight: ServiceUnderTest) -> Intake:
    """A body with one officer without a certificate since March, and its source."""
    scene = Scene(oversight)
    scene.stand_at(MARCH)
    await scene.told()
    intake = Intake(scene)
    await intake.registered()
    told = officer_told(OfficerRegistered, uuid4(), scene.subject_id, staffing="staff")
    await oversight.react(told, HERE)
    await oversight.fire_timers()
    return intake


async def board(scene: Scene, query: str = "", as_: str | None = None) -> dict[str, Any]:
    told = await scene.read(f"indicators?{query}", as_ or scene.supervisor)
    return {one["code"]: one for one in told["indicators"]}


def test_the_board_serves_each_aim_and_can_be_computed() -> None:
    indicators = [Indicator.model_validate(one) for one in BOARD["value"]["indicators"]]
    assert {one.aim for one in indicators} == set(Aim)
    keys = [measure.key for measure in MEASURES]
    assert [name for one in indicators for name in one.terms if not term(name, measures=keys)] == []
    assert len({one.code for one in indicators}) == len(indicators)
    for wrong in (
        "acts",
        "acts.eaten",
        "acts.decided.fishing",
        "coverage.acts",
        "measure.x",
        "x.y",
    ):
        assert term(wrong, measures=keys) is None
    months = Months(date(2026, 1, 1), date(2026, 3, 1))
    assert months.before == (date(2025, 10, 1), date(2025, 12, 1))


async def test_indicators_have_values_and_trends_that_move_with_what_is_told(
    intake: Intake,
) -> None:
    scene, oversight = intake.scene, intake.oversight
    march = [stage("filed", "2026-03-02T09:00:00+08:00"), stage("decided", "2026-03-09T09:00:00Z")]
    await intake.send(record(1, stages=march), record(2, stages=march))
    scene.stand_at(MAY)
    held: dict[str, Any] = {"certificate_no": "渝A-1", "certificate_state": "active"}
    certified = officer_told(CertificateIssued, uuid4(), scene.subject_id, staffing="staff", **held)
    await oversight.react(certified, HERE)
    published = stage("published", "2026-04-02T09:00:00+08:00")
    await intake.send(
        record(1, revision=2, stages=[published]),  # late
        record(3, stages=[stage("filed", "2026-05-02T09:00:00+08:00")]),
    )
    told = await board(scene)
    officers, results = told["officers_certified"], told["results_published"]
    assert (officers["value"], officers["met"], officers["numerator"]) == ("50.00", False, 1)
    by_month = {one["month"]: one["value"] for one in officers["trend"]}
    assert by_month["2026-02"] is None
    assert (by_month["2026-03"], by_month["2026-04"]) == ("0.00", "0.00")
    assert by_month["2026-05"] == "50.00"
    assert (results["numerator"], results["denominator"], results["value"]) == (1, 2, "50.00")
    april = await board(scene, "first=2026-04&last=2026-04")
    assert april["results_published"]["value"] is None  # published, but nothing was decided
    assert april["results_published"]["previous"] == "0.00"
    assert told["cases_closed"]["denominator"] == 3

    await intake.send(record(2, revision=2, withdrawn=True, reason="重复报送"))
    after = await board(scene)
    moved = {code for code in told if told[code] != after[code]}
    assert moved == {"results_published", "cases_closed", "acts_ingested"}
    assert after["results_published"]["value"] == "100.00"
    path = "indicators/results_published?by=district"
    (group,) = (await scene.read(path, scene.bureau))["groups"]
    assert (group["key"], group["value"]) == (DISTRICT, "100.00")
    officers = await scene.read("indicators/officers_certified?by=district", scene.bureau)
    assert [(one["key"], one["value"]) for one in officers["groups"]] == [(DISTRICT, "50.00")]
    foreign = await board(scene, f"division={DISTRICT}", scene.foreigners["foreign district"])
    assert {one["numerator"] for one in foreign.values()} == {0}
    assert (await board(scene, f"division={FOREIGN}", scene.bureau))["acts_ingested"][
        "value"
    ] is None
    path = "/oversight/v1/indicators"
    turned = await oversight.get(f"{path}?first=2026-05&last=2026-04", as_=scene.supervisor)
    refused(turned, 422, "months-not-meant")
    unknown = await oversight.get(f"{path}/nothing", as_=scene.supervisor)
    refused(unknown, 404, "not-found")


async def test_an_indicator_is_added_by_a_rule_from_its_day_on(intake: Intake) -> None:
    scene, oversight = intake.scene, intake.oversight
    scene.stand_at(MAY)
    own = {
        **BOARD["value"]["indicators"][0],
        "code": "checks",
        "name": "行政检查",
        "numerator": ["acts.reported.check"],
        "denominator": [],
        "unit": "次",
        "better": "none",
    }
    wrong = {**own, "code": "wrong", "numerator": ["acts.eaten"]}
    enacted = RuleSetEnacted(
        proposal_id=uuid4(),
        kind="new",
        code="indicators.board",
        effective_from="2026-05-01",
        effective_to=None,
        legal_basis="本市暂定",
        provisional=True,
        value={"indicators": [*BOARD["value"]["indicators"], own, wrong]},
    )
    await oversight.react(enacted)
    forget()
    await intake.send(record(1, kind="check", stages=[stage("filed", "2026-05-02T09:00:00+08:00")]))
    told = await board(scene)
    assert (told["checks"]["value"], told["checks"]["met"]) == ("1", None)
    assert (told["wrong"]["computable"], told["wrong"]["value"]) == (False, None)
    assert "checks" not in await board(scene, "last=2026-04")

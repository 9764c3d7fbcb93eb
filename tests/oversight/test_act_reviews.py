"""Acts are judged anew: by what is told later, by other editions, and of other bodies."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from services.oversight.warning_rules.actions import install
from services.oversight.warning_rules.rules import LIFECYCLE as WARNING_RULE
from services.oversight.warning_rules.rules import RuleState
from services.oversight.warning_rules.tables import WarningRule
from services.oversight.warnings.rules import LIFECYCLE as WARNING
from tests.oversight.acts import Intake, record, stage
from tests.oversight.scene import HERE, TOWNSHIP, Scene, credit_code, refused, subject_published
from tests.oversight.test_warnings import CONTRACTOR, OWN_RULE, filed, told_of, warnings
from tests.walks import Walk

SECOND_CODE = credit_code(4)
PERIOD = {"first": "2026-01-01", "last": "2026-12-31"}


@pytest.fixture
async def intake(scene: Scene) -> Intake:
    """The scene with a source for its subject and another, and the rules of an installation."""
    intake = Intake(scene)
    await scene.oversight.react(
        subject_published(uuid4(), uscc=SECOND_CODE, name="沙坪坝区城市管理局"), HERE
    )
    body = record()["organisation"]
    await intake.registered(organisations=[body, SECOND_CODE])
    async with scene.oversight.session() as session:
        await install(session)
        await session.commit()
    return intake


async def live(intake: Intake, code: str, **changed: Any) -> dict[str, Any]:
    """A rule of the Bureau's own that was tried and warns."""
    scene = intake.scene
    body = {"code": code, "content": {**OWN_RULE, **changed}}
    row = await scene.done("warning-rules", as_=scene.bureau, json=body, status=201)
    path = f"warning-rules/{row['id']}"
    await scene.done(f"{path}/try", as_=scene.bureau, json=PERIOD, status=202)
    await intake.oversight.fire_timers()
    row = await scene.done(f"{path}/activate", as_=other_of(intake))
    await intake.oversight.fire_timers()
    return row


def other_of(intake: Intake) -> str:
    return intake.oversight.token("bureau_supervisor", "50", sub="other")


async def test_a_limit_that_moves_makes_a_red_warning_yellow_until_it_is_passed(
    intake: Intake,
) -> None:
    start = datetime(2026, 3, 2, 2, tzinfo=UTC)
    told = {"reported_at": "2026-03-02T10:00:00+08:00"}
    intake.scene.stand_at(start)
    await intake.send(filed("2026-03-02", **told))
    intake.scene.stand_at(start + timedelta(days=91))
    await intake.oversight.fire_timers()
    late = {"revision": 2, "extended_to": "2026-06-10", "reason": "补报延期"}
    await intake.send(filed("2026-03-02", **{**told, **late}))
    (moved,) = await warnings(intake)
    assert (moved["level"], moved["due_at"]) == ("yellow", "2026-06-10T16:00:00Z")
    intake.scene.stand_at(datetime(2026, 6, 11, tzinfo=UTC))
    await intake.oversight.fire_timers()
    (red,) = await warnings(intake)
    assert (red["level"], red["state"]) == ("red", "raised")
    assert await told_of(intake) == ["warning.raised", "warning.turned_red"]


async def test_a_warning_goes_with_its_act_to_another_body(intake: Intake) -> None:
    scene = intake.scene
    second = intake.oversight.token("agency_user", TOWNSHIP, organisation=SECOND_CODE)
    told = {"performed_by": [CONTRACTOR]}
    await intake.send(record(1, **told))
    (one,) = await warnings(intake, scene.agency, rule="outsourcing-suspected")
    path = f"warnings/{one['id']}"
    await scene.done(f"{path}/answer", as_=scene.agency, json={"text": "系协管人员"})
    again = {"revision": 2, "organisation": SECOND_CODE, "reason": "主体更正"}
    await intake.send(record(1, **told, **again))
    assert await warnings(intake, scene.agency, rule="outsourcing-suspected") == []
    (moved,) = await warnings(intake, second, rule="outsourcing-suspected")
    assert (moved["state"], moved["answers"], moved["raised"]) == ("raised", [], 2)
    assert (moved["subject_name"], moved["organisation"]) == ("沙坪坝区城市管理局", SECOND_CODE)
    facts = [
        (fact["type"].split(".")[3], fact["data"]["organisation"])
        for fact in await intake.oversight.facts()
        if fact["data"].get("warning_id") == one["id"] and ".warning." in fact["type"]
    ]
    assert facts[-2:] == [("cleared", record()["organisation"]), ("raised", SECOND_CODE)]


async def test_what_a_retired_rule_raised_stays_to_be_looked_into(intake: Intake) -> None:
    await intake.send(record(1))
    row = await live(intake, "high-fine")
    reason = {"reason": "依据废止"}
    await intake.scene.done(f"warning-rules/{row['id']}/retire", as_=other_of(intake), json=reason)
    await intake.send(record(1, revision=2, fine="90.00", reason="更正"))
    (kept,) = await warnings(intake, rule="high-fine")
    assert kept["state"] == "raised"
    await intake.send(record(1, revision=3, fine="90.00", withdrawn=True, reason="误报"))
    (gone,) = await warnings(intake, rule="high-fine")
    assert gone["state"] == "cleared"


async def test_of_two_editions_the_newer_speaks_within_its_time_only(intake: Intake) -> None:
    """One for some weeks leaves what holds after them, and exempts what it finds lawful."""
    await intake.send(record(1), record(2, stages=later_stages()))
    first = await live(intake, "high-fine")
    assert len(await warnings(intake, rule="high-fine", open="true")) == 2
    lenient = {**OWN_RULE["check"], "must": [{"field": "decided", "op": "present"}]}
    await live(intake, "high-fine", effective_to="2026-03-10", check=lenient)
    states = {one["external_id"]: one["state"] for one in await warnings(intake, rule="high-fine")}
    assert states == {"CG-1": "cleared", "CG-2": "raised"}
    before = await intake.scene.read(f"warning-rules/{first['id']}", intake.scene.bureau)
    assert (before["state"], before["content"]["effective_to"]) == ("active", None)


def later_stages() -> list[dict[str, str]]:
    return [
        stage("filed", "2026-03-12T09:00:00+08:00"),
        stage("decided", "2026-03-20T15:00:00+08:00"),
    ]


async def test_an_edition_of_a_release_takes_the_place_of_the_one_before(intake: Intake) -> None:
    await intake.send(record(1, performed_by=[CONTRACTOR]))
    earlier = WarningRule.edition == 0
    async with intake.oversight.session() as session:
        # As an installation of an earlier release has it: with what is edition 1 here as its 0.
        outsourcing = WarningRule.code == "outsourcing-suspected"
        await session.execute(update(WarningRule).where(outsourcing).values(edition=0))
        await session.commit()
    async with intake.oversight.session() as session:
        await install(session)
        await session.commit()
    await intake.oversight.fire_timers()
    async with intake.oversight.session() as session:
        old = await session.scalar(select(WarningRule).where(earlier))
        assert old is not None
        assert (old.state, old.ended_by) == (RuleState.RETIRED, "system")
    (one,) = await warnings(intake, rule="outsourcing-suspected")
    assert (one["rule_edition"], one["state"]) == (1, "raised")


async def test_a_trial_that_met_nothing_is_none(intake: Intake) -> None:
    scene = intake.scene
    body = {"code": "high-fine", "content": OWN_RULE}
    row = await scene.done("warning-rules", as_=scene.bureau, json=body, status=201)
    path = f"warning-rules/{row['id']}"
    await scene.done(f"{path}/try", as_=scene.bureau, json=PERIOD, status=202)
    await intake.oversight.fire_timers()
    answer = await scene.call(f"{path}/activate", other_of(intake))
    refused(answer, 409, "warning-rule-tried-on-nothing")


async def test_two_drafts_at_once_are_one(intake: Intake) -> None:
    body = {"code": "high-fine", "content": OWN_RULE}
    both = (intake.scene.bureau, other_of(intake))
    answers = await asyncio.gather(*(intake.scene.call("warning-rules", who, body) for who in both))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    refused(lost, 409, "warning-rule-draft-exists")


def check(number: int, day: str, **changed: Any) -> dict[str, Any]:
    told = {
        "kind": "check",
        "procedure": None,
        "penalties": [],
        "fine": None,
        "party": {"kind": "enterprise", "name": "某商贸公司", "identifier": credit_code(7)},
        "stages": [stage("filed", f"{day}T09:00:00+08:00")],
    }
    return record(number, **{**told, **changed})


async def test_a_check_told_late_makes_the_one_after_it_a_repeat(intake: Intake) -> None:
    await intake.send(check(1, "2026-03-20"), check(2, "2026-08-20"))
    assert await warnings(intake, rule="check-repeated") == []
    await intake.send(check(3, "2026-03-10"))
    (one,) = await warnings(intake, rule="check-repeated")
    assert (one["external_id"], one["state"]) == ("CG-1", "raised")
    await intake.send(check(3, "2026-03-10", revision=2, withdrawn=True, reason="误报"))
    (gone,) = await warnings(intake, rule="check-repeated")
    assert (gone["id"], gone["state"]) == (one["id"], "cleared")
    # One that was known by its end before its beginning was told.
    ended = [stage("decided", "2026-09-25T09:00:00+08:00")]
    await intake.send(check(4, "2026-08-10", stages=ended))
    await intake.send(check(4, "2026-08-10", revision=2))
    (new, _) = await warnings(intake, rule="check-repeated")
    assert (new["external_id"], new["state"]) == ("CG-2", "raised")


async def test_what_is_allowed_to_a_warning_is_what_succeeds(intake: Intake) -> None:
    scene, numbers = intake.scene, itertools.count(1)

    async def raised() -> dict[str, Any]:
        await intake.send(record(number := next(numbers), performed_by=[CONTRACTOR]))
        rows = await warnings(intake, rule="outsourcing-suspected", limit=200)
        return next(row for row in rows if row["external_id"] == f"CG-{number}")

    walk = Walk(
        scene.oversight,
        WARNING,
        "/oversight/v1/warnings",
        raised,
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
        },
        {
            "answer": {"text": "系协管人员"},
            "confirm": {"reason": "属实", "follow_up": "none"},
            "dismiss": {"reason": "有委托"},
        },
    )
    await walk.run(seed=1, steps=16)
    assert {action for _, action in walk.seen} == {"answer", "confirm", "dismiss"}


async def test_what_is_allowed_to_a_warning_rule_is_what_succeeds(intake: Intake) -> None:
    scene, codes = intake.scene, itertools.count(1)
    await intake.send(record(1))

    async def tried() -> dict[str, Any]:
        body = {"code": f"own-{next(codes)}", "content": OWN_RULE}
        row = await scene.done("warning-rules", as_=scene.bureau, json=body, status=201)
        path = f"warning-rules/{row['id']}"
        await scene.done(f"{path}/try", as_=scene.bureau, json=PERIOD, status=202)
        await scene.oversight.fire_timers()
        return row

    walk = Walk(
        scene.oversight,
        WARNING_RULE,
        "/oversight/v1/warning-rules",
        tried,
        {
            "bureau": scene.bureau,
            "other": other_of(intake),
            "zhao": scene.supervisor,
            "foreign": scene.foreigners["foreign district"],
        },
        {
            "change": lambda thing: {"content": {**OWN_RULE, "name": f"罚款{thing['version']}"}},
            "try": PERIOD,
            "retire": {"reason": "依据废止"},
        },
        facts={"try": 0},
        paths={"try": "/oversight/v1/warning-rules/{id}/try"},
    )
    await walk.run(seed=1, steps=24)
    assert {action for _, action in walk.seen} == {
        *("change", "try", "activate", "discard", "retire"),
    }

"""Warnings: each rule finds what it is for, a lawful case raises nothing, each is raised once."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from services.oversight.act_reviews.tables import WarningWatch
from services.oversight.acts.rules import EMPTY, STAGES
from services.oversight.warning_rules.actions import RULES, install
from services.oversight.warning_rules.rules import (
    FIELDS,
    OPERATORS,
    Condition,
    Content,
    Operator,
)
from services.oversight.warnings.rules import (
    LIFECYCLE,
    Certificate,
    Deed,
    Dispute,
    Known,
    Listing,
    Verdict,
    judge,
)
from shared.law.calendar import Calendar
from tests.oversight.acts import Intake, record, stage
from tests.oversight.scene import SUBJECT_CODE, Scene, credit_code, refused

SUBJECT, CITY_BODY, UNHEARD_OF = uuid4(), uuid4(), uuid4()
DEED, DRAFTED, FOREIGN_DEED = uuid4(), uuid4(), uuid4()
TOWN = "500106012"
DISPUTING, LEADING = credit_code(804), credit_code(805)
CONTRACTOR, TRUSTEE, OTHER_BODY = credit_code(801), credit_code(802), credit_code(803)
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


def rule(code: str) -> Content:
    with RULES.open("rb") as file:
        (told,) = (row for row in tomllib.load(file)["rule"] if row["code"] == code)
    return Content.model_validate({k: v for k, v in told.items() if k not in ("code", "edition")})


def at(day: str) -> datetime:
    """Noon of a day in China."""
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


def act(**told: Any) -> dict[str, Any]:
    """A penalty of a township of which nothing is wrong; stages are given as days."""
    lawful: dict[str, Any] = {
        "filed": "2026-03-02",
        "investigated": "2026-03-05",
        "decided": "2026-03-20",
        "served": "2026-03-23",
        "published": "2026-03-25",
        "closed": "2026-04-20",
        "kind": "penalty",
        "procedure": "ordinary",
        "organisation": SUBJECT_CODE,
        "subject_id": SUBJECT,
        "item_code": "CG-001",
        "power_id": SUBJECT,
        "certificate_nos": ["渝050106001", "渝050106002"],
        "legal_review": {"required": True, "conclusion": "agreed"},
        "recording_ref": "REC-1",
        "penalties": ["fine"],
        "party_kind": "enterprise",
        "party_key": b"party",
    }
    given = {**lawful, **told}
    row = {
        **EMPTY,
        "id": uuid4(),
        "awaiting": [],
        "township": TOWN,
        "district": "500106",
        "delegation_id": None,
        "power_id": None,
        "subject_id": None,
        "domains": [],
        "state": "closed",
        "result": None,
    }
    for name, value in given.items():
        if name in STAGES and name != "legal_review":
            row[f"{name}_at"] = value and at(value)
        elif name in row:
            row[name] = value
    row["began_at"] = min(row[f"{name}_at"] for name in STAGES if row[f"{name}_at"])
    return row


def deed(**changed: Any) -> Deed:
    told: dict[str, Any] = {
        "organisation": SUBJECT_CODE,
        "trustee_code": TRUSTEE,
        "power_codes": ["CG-001"],
        "valid_from": date(2025, 1, 1),
        "valid_to": date(2026, 12, 31),
        "ended_on": None,
        "began": True,
    }
    return Deed(**{**told, **changed})


def known() -> Known:
    return Known(
        certificates={
            "渝050106001": Certificate(date(2027, 6, 30), "active", date(2025, 1, 1)),
            "expired": Certificate(date(2026, 3, 19), "active", date(2025, 1, 1)),
            "last-day": Certificate(date(2026, 3, 20), "active", date(2025, 1, 1)),
            "revoked": Certificate(None, "revoked", date(2026, 3, 20)),
            "revoked-later": Certificate(None, "revoked", date(2026, 3, 21)),
        },
        deeds={
            DEED: deed(),
            DRAFTED: deed(began=False),
            FOREIGN_DEED: deed(organisation=OTHER_BODY),
        },
        entrusted={(SUBJECT_CODE, TRUSTEE): [deed()]},
        townships={SUBJECT},
        holders={SUBJECT, CITY_BODY},
        lists={TOWN: [Listing(date(2026, 1, 1), None)]},
        listed={(TOWN, "CG-002"): [Listing(date(2026, 1, 1), date(2026, 3, 20))]},
        bodies={OTHER_BODY},
        disputes={
            DISPUTING: [
                Dispute("1号", at("2026-03-18"), at("2026-03-21"), ["X"], [], "500106", None, []),
                Dispute("2号", at("2026-03-18"), None, [], ["water"], TOWN, LEADING, ["safe-1"]),
            ],
            LEADING: [Dispute("2号", at("2026-03-18"), None, [], ["water"], TOWN, LEADING, [])],
        },
        checks={b"party": [(UUID(int=1), OTHER_BODY, at("2026-03-01"))]},
    )


def says(code: str, told: dict[str, Any], now: datetime = NOW) -> Verdict:
    return judge(rule(code), told, known(), Calendar(), now)


@pytest.mark.parametrize("told", [{}, {"procedure": "simple", "certificate_nos": ["渝050106001"]}])
def test_a_lawful_case_raises_nothing(told: dict[str, Any]) -> None:
    with RULES.open("rb") as file:
        codes = [row["code"] for row in tomllib.load(file)["rule"]]
    assert len(codes) == len(set(codes)) == 17
    assert {code for code in codes if says(code, act(**told)).level is not None} == set()


OPEN = {"filed": "2025-09-09", "decided": None}
"""To be decided by 2025-12-08."""


def away(first: str, last: str | None) -> dict[str, Any]:
    return {"kind": "suspension", "from": first, "to": last}


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("decided", "at_least", 3),
        ("decided", "is", "2026-03-01"),
        ("title", "present", None),
        ("fine_fen", "contains", "x"),
        ("fine_fen", "at_least", True),
        ("criminal_suspected", "in", ["true"]),
        ("criminal_suspected", "is", 1),
        ("penalties", "at_most", 2),
        ("penalties", "in", ["fine"]),
        ("procedure", "count_at_least", 1),
        ("procedure", "is", 4),
    ],
)
def test_a_condition_compares_like_with_like(field: str, op: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Condition(field=field, op=Operator(op), value=value)


VALUES: dict[type, Any] = {str: "x", list: ["x"], int: 1, bool: True, type(None): None}


def test_each_condition_that_may_be_said_can_be_held_against_any_act() -> None:
    bare = {**act(), "legal_review": None, "procedure": None, "fine_fen": 0}
    said = 0
    for name, kind in FIELDS.items():
        for op, wanted in OPERATORS[kind].items():
            condition = Condition(field=name, op=op, value=VALUES[wanted])
            assert {condition.holds(one) for one in (act(), bare)} <= {True, False}
            said += 1
    assert said > 100


CHECK: dict[str, Any] = {
    "kind": "check",
    "penalties": [],
    "outcome": "compliant",
    "legal_review": None,
}


@pytest.mark.parametrize(
    ("code", "told", "level"),
    [
        ("decided-in-dispute", {"organisation": DISPUTING, "item_code": "X"}, "red"),
        ("decided-in-dispute", {"organisation": DISPUTING, "item_code": "Y"}, None),
        ("decided-in-dispute", {"item_code": "X"}, None),
        (
            "decided-in-dispute",
            {"organisation": DISPUTING, "item_code": "X", "decided": "2026-03-21"},
            None,
        ),
        (
            "decided-in-dispute",
            {"organisation": DISPUTING, "item_code": "X", "district": "500112"},
            None,
        ),
        ("decided-in-dispute", {"organisation": DISPUTING, "domains": ["water"]}, "red"),
        ("decided-in-dispute", {"organisation": LEADING, "domains": ["water"]}, None),
        (
            "decided-in-dispute",
            {"organisation": DISPUTING, "domains": ["water"], "documents": {"decided": "safe-1"}},
            None,
        ),
        # The day of filing does not count, and a last day on a Sunday does not roll.
        ("decision-overdue", {"filed": "2024-09-09", "decided": "2024-12-08"}, None),
        ("decision-overdue", {"filed": "2024-09-09", "decided": "2024-12-09"}, "red"),
        ("decision-overdue", {"filed": "2026-03-02", "decided": None}, "red"),
        ("decision-overdue", {"filed": "2026-03-17", "decided": None}, "yellow"),
        ("decision-overdue", {"filed": "2026-03-20", "decided": None}, None),
        ("decision-overdue", {"procedure": "simple", "decided": None}, None),
        ("decision-overdue", {"decided": None, "extended_to": date(2026, 6, 30)}, None),
        (
            "decision-overdue",
            {
                "filed": "2024-09-09",
                "decided": "2024-12-11",
                "excluded_periods": [
                    {"kind": "hearing", "from": "2024-10-08", "to": "2024-10-10"},
                    {"kind": "appraisal", "from": "2024-10-10", "to": "2024-10-10"},
                ],
            },
            None,
        ),
        (
            "decision-overdue",
            {
                "filed": "2025-09-09",
                "decided": None,
                "excluded_periods": [{"kind": "suspension", "from": "2025-10-08", "to": None}],
            },
            None,
        ),
        # The clock stands still for what begins before the end, also as periods moved it.
        ("decision-overdue", {**OPEN, "excluded_periods": [away("2025-12-08", None)]}, None),
        ("decision-overdue", {**OPEN, "excluded_periods": [away("2025-12-09", None)]}, "red"),
        (
            "decision-overdue",
            {
                **OPEN,
                "excluded_periods": [
                    away("2025-12-12", None),
                    away("2025-10-01", "2025-10-03"),
                    away("2025-10-02", "2025-10-04"),
                ],
            },
            None,
        ),
        # What goes on ends with the decision.
        (
            "decision-overdue",
            {
                "filed": "2025-09-09",
                "decided": "2026-01-08",
                "excluded_periods": [away("2025-12-08", None)],
            },
            None,
        ),
        # A closed one after the end moves nothing, and one for ever is no reason to count for ever.
        (
            "decision-overdue",
            {**OPEN, "excluded_periods": [away("2025-12-09", "2026-12-31")]},
            "red",
        ),
        (
            "decision-overdue",
            {**OPEN, "excluded_periods": [away("2025-12-08", "9999-12-31")]},
            None,
        ),
        ("decision-overdue", {"decided": None, "extended_to": date.max}, None),
        ("closed-without-decision", {"decided": None}, "red"),
        ("closed-without-decision", {"decided": None, "outcome": "case_dropped"}, None),
        ("certificate-missing", {"certificate_nos": []}, "red"),
        ("single-officer", {"certificate_nos": ["渝050106001"]}, "red"),
        ("single-officer", {"certificate_nos": ["渝050106001"], "procedure": "expedited"}, "red"),
        ("single-officer", {"certificate_nos": ["渝050106001"], "procedure": None}, None),
        ("certificate-invalid", {"certificate_nos": ["expired"]}, "red"),
        ("certificate-invalid", {"certificate_nos": ["last-day"]}, None),
        ("certificate-invalid", {"certificate_nos": ["revoked"]}, "red"),
        ("certificate-invalid", {"certificate_nos": ["revoked-later"]}, None),
        ("certificate-invalid", {"certificate_nos": ["nobody knows it"]}, None),
        ("legal-review-missing", {"legal_review": {"required": True}}, "red"),
        ("legal-review-missing", {"legal_review": {"required": False}}, None),
        ("publication-overdue-7", {"published": None}, "red"),
        ("publication-overdue-7", {"published": "2026-03-31"}, None),
        ("publication-overdue-7", {"published": "2026-04-01"}, "red"),
        ("publication-overdue-20", {**CHECK, "published": "2026-04-01"}, None),
        ("publication-overdue-20", {**CHECK, "published": None}, "red"),
        ("service-overdue", {"served": None}, "red"),
        ("recording-missing", {"recording_ref": None}, "red"),
        ("item-outside-list", {"power_id": None}, "red"),
        ("item-outside-list", {"power_id": None, "item_code": "CG-002"}, "red"),
        (
            "item-outside-list",
            {"power_id": None, "item_code": "CG-002", "decided": "2026-03-19"},
            None,
        ),
        ("item-outside-list", {"power_id": None, "awaiting": ["item:CG-001"]}, None),
        ("item-outside-list", {"power_id": None, "township": "500106099"}, None),
        (
            "item-outside-list",
            {"power_id": None, "filed": "2025-12-01", "decided": "2025-12-31"},
            None,
        ),
        ("item-outside-list", {"power_id": None, "subject_id": CITY_BODY}, "red"),
        ("item-outside-list", {"power_id": None, "subject_id": UNHEARD_OF}, None),
        ("delegation-not-in-force", {"delegation_no": "1", "delegation_id": DRAFTED}, "red"),
        ("delegation-not-in-force", {"delegation_no": "1", "delegation_id": FOREIGN_DEED}, "red"),
        (
            "delegation-not-in-force",
            {"delegation_no": "1", "delegation_id": DEED, "organisation": TRUSTEE},
            None,
        ),
        ("delegation-not-in-force", {"delegation_no": "1", "delegation_id": DEED}, None),
        (
            "delegation-not-in-force",
            {"delegation_no": "1", "delegation_id": DEED, "item_code": "CG-009"},
            "red",
        ),
        (
            "delegation-not-in-force",
            {
                "delegation_no": "1",
                "delegation_id": DEED,
                "filed": "2024-03-01",
                "decided": "2024-05-01",
            },
            "red",
        ),
        ("outsourcing-suspected", {"performed_by": [CONTRACTOR]}, "red"),
        ("outsourcing-suspected", {"performed_by": [TRUSTEE, OTHER_BODY]}, None),
        ("criminal-case-not-transferred", {"criminal_suspected": True}, "red"),
        (
            "criminal-case-not-transferred",
            {"criminal_suspected": True, "transfer_no": "渝移〔2026〕1号"},
            None,
        ),
        ("penalty-instead-of-transfer", {"criminal_suspected": True}, "red"),
        ("check-repeated", CHECK, "yellow"),
        (
            "check-repeated",
            {
                **CHECK,
                "filed": "2026-03-31",
                "investigated": None,
                "decided": None,
                "served": None,
                "published": None,
                "closed": None,
            },
            None,
        ),
        ("check-repeated", {**CHECK, "party_kind": "natural"}, None),
        ("penalty-instead-of-transfer", {"criminal_suspected": True, "withdrawn": True}, None),
        ("single-officer", {"certificate_nos": ["渝050106001"], "subject_id": None}, None),
    ],
)
def test_a_rule_finds_what_it_is_for(code: str, told: dict[str, Any], level: str | None) -> None:
    verdict = says(code, act(**told))
    assert verdict.level == level, verdict


def test_a_rule_says_when_it_may_say_something_else() -> None:
    open_ = act(filed="2026-05-20", decided=None, served=None, published=None)
    verdict = says("decision-overdue", open_)
    assert verdict.level is None
    assert verdict.look_at == datetime(2026, 8, 3, 16, tzinfo=UTC)
    near = says("decision-overdue", open_, verdict.look_at)
    assert (near.level, near.look_at) == ("yellow", near.due_at)
    assert near.due_at == datetime(2026, 8, 18, 16, tzinfo=UTC)
    assert says("decision-overdue", open_, near.due_at).level == "red"


# ---------------------------------------------------------------- over HTTP


@pytest.fixture
async def intake(scene: Scene) -> Intake:
    """The scene with a source for its subject and the rules of an installation."""
    intake = Intake(scene)
    await intake.registered()
    async with scene.oversight.session() as session:
        await install(session)
        await install(session)
        await session.commit()
    return intake


def filed(day: str, **told: Any) -> dict[str, Any]:
    return record(stages=[stage("filed", f"{day}T09:00:00+08:00")], **told)


async def warnings(intake: Intake, as_: str | None = None, **query: Any) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    page = await intake.scene.read(f"warnings?{asked}", as_ or intake.scene.supervisor)
    return list(page["items"])


async def told_of(intake: Intake) -> list[str]:
    return [
        fact["type"].removeprefix("xiejian.oversight.").removesuffix(".v1")
        for fact in await intake.oversight.facts()
        if ".warning." in fact["type"] or ".outsourcing." in fact["type"]
    ]


async def test_a_warning_turns_yellow_then_red_and_is_cleared_when_its_ground_goes(
    intake: Intake,
) -> None:
    start = datetime(2026, 3, 2, 2, tzinfo=UTC)
    intake.scene.stand_at(start)
    told = {"reported_at": "2026-03-02T10:00:00+08:00"}
    await intake.send(filed("2026-03-02", **told))
    assert await warnings(intake) == []
    intake.scene.stand_at(start + timedelta(days=80))
    await intake.oversight.fire_timers()
    (yellow,) = await warnings(intake)
    assert (yellow["rule_code"], yellow["level"]) == ("decision-overdue", "yellow")
    assert yellow["due_at"] == "2026-05-31T16:00:00Z"
    await intake.oversight.fire_timers()
    intake.scene.stand_at(start + timedelta(days=91))
    await intake.oversight.fire_timers()
    (red,) = await warnings(intake)
    assert (red["id"], red["level"], red["state"]) == (yellow["id"], "red", "raised")
    # An approved extension that was told late takes the ground away.
    late = {"revision": 2, "extended_to": "2026-08-30", "reason": "补报延期"}
    await intake.send(filed("2026-03-02", **{**told, **late}))
    (cleared,) = await warnings(intake)
    assert cleared["state"] == "cleared"
    intake.scene.stand_at(datetime(2026, 9, 1, tzinfo=UTC))
    await intake.oversight.fire_timers()
    (again,) = await warnings(intake)
    assert (again["state"], again["raised"]) == ("raised", 2)
    assert await told_of(intake) == [
        "warning.raised",
        "warning.turned_red",
        "warning.cleared",
        "warning.raised",
    ]
    async with intake.oversight.session() as session:
        assert await session.scalar(select(func.count()).select_from(WarningWatch)) == 0


async def test_the_body_answers_and_another_decides(intake: Intake) -> None:
    scene = intake.scene
    await intake.send(record(1, performed_by=[CONTRACTOR], certificate_nos=[]))
    found = {one["rule_code"]: one for one in await warnings(intake, rule="outsourcing-suspected")}
    one = found["outsourcing-suspected"]
    assert one["detail"] == {"performed_by": [CONTRACTOR]}
    facts = await intake.oversight.facts("oversight.outsourcing.suspected.v1")
    assert [fact["data"]["performed_by"] for fact in facts] == [[CONTRACTOR]]
    assert one["allowed_actions"] == ["confirm", "dismiss"]
    (mine,) = await warnings(intake, scene.agency, rule="outsourcing-suspected")
    assert mine["allowed_actions"] == ["answer"]
    path = f"warnings/{one['id']}"
    answered = await scene.done(f"{path}/answer", as_=scene.agency, json={"text": "系协管人员"})
    assert answered["state"] == "answered"
    bare = {"reason": "属实", "follow_up": "finding"}
    answer = await scene.call(f"{path}/confirm", scene.supervisor, bare)
    refused(answer, 422, "warning-finding-incomplete")
    inspection = await scene.on_site()
    confirmed = await scene.done(
        f"{path}/confirm",
        as_=scene.supervisor,
        json={
            "reason": "合同制人员单独执法",
            "follow_up": "finding",
            "inspection_id": inspection["id"],
            "code": "outsourced-enforcement",
        },
    )
    assert (confirmed["state"], confirmed["allowed_actions"]) == ("confirmed", [])
    finding = await scene.read(f"findings/{confirmed['finding_id']}", scene.supervisor)
    assert finding["act_number"] == "CG-1"
    rates = await scene.read("warnings/hit-rates", scene.supervisor)
    (rate,) = [one for one in rates["items"] if one["code"] == "outsourcing-suspected"]
    assert (rate["raised"], rate["confirmed"], rate["hit_rate"]) == (1, 1, 1.0)
    # What is confirmed stays so, whatever is told later.
    await intake.send(record(1, revision=2, performed_by=[], certificate_nos=[], reason="更正"))
    (kept,) = await warnings(intake, rule="outsourcing-suspected")
    assert kept["state"] == "confirmed"
    for stranger in scene.foreigners.values():
        answer = await scene.oversight.get(f"/oversight/v1/{path}", as_=stranger)
        assert answer.status_code == 404


async def test_history_raises_no_warning_and_a_repeat_is_one_warning(intake: Intake) -> None:
    told = {"performed_by": [CONTRACTOR]}
    await intake.send(record(1, **told), backfill=True)
    assert await warnings(intake) == []
    await intake.send(record(2, **told), record(2, **told, revision=2))
    await intake.send(record(2, **told, revision=3, title="占道经营(更正)", reason="更正"))
    assert len(await warnings(intake, rule="outsourcing-suspected")) == 1
    assert (await told_of(intake)).count("outsourcing.suspected") == 1
    (one,) = await warnings(intake, rule="outsourcing-suspected")
    await intake.scene.done(
        f"warnings/{one['id']}/dismiss", as_=intake.scene.supervisor, json={"reason": "有委托"}
    )
    await intake.send(record(2, **told, revision=4, title="占道经营", reason="更正"))
    (still,) = await warnings(intake, rule="outsourcing-suspected")
    assert still["state"] == "dismissed"


OWN_RULE: dict[str, Any] = {
    "name": "罚款超过一百元",
    "description": "试算用。",
    "legal_basis": ["区内规定"],
    "provisional": True,
    "effective_from": "2026-01-01",
    "kinds": ["penalty"],
    "check": {
        "kind": "required",
        "once": "decided",
        "must": [{"field": "fine_fen", "op": "at_most", "value": 10_000}],
    },
}


async def test_a_rule_is_tried_before_another_person_lets_it_warn(intake: Intake) -> None:
    scene, token = intake.scene, intake.oversight.token
    author, other = scene.bureau, token("bureau_supervisor", "50", sub="other")
    begun = [stage("filed", "2026-03-12T09:00:00+08:00"), *record()["stages"][1:]]
    await intake.send(record(1), record(2, fine="90.00"), record(4, fine="90.00", stages=begun))
    await intake.send(record(3), backfill=True)
    before = len(await warnings(intake))
    body = {"code": "high-fine", "content": OWN_RULE}
    row = await scene.done("warning-rules", as_=author, json=body, status=201)
    path = f"warning-rules/{row['id']}"
    refused(await scene.call("warning-rules", author, body), 409, "warning-rule-draft-exists")
    refused(await scene.call(f"{path}/activate", other), 409, "warning-rule-not-tried")
    period = {"first": "2026-01-01", "last": "2026-12-31"}
    await scene.done(f"{path}/try", as_=author, json=period, status=202)
    await intake.oversight.fire_timers()
    (trial,) = (await scene.read(f"{path}/trials", author))["items"]
    assert (trial["examined"], trial["red"], trial["yellow"]) == (4, 2, 0)
    assert trial["by_month"] == {"2026-03": 2}
    assert len(await warnings(intake)) == before
    refused(await scene.call(f"{path}/activate", author), 403, "warning-rule-activated-by-author")
    # What is changed is tried anew.
    changed = {"content": {**OWN_RULE, "name": "罚款数额较大"}}
    answer = await scene.oversight.request(
        "PATCH", f"/oversight/v1/{path}", as_=author, json=changed, headers={"If-Match": "*"}
    )
    assert answer.json().get("tried") is False, answer.text
    # What changes nothing leaves no trace, and makes nobody its author.
    again = await scene.oversight.request(
        "PATCH", f"/oversight/v1/{path}", as_=other, json=changed, headers={"If-Match": "*"}
    )
    assert again.json() == {**answer.json(), "allowed_actions": again.json()["allowed_actions"]}
    refused(await scene.call(f"{path}/activate", other), 409, "warning-rule-not-tried")
    await scene.done(f"{path}/try", as_=author, json=period, status=202)
    await intake.oversight.fire_timers()
    await scene.done(f"{path}/activate", as_=other)
    # It looks back at what is there, but not at history.
    await intake.oversight.fire_timers()
    (one,) = await warnings(intake, rule="high-fine")
    assert (one["external_id"], one["detail"]) == ("CG-1", {"missing": ["fine_fen"]})
    # An edition for acts of a later time leaves the earlier one those before.
    later = {**OWN_RULE, "effective_from": "2026-03-10", "name": "罚款"}
    body = {"code": "high-fine", "content": later}
    second = await scene.done("warning-rules", as_=author, json=body, status=201)
    assert second["edition"] == 2
    await scene.done(f"warning-rules/{second['id']}/try", as_=author, json=period, status=202)
    await intake.oversight.fire_timers()
    await scene.done(f"warning-rules/{second['id']}/activate", as_=other)
    first = await scene.read(path, author)
    assert (first["state"], first["content"]["effective_to"]) == ("active", "2026-03-10")
    await scene.done(f"{path}/retire", as_=other, json={"reason": "依据废止"})
    verbs = [
        fact["type"].split(".")[3]
        for fact in await intake.oversight.facts()
        if ".warning_rule." in fact["type"]
    ]
    assert verbs == [
        *("drafted", "tried", "changed", "tried", "activated"),
        *("drafted", "tried", "changed", "activated", "retired"),
    ]


def test_a_confirmed_warning_is_the_end() -> None:
    assert LIFECYCLE.terminal == {"confirmed"}

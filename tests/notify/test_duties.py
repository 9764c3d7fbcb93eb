"""What is to be done: opened and closed by facts alone, and whose it is."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from services.notify.duties import rules
from services.notify.duties.reactions import DUTIES
from services.notify.duties.rules import Close, Duties, Duty, Move, Open
from services.notify.messages.reactions import rules_of
from services.notify.messages.rules import BrokenRules
from shared.db import Scope, new_id
from shared.events import Event
from shared.events.escalation import issues
from shared.events.oversight import campaigns, evaluations, rectifications
from shared.facts import record
from shared.law.lifecycle import Lifecycle
from tests.notify.examples import ANOTHER_BODY, BODY, DISTRICT, TOWNSHIP, example
from tests.servers import ServiceUnderTest

DUTIES_PATH = "/notify/v1/duties"
TABLE = rules.parse(DUTIES.read_text(encoding="utf-8"), rules_of())
EACH = sorted({duty.name: duty for found in TABLE.by_event.values() for duty in found}.items())
PLACE = Scope("50", "500106", "500106001")

# What a duty is about → the state machine of its owner.
LIFECYCLES = {
    "subject_id": "registry: a subject",
    "officer_id": "registry: an officer",
    "request_id": "registry: a suspension request",
    "supervision_officer_id": "registry: a supervision officer",
    "power_id": "registry: a power",
    "item_list_id": "registry: an item list",
    "delegation_id": "registry: a delegation",
    "empowerment_id": "registry: an empowerment",
    "budget_id": "registry: a budget line",
    "staffing_id": "registry: a staffing plan",
    "contact_point_id": "registry: a contact point",
    "lay_monitor_id": "registry: a lay monitor",
    "leading_group_id": "registry: a leading group",
    "team_id": "registry: a team",
    "guidance_id": "registry: a guidance session",
    "milestone_id": "registry: a milestone",
    "task_id": "registry: a focus task",
    "report_id": "registry: a report on responsibilities",
    "responsibility_id": "registry: a version of responsibilities",
    "proposal_id": "registry: a proposal of a rule",
    "reconciliation_id": "oversight: a reconciliation",
    "warning_id": "oversight: a warning",
    "risk_id": "oversight: a risk",
    "campaign_id": "oversight: a campaign",
    "inspection_id": "oversight: an inspection",
    "participant_id": "oversight: an invitation",
    "conduct_check_id": "oversight: a check of conduct",
    "finding_id": "oversight: a finding",
    "file_request_id": "oversight: a request for case files",
    "rectification_id": "oversight: a rectification",
    "measure_id": "oversight: a measure",
    "document_id": "oversight: a document",
    "re_examination_id": "oversight: a re-examination",
    "case_review_id": "oversight: a review of case files",
    "case_file_id": "oversight: a case file",
    "appraisal_id": "oversight: an appraisal",
    "commendation_id": "oversight: a commendation",
    "experience_id": "oversight: an experience",
    "evaluation_id": "oversight: an evaluation",
    "issue_id": "escalation: an issue",
    "statistics_id": "oversight: annual statistics",
    "package_id": "escalation: a package",
    "transfer_id": "escalation: a transfer",
    "reverse_transfer_id": "escalation: a reverse transfer",
    "referral_id": "escalation: a referral",
    "cooperation_id": "escalation: a request for cooperation",
    "liaison_id": "escalation: a liaison",
    "dispute_id": "escalation: a dispute",
    "accountability_id": "escalation: a proposal of accountability",
    "conference_id": "escalation: a conference",
    "resolution_id": "escalation: a resolution",
    "periodic_report_id": "escalation: a periodic report",
    "recommendation_id": "escalation: a recommendation",
    "assignment_id": "escalation: an assignment",
    "complaint_id": "escalation: a complaint",
    "field_report_id": "escalation: a report from the field",
}


@pytest.fixture(scope="module")
def lifecycles() -> Mapping[str, Lifecycle[Any]]:
    return {
        f"{service}: {name}": lifecycle
        for service in ("registry", "oversight", "escalation")
        for name, lifecycle in import_module(f"services.{service}.app").SERVICE.lifecycles.items()
    }


def followed(duty: Duty) -> list[type[Event]]:
    return [event for event, found in TABLE.by_event.items() if duty in found]


def test_every_duty_that_opens_has_facts_which_close_it(
    lifecycles: Mapping[str, Lifecycle[Any]],
) -> None:
    """Its states are those of the thing's own machine, which leads out of each of them: every step
    out of them leaves a fact that says the state, or one closes it by name."""
    for name, duty in EACH:
        lifecycle = lifecycles[LIFECYCLES[duty.thing]]
        states = {str(state) for state in lifecycle.states}
        assert duty.during <= states, name
        assert not any(lifecycle.is_terminal(state) for state in duty.during), name
        assert all(duty.thing in event.model_fields for event in followed(duty)), name
        by_state = [
            event for event in followed(duty) if duty.during and "state" in event.model_fields
        ]
        assert duty.closings or any(event not in duty.openings for event in by_state), name
        for end in lifecycle.terminal if duty.during else ():
            event = example_of(by_state[0], state=str(end))
            assert isinstance(TABLE.step(duty, event, PLACE, ""), Close), (name, end)


def example_of(kind: type[Event], **given: Any) -> Event:
    """A fact with these values, whatever else it says: nothing is checked."""
    values = dict.fromkeys(kind.model_fields)
    return kind.model_construct(**{**values, **given})


def test_every_duty_belongs_to_somebody(lifecycles: Mapping[str, Lifecycle[Any]]) -> None:
    """Of each fact that opens it the rule's addressees are left, by whose it is said to be."""
    for name, duty in EACH:
        for event, opening in duty.openings.items():
            told = {
                str(one.role or ("person" if one.at == "person" else "level"))
                for rule in opening
                for one in rule.to
            }
            supervisors = {str(role) for role in TABLE.messages.level_roles.values()}
            if "level" in told:
                told |= supervisors
            assert not duty.whose or duty.whose & told, (name, event.type)


def test_whoever_is_told_that_something_waits_has_a_duty() -> None:
    """A new rule of messages that says 待… or 请… says also when it is done."""
    opening = {rule.name for _, duty in EACH for found in duty.openings.values() for rule in found}
    waits = {
        rule.name
        for found in TABLE.messages.by_event.values()
        for rule in found
        if any("待" in piece.text for piece in rule.title) or rule.title[0].text.startswith("请")
    }
    assert waits <= opening


async def duties(service: ServiceUnderTest, token: str, path: str = "", **query: Any) -> list[Any]:
    answer = await service.get(f"{DUTIES_PATH}{path}", as_=token, params=query)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def names(service: ServiceUnderTest, token: str, **query: Any) -> list[str]:
    return [duty["name"] for duty in await duties(service, token, **query)]


async def test_a_rectification_is_to_be_done_until_it_is_handed_in_and_then_to_be_checked(
    notify: ServiceUnderTest,
) -> None:
    """Acknowledging is not doing; an extension moves the day; a rejection opens anew."""
    id, due = new_id(), notify.app.state.clock.now() + timedelta(days=30)
    given = {"rectification_id": id, "subject_name": "渝州街道", "authority_level": "district"}

    async def happens(kind: type[Event], state: str, **more: Any) -> UUID:
        told = example(kind, **{**given, "state": state, "due_at": due, **more})
        return await notify.react(told, at=TOWNSHIP)

    opened = await happens(rectifications.RectificationOrdered, "ordered")
    body = notify.token("agency_user", "500106", organisation=BODY)
    office = notify.token("district_supervisor", "500106")
    (duty,) = await duties(notify, body)
    assert duty == {
        **duty,
        "name": "rectification",
        "kind": "rectification",
        "title": f"待整改:渝州街道 {example(rectifications.RectificationOrdered).requirement}",
        "link": f"/oversight/v1/rectifications/{id}",
        "event": "oversight.rectification.ordered.v1",
        "caused_by": str(opened),
        "overdue": False,
        "organisation": BODY,
        "done_at": None,
    }
    assert datetime.fromisoformat(duty["due_at"]) == due
    (message,) = (await notify.get("/notify/v1/messages", as_=body)).json()["items"]
    await notify.post(f"/notify/v1/messages/{message['id']}/acknowledge", as_=body)
    due += timedelta(days=10)
    await happens(rectifications.RectificationExtended, "ordered")
    (duty,) = await duties(notify, body)
    assert datetime.fromisoformat(duty["due_at"]) == due
    assert await names(notify, office) == []

    await happens(rectifications.RectificationSubmitted, "submitted")
    assert await names(notify, body) == []
    assert await names(notify, office) == ["rectification_check"]
    (done,) = await duties(notify, body, done=True)
    assert done["closing_event"] == "oversight.rectification.submitted.v1"
    await happens(rectifications.RectificationRejected, "rejected")
    assert (await names(notify, body), await names(notify, office)) == (["rectification"], [])

    # An operator replays the log: in the end things stand as they did.
    again = example(rectifications.RectificationSubmitted, **given, state="submitted", due_at=due)
    async with notify.session() as session:
        told: Any = record(session, again, TOWNSHIP)["event"]
        await notify._reactions.run(session, "oversight", 2, told, again=True)
        await session.commit()
    assert await names(notify, body) == ["rectification"]
    await happens(rectifications.RectificationVerified, "verified")
    assert (await names(notify, body), await names(notify, office)) == ([], [])


async def test_an_issue_is_the_level_s_that_has_it_and_what_is_overdue_stands_first(
    notify: ServiceUnderTest,
) -> None:
    clock = notify.app.state.clock.now()
    township = notify.token("township_supervision_office", "500106001")
    district = notify.token("district_supervisor", "500106")
    ids = [new_id() for _ in range(3)]
    for number, days in enumerate((9, 3, None)):
        due_at = clock + timedelta(days=days) if days else None
        told = {"issue_id": ids[number], "title": f"第{number}件", "level": "township"}
        raised = example(issues.IssueRaised, **told, state="raised", major=False, due_at=due_at)
        await notify.react(raised, at=TOWNSHIP)
    notify.advance(days=5)
    open_ = await duties(notify, township)
    assert [duty["title"] for duty in open_] == [
        "问题待办:第1件",
        "问题待办:第0件",
        "问题待办:第2件",
    ]
    assert [duty["overdue"] for duty in open_] == [True, False, False]
    page = await notify.get(DUTIES_PATH, as_=township, params={"limit": 2})
    rest = {"limit": 2, "cursor": page.json()["next_cursor"]}
    assert [duty["title"] for duty in await duties(notify, township, **rest)] == ["问题待办:第2件"]
    counts = (await notify.get(f"{DUTIES_PATH}/counts", as_=township)).json()
    assert counts == {"total": 3, "overdue": 1, "by_kind": {"issue": {"total": 3, "overdue": 1}}}
    assert len(await duties(notify, township, overdue=True, kind="issue")) == 1
    assert await duties(notify, township, kind="circular") == []

    escalated = example(
        issues.IssueEscalated,
        issue_id=ids[1],
        title="第1件",
        state="escalated",
        level="district",
        from_level="township",
        why="breach",
        due_at=clock + timedelta(days=20),
    )
    await notify.react(escalated, at=TOWNSHIP)
    assert [duty["title"] for duty in await duties(notify, township)] == [
        "问题待办:第0件",
        "问题待办:第2件",
    ]
    assert [duty["title"] for duty in await duties(notify, district)] == ["问题待办:第1件"]
    # Who oversees the place sees what lies below, and nothing of another place.
    seen = await duties(notify, district, "/overseen")
    assert {duty["title"] for duty in seen} == {
        "问题待办:第0件",
        "问题待办:第1件",
        "问题待办:第2件",
    }
    assert {duty["title"] for duty in await duties(notify, township, "/overseen")} == {
        "问题待办:第0件",
        "问题待办:第2件",
    }
    foreign = notify.token("district_supervisor", "500112")
    assert await duties(notify, foreign, "/overseen") == await duties(notify, foreign) == []


async def test_a_duty_of_which_others_must_not_know_is_its_holder_s_alone(
    notify: ServiceUnderTest,
) -> None:
    prepared = example(
        campaigns.CampaignPrepared,
        step="planned",
        state="planned",
        mode="unannounced",
        approver="district_supervisor@500106",
    )
    await notify.react(prepared, at=DISTRICT)
    approver = notify.token("district_supervisor", "500106")
    assert await names(notify, approver) == ["campaign_approval"]
    assert await duties(notify, approver, "/overseen") == []
    bureau = notify.token("bureau_supervisor", "50")
    assert await duties(notify, bureau, "/overseen") == []


async def test_one_evaluator_s_duty_ends_with_the_own_scores(notify: ServiceUnderTest) -> None:
    id, both = new_id(), [BODY, ANOTHER_BODY]
    told = {"evaluation_id": id, "co_evaluators": both, "state": "running"}
    await notify.react(example(evaluations.EvaluationStarted, **told), at=DISTRICT)
    scored = example(evaluations.EvaluationScored, **told, evaluator=BODY, missing=3)
    await notify.react(scored, at=DISTRICT)
    one, other = (notify.token("agency_user", "500106", organisation=body) for body in both)
    assert await names(notify, one) == []
    assert await names(notify, other) == ["evaluation_by_co_evaluator"]


BROKEN = """
[[duty]]
name = "a_duty"
thing = "issue_id"
opens = ["issue_raised"]
during = ["raised"]
"""


@pytest.mark.parametrize(
    ("was", "is_", "says"),
    [
        ('["issue_raised"]', '["issue_risen"]', "no rule issue_risen"),
        ('"issue_id"', '"report_id"', "no field report_id"),
        ('during = ["raised"]', "", "no fact closes it"),
        ('["raised"]', '["raised"]\ncloses = ["escalation.issue.solved.v1"]', "no fact escalation"),
        (
            '["issue_raised"]',
            '[{ rule = "issue_decided", on = "escalation.issue.raised.v1" }]',
            "which rule issue_decided names",
        ),
    ],
)
def test_a_duty_that_cannot_be_meant_is_refused_at_the_start(was: str, is_: str, says: str) -> None:
    assert was in BROKEN
    with pytest.raises(BrokenRules, match=rf"duty a_duty: .*{re.escape(says)}"):
        rules.parse(BROKEN.replace(was, is_), TABLE.messages)


def test_a_day_ends_with_its_last_moment() -> None:
    duty = dict(EACH)["milestone"]
    (event,) = duty.openings
    due = rules.due_of(duty, example_of(event, due_on=date(2022, 8, 1)))
    assert due is not None and due.astimezone(UTC) == datetime(2022, 8, 1, 16, tzinfo=UTC)


def test_a_fact_that_says_nothing_of_the_day_leaves_it() -> None:
    inspection = dict(EACH)["inspection"]
    by_type = {event.type: event for event in followed(inspection)}
    told = example_of(
        by_type["oversight.inspection.notified.v1"], state="notified", planned_on=None
    )
    assert isinstance(step(inspection, told), Move)
    assigned = example(by_type["oversight.inspection.assigned.v1"], state="assigned")
    opened = step(inspection, assigned)
    assert isinstance(opened, Open) and not opened.dated


def step(duty: Duty, event: Event, table: Duties = TABLE) -> Any:
    return table.step(duty, event, PLACE, "")

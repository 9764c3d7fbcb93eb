"""Decisions about what contact points and lay monitors report: values in, `Refused` out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from services.escalation.ladder.rules import IssueLevel
from shared.law.divisions import Scope
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

ANSWER = "field_report.answer"
"""The rule that says by when the author is answered."""
SERIES = {"point_report": "渝联报", "lead": "渝线索"}
OPEN_POINT, SERVING = "open", frozenset({"appointed", "on_leave"})
"""States of a contact point and of a lay monitor, as the registry calls them."""


class FieldReportKind(Term):
    POINT_REPORT = "point_report", "联系点报告"
    LEAD = "lead", "监督员线索"


class FieldReportState(Term):
    SUBMITTED = "submitted", "已提交"
    TRIAGED = "triaged", "已受理"
    ANSWERED = "answered", "已答复"


_S = FieldReportState
OPEN = (_S.SUBMITTED, _S.TRIAGED)
"""The author waits for an answer."""

LIFECYCLE = Lifecycle(
    _S.SUBMITTED,
    [
        Transition("triage", _S.SUBMITTED, _S.TRIAGED, "field_report:triage"),
        Transition("escalate", _S.TRIAGED, None, "field_report:escalate", "once"),
        Transition("answer", OPEN, _S.ANSWERED, "field_report:answer"),
        Transition("mark_overdue", OPEN, None, None, "the deadline has passed"),
    ],
    terminal=[_S.ANSWERED],
)


class ContactPointNotOpen(Refused):
    code = "contact-point-not-open"
    status = 422
    zh = "没有可代为报送的联系点 {contact_point_id},或者该联系点未设立。"
    en = "There is no open contact point {contact_point_id} within your reach."


class LayMonitorNotServing(Refused):
    code = "lay-monitor-not-serving"
    zh = "您目前不是在任的行政执法监督员。"
    en = "You are not a lay monitor who serves now."


class FieldReportNotInCharge(Refused):
    code = "field-report-not-in-charge"
    status = 403
    zh = "该报告由{level}办理。"
    en = "The report is in the hands of another level ({level})."


class FieldReportHasIssue(Refused):
    code = "field-report-has-issue"
    zh = "该报告已转为上报事项。"
    en = "An issue was raised of this report already."


def is_serving(*, state: str, term_to: date | None, today: date) -> bool:
    """Whether a lay monitor serves on a day; the term holds up to its last day."""
    return state in SERVING and (term_to is None or today <= term_to)


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether the author still waits though the deadline has passed."""
    return state in OPEN and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a report decides who may do what now."""

    state: str
    level: str
    scope: Scope
    has_issue: bool


def next_state(action: str, at: Standing, *, in_charge: bool) -> FieldReportState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, in_charge)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, *, in_charge: bool, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, in_charge) is None
    ]


def _hindrance(action: str, at: Standing, in_charge: bool) -> Refused | None:
    if not in_charge:
        return FieldReportNotInCharge(level=IssueLevel(at.level).label)
    if action == "escalate" and at.has_issue:
        return FieldReportHasIssue()
    return None

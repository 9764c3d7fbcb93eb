"""Decisions about issues: values in, `Refused` out."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache

from services.escalation.ladder.rules import (
    LADDER,
    IssueLevel,
    is_above,
    is_holder,
    level_of_division,
)
from shared.law.divisions import Scope
from shared.law.lifecycle import Editions, Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SYSTEM = "system"
"""Who raised what nobody did."""
# 代字: 渝协〔2026〕17号
NUMBER = ("渝协〔{year}〕", "号")


class IssueKind(Term):
    NEW_SITUATION = "new_situation", "新情况新问题"
    PROMINENT_PROBLEM = "prominent_problem", "突出问题"
    RECTIFICATION_OVERDUE = "rectification_overdue", "整改逾期"
    DISPUTE = "dispute", "执法争议"
    COMPLAINT = "complaint", "投诉举报"
    COOPERATION = "cooperation", "执法协作"
    OTHER = "other", "其他"


class IssueSource(Term):
    MANUAL = "manual", "人工上报"
    CONTACT_POINT = "contact_point", "基层行政执法联系点"
    LAY_MONITOR = "lay_monitor", "行政执法监督员"
    HOTLINE = "hotline", "12345热线"
    INSPECTION = "inspection", "执法监督检查"
    RECTIFICATION = "rectification", "整改逾期自动上报"
    COMPLAINT = "complaint", "投诉举报转报"
    WARNING = "warning", "执法预警转报"


PROTECTED = frozenset({IssueSource.LAY_MONITOR, IssueSource.HOTLINE, IssueSource.COMPLAINT})
"""Sources whose people are not named outside."""
RESERVED = frozenset({IssueSource.RECTIFICATION, IssueSource.COMPLAINT, IssueSource.WARNING})
"""Sources whose issues come of something that is here already."""


class IssueSeverity(Term):
    MINOR = "minor", "一般"
    SERIOUS = "serious", "较重"
    GRAVE = "grave", "严重"


class IssueState(Term):
    RAISED = "raised", "已提出"
    ESCALATED = "escalated", "已上报上级"
    RETURNED = "returned", "已退回下级"
    HANDLING = "handling", "办理中"
    PAUSED = "paused", "已暂停"
    DECIDED = "decided", "已决定"
    FED_BACK = "fed_back", "已反馈"
    CLOSED = "closed", "已办结"
    PROPOSED = "proposed", "待审批上报"
    WITHDRAWN = "withdrawn", "已撤回"
    MERGED = "merged", "已合并"


class DeadlineState(Term):
    """How a running deadline stands."""

    ON_TIME = "on_time", "期限内"
    DUE_SOON = "due_soon", "即将到期"
    OVERDUE = "overdue", "已逾期"


REMINDER = "issue.reminder"
"""The rule that says how long before a deadline is soon."""

OPEN = (IssueState.RAISED, IssueState.ESCALATED, IssueState.RETURNED, IssueState.HANDLING)
"""The level that has it must act, and its deadline runs."""
RUNNING = (*OPEN, IssueState.PROPOSED)
UNFINISHED = (*RUNNING, IssueState.PAUSED)
OVER = (IssueState.CLOSED, IssueState.WITHDRAWN, IssueState.MERGED)

_UP = "there is a level above"
_FIRST_EDITION = [
    Transition("triage", OPEN[:3], IssueState.HANDLING, "issue:triage"),
    Transition("escalate", OPEN, IssueState.ESCALATED, "issue:escalate", _UP),
    Transition("climb", OPEN, IssueState.ESCALATED, needs="its deadline passed"),
    Transition("return", OPEN, IssueState.RETURNED, "issue:return", "it came from below"),
    Transition("pause", OPEN, IssueState.PAUSED, "issue:pause", "the deadline has not passed"),
    Transition("resume", IssueState.PAUSED, IssueState.HANDLING, "issue:resume"),
    Transition("decide", OPEN, IssueState.DECIDED, "issue:decide"),
    Transition(
        "feedback",
        IssueState.DECIDED,
        IssueState.FED_BACK,
        "issue:feedback",
        "by the division where it arose",
    ),
    Transition(
        "close", (IssueState.DECIDED, IssueState.FED_BACK), IssueState.CLOSED, "issue:close"
    ),
]
_CHANGED = {"escalate", "climb"}
_SECOND_EDITION = [
    *(transition for transition in _FIRST_EDITION if transition.action not in _CHANGED),
    Transition("escalate", OPEN, IssueState.PROPOSED, "issue:escalate", _UP),
    Transition(
        "approve",
        IssueState.PROPOSED,
        IssueState.ESCALATED,
        "issue:approve",
        "by another than who proposed it",
    ),
    Transition(
        "decline",
        IssueState.PROPOSED,
        IssueState.HANDLING,
        "issue:approve",
        "by another than who proposed it",
    ),
    Transition("climb", RUNNING, IssueState.ESCALATED, needs="its deadline passed"),
    Transition(
        "wake", IssueState.PAUSED, IssueState.HANDLING, needs="the longest pause has passed"
    ),
    Transition("extend", RUNNING, None, "issue:extend", "by the level above, once a level"),
    Transition("urge", UNFINISHED, None, "issue:urge", "by a level above"),
    Transition("assign", OPEN, None, "issue:assign"),
    Transition("merge", UNFINISHED, IssueState.MERGED, "issue:merge"),
    Transition(
        "withdraw",
        UNFINISHED,
        IssueState.WITHDRAWN,
        "issue:withdraw",
        "by the division where it arose, if a person raised it",
    ),
    Transition("reopen", IssueState.CLOSED, IssueState.HANDLING, "issue:reopen"),
]
EDITIONS = Editions(
    Lifecycle(
        IssueState.RAISED,
        _FIRST_EDITION,
        terminal={IssueState.CLOSED},
        later={IssueState.PROPOSED, IssueState.WITHDRAWN, IssueState.MERGED},
    ),
    Lifecycle(
        IssueState.RAISED,
        _SECOND_EDITION,
        terminal={IssueState.WITHDRAWN, IssueState.MERGED},
    ),
)
"""The first let one person send an issue up. What began under it ends under it."""
LIFECYCLE = EDITIONS.newest


class IssueNotFromYourDivision(Refused):
    """Only the division where it arose tells how a decision was carried out."""

    code = "issue-not-from-your-division"
    zh = "仅由事项发生地（{division}）反馈落实情况。"
    en = "Only the division where it arose ({division}) gives the feedback."


class DirectReportFromDistrictOnly(Refused):
    code = "direct-report-from-district-only"
    zh = "仅由区县直接报市司法局。"
    en = "Only a district reports directly to the Bureau."


class DirectReportNewSituationOnly(Refused):
    code = "direct-report-new-situation-only"
    zh = "仅新情况新问题可直接报市司法局。"
    en = "Only a new situation is reported directly to the Bureau."
    basis = "渝府办发〔2022〕70号:新情况新问题及时报市司法局"


class DirectReportNotParticipant(Refused):
    code = "direct-report-not-participant"
    zh = "{district} 不是试点或参照执行的区县。"
    en = "The district {district} takes part in no programme."
    basis = "渝府办发〔2022〕70号:各试点区县新情况新问题及时报市司法局,未纳入试点的区县参照执行"


class EscalationApprovedByProposer(Refused):
    """Two pairs of eyes."""

    code = "escalation-approved-by-proposer"
    status = 403
    zh = "提出上报的人员不得自行审批。"
    en = "That an issue goes up is approved by another person than the one who proposed it."


class IssueWithdrawnElsewhere(Refused):
    code = "issue-withdrawn-elsewhere"
    status = 403
    zh = "仅由事项发生地（{division}）撤回。"
    en = "Only the division where it arose ({division}) withdraws it."


class IssueRaisedBySystem(Refused):
    """What came up by itself does not go away by itself."""

    code = "issue-raised-by-system"
    zh = "系统自动上报的事项不能撤回。"
    en = "An issue that the system raised is not withdrawn."


class IssueNotBelowYou(Refused):
    code = "issue-not-below-you"
    status = 403
    zh = "督办和延期仅由上级（现由{level}办理）作出。"
    en = "Urging and more time come from a level above the one that has it ({level})."


class IssueExtendedAlready(Refused):
    code = "issue-extended-already"
    zh = "本级期限已延长过一次。"
    en = "The deadline of this level was extended once already."


class IssueSourceReserved(Refused):
    """The system alone raises issues with this source."""

    code = "issue-source-reserved"
    status = 422
    zh = "来源“{source}”只能由系统产生。"
    en = "Only the system raises issues with the source {source}."


class IssueOfRectificationExists(Refused):
    """What an issue comes of has one at a time that is not closed."""

    code = "issue-of-rectification-exists"
    zh = "该整改、投诉或者报告已有未办结的上报事项。"
    en = "There is an issue about this already that is not closed."


def may_raise(source: IssueSource) -> None:
    if source in RESERVED:
        raise IssueSourceReserved(source=source.value)


def may_feed_back(origin: str, scope: Scope, roles: Collection[str], division: str) -> None:
    if not is_holder(level_of_division(origin), scope, roles, division):
        raise IssueNotFromYourDivision(division=origin)


def may_report_directly(level: str, kind: str) -> None:
    """渝府办发〔2022〕70号: a district in the pilot reports new situations without delay."""
    if level != IssueLevel.DISTRICT:
        raise DirectReportFromDistrictOnly
    if kind != IssueKind.NEW_SITUATION:
        raise DirectReportNewSituationOnly


def deadline_state(
    due_at: datetime | None, moment: datetime, soon: timedelta
) -> DeadlineState | None:
    """How a deadline stands at `moment`; None where none runs."""
    if due_at is None:
        return None
    if due_at <= moment:
        return DeadlineState.OVERDUE
    return DeadlineState.DUE_SOON if due_at <= moment + soon else DeadlineState.ON_TIME


def may_approve(*, proposed_by: str | None, sub: str) -> None:
    """Two pairs of eyes: a leader approves before a matter goes up."""
    if proposed_by == sub:
        raise EscalationApprovedByProposer


def may_withdraw(
    origin: str, scope: Scope, roles: Collection[str], division: str, *, created_by: str
) -> None:
    if created_by == SYSTEM:
        raise IssueRaisedBySystem
    if not is_holder(level_of_division(origin), scope, roles, division):
        raise IssueWithdrawnElsewhere(division=origin)


def may_oversee(level: str, scope: Scope, roles: Collection[str], division: str) -> None:
    """Urging and more time come from above; above the Bureau there is nobody, so it is its own."""
    if not is_above(level, scope, roles, division):
        raise IssueNotBelowYou(level=IssueLevel(level).label)


def may_extend(*, extended: bool) -> None:
    if extended:
        raise IssueExtendedAlready


@lru_cache(maxsize=8192)
def allowed_actions(
    state: str,
    level: str,
    origin: str,
    *,
    edition: int,
    overdue: bool,
    holds: bool,
    oversees: bool,
    began: bool,
    proposed: bool,
    extended: bool,
    by_system: bool,
    permissions: frozenset[str],
) -> list[str]:
    """What a caller may do now.

    Who `holds` the level, `oversees` it, in whose division it `began`, who `proposed` it.
    """
    top = level == LADDER[-1]
    leaving = overdue and not top
    can = {
        "feedback": began,
        "withdraw": began and not by_system and not leaving,
        "urge": oversees,
        "extend": oversees and not extended and not leaving,
    }
    barred = {
        "escalate": top,
        "return": level == origin,
        "pause": overdue,
        "approve": proposed,
        "decline": proposed,
    }
    return [
        action
        for action in EDITIONS.of(edition).allowed_actions(state, permissions)
        if can.get(action, holds and not leaving) and not barred.get(action, False)
    ]

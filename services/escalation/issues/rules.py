"""Decisions about issues: values in, `Refused` out."""

from collections.abc import Collection
from functools import lru_cache

from services.escalation.ladder.rules import LADDER, IssueLevel, is_holder, level_of_division
from shared.law.divisions import Scope
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

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


PROTECTED = frozenset({IssueSource.LAY_MONITOR, IssueSource.HOTLINE, IssueSource.COMPLAINT})
"""Sources whose people are not named outside."""
RESERVED = frozenset({IssueSource.RECTIFICATION, IssueSource.COMPLAINT})
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


OPEN = (IssueState.RAISED, IssueState.ESCALATED, IssueState.RETURNED, IssueState.HANDLING)
"""The level that has it must act, and its deadline runs."""
UNFINISHED = (*OPEN, IssueState.PAUSED)

LIFECYCLE = Lifecycle(
    IssueState.RAISED,
    [
        Transition("triage", OPEN[:3], IssueState.HANDLING, "issue:triage"),
        Transition(
            "escalate", OPEN, IssueState.ESCALATED, "issue:escalate", "there is a level above"
        ),
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
    ],
    terminal={IssueState.CLOSED},
)


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


@lru_cache(maxsize=4096)
def allowed_actions(
    state: str,
    level: str,
    origin: str,
    *,
    overdue: bool,
    holds: bool,
    began: bool,
    permissions: frozenset[str],
) -> list[str]:
    """What a caller may do now, who `holds` the level, or in whose division it `began`."""
    top = level == LADDER[-1]
    barred = {
        "escalate": top,
        "return": level == origin,
        "pause": overdue,
    }
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if (began if action == "feedback" else holds and (top or not overdue))
        and not barred.get(action, False)
    ]

"""The ladder township, district, Bureau as data: values in, `Refused` out."""

from collections.abc import Collection
from datetime import datetime

from shared.clock import SHANGHAI
from shared.law.calendar import DeadlinePassed
from shared.law.divisions import Level as DivisionLevel
from shared.law.divisions import Scope, level_of
from shared.refusals import Refused
from shared.vocabulary import Term

LEVEL_REPLY = "issue.level_reply"
"""The rule that says how long each level has to reply."""
PAUSE, EXTENSION = "issue.pause", "issue.extension"
"""The rules that say how long a pause is at most, and by how much a deadline is put off."""


class IssueLevel(Term):
    """Who has to act."""

    TOWNSHIP = "township", "乡镇(街道)"
    DISTRICT = "district", "区县(自治县)"
    BUREAU = "bureau", "市司法局"


class IssueAction(Term):
    """What a line of an issue's history tells."""

    RAISE = "raise", "提出"
    TRIAGE = "triage", "受理"
    ESCALATE = "escalate", "上报上级"
    REPORT = "report", "直接报市司法局"
    CLIMB = "climb", "逾期自动上报"
    RETURN = "return", "退回"
    PAUSE = "pause", "暂停"
    RESUME = "resume", "恢复"
    DECIDE = "decide", "决定"
    FEEDBACK = "feedback", "反馈"
    CLOSE = "close", "办结"
    OVERDUE = "overdue", "逾期"
    NOTE = "note", "记事"
    PROPOSE = "propose", "提请上报"
    APPROVE = "approve", "批准上报"
    DECLINE = "decline", "不批准上报"
    EXTEND = "extend", "延期"
    URGE = "urge", "督办"
    WAKE = "wake", "暂停期满恢复"
    RECOMPUTE = "recompute", "按公布的日历重算期限"
    WITHDRAW = "withdraw", "撤回"
    MERGE = "merge", "合并"
    REOPEN = "reopen", "重新办理"
    ASSIGN = "assign", "交办"
    LINK = "link", "关联"
    ATTACH = "attach", "附加材料"


LADDER = (IssueLevel.TOWNSHIP, IssueLevel.DISTRICT, IssueLevel.BUREAU)
"""上报: from each level to the next."""

HOLDERS = {
    IssueLevel.TOWNSHIP: "township_supervision_office",
    IssueLevel.DISTRICT: "district_supervisor",
    IssueLevel.BUREAU: "bureau_supervisor",
}
"""The role that acts for a level."""

_FIRST = {
    DivisionLevel.TOWNSHIP: IssueLevel.TOWNSHIP,
    DivisionLevel.DISTRICT: IssueLevel.DISTRICT,
    DivisionLevel.CITY: IssueLevel.BUREAU,
}


class IssueNotAtYourLevel(Refused):
    """Another level has the issue: the caller sees it and cannot act on it."""

    code = "issue-not-at-your-level"
    zh = "该事项现由其他层级（{level}）办理。"
    en = "The issue lies at another level ({level}) now."


class NoLevelAbove(Refused):
    code = "issue-no-level-above"
    zh = "市司法局之上没有可上报的层级。"
    en = "There is no level above the Bureau."


class NoLevelBelow(Refused):
    """It was raised at this level."""

    code = "issue-no-level-below"
    zh = "该事项即由本级提出，无下级可退回。"
    en = "The issue began at this level; there is nobody to return it to."


def level_of_division(division: str) -> IssueLevel:
    """The level that an issue of a division begins at."""
    return _FIRST[level_of(division)]


def place_at(level: str, scope: Scope) -> str | None:
    """The division that a level of an issue's ladder is."""
    if level == IssueLevel.TOWNSHIP:
        return scope.township
    return scope.district if level == IssueLevel.DISTRICT else scope.city


def is_holder(level: str, scope: Scope, roles: Collection[str], division: str) -> bool:
    """Whether a caller acts for the level: the role and the very division, not one above it."""
    return HOLDERS[IssueLevel(level)] in roles and division == place_at(level, scope)


def is_above(level: str, scope: Scope, roles: Collection[str], division: str) -> bool:
    """Whether a caller acts for a level above; the Bureau, above which is none, for itself."""
    at = LADDER.index(IssueLevel(level))
    over = LADDER[at + 1 :] or LADDER[-1:]
    return any(is_holder(one, scope, roles, division) for one in over)


def may_act(
    level: str,
    scope: Scope,
    roles: Collection[str],
    division: str,
    *,
    due_at: datetime | None = None,
    moment: datetime,
) -> None:
    """Refuses a caller who does not act for the level, and a level whose time is over.

    What the deadline found undone goes up, even if the timer has not said so yet; at the Bureau it
    stays and can still be done.
    """
    if not is_holder(level, scope, roles, division):
        raise IssueNotAtYourLevel(level=str(level))
    may_not_leave(level, due_at, moment)


def may_not_leave(level: str, due_at: datetime | None, moment: datetime) -> None:
    """Refuses what is about to go up."""
    if is_leaving(level, due_at, moment):
        assert due_at is not None
        raise DeadlinePassed(due_at=due_at.astimezone(SHANGHAI).isoformat(timespec="minutes"))


def is_leaving(level: str, due_at: datetime | None, moment: datetime) -> bool:
    """Whether the deadline has passed and the issue is about to go up."""
    return due_at is not None and due_at <= moment and level != LADDER[-1]


def above(level: str) -> IssueLevel:
    """The next level up, or `NoLevelAbove`."""
    if level == LADDER[-1]:
        raise NoLevelAbove
    return LADDER[LADDER.index(IssueLevel(level)) + 1]


def below(level: str, origin: str) -> IssueLevel:
    """The level that it came from, or `NoLevelBelow`; `origin` is the division where it arose."""
    if level == level_of_division(origin):
        raise NoLevelBelow
    return LADDER[LADDER.index(IssueLevel(level)) - 1]

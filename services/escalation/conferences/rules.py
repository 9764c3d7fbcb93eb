"""Decisions about joint conferences (联席会议) and exchange meetings (交流会议): values in,
`Refused` out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.escalation.ladder.rules import HOLDERS, IssueLevel, level_of_division
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝联会"
MANDATORY, MINUTES, REMINDER = "conference.mandatory", "conference.minutes", "conference.reminder"
"""The rules that say who must be there, and by when the minutes are issued."""


class ConferenceKind(Term):
    JOINT = "joint", "联席会议"
    EXCHANGE = "exchange", "交流会议"


class MemberKind(Term):
    JUSTICE = "justice", "司法行政部门"
    STAFFING = "staffing", "机构编制部门"
    FINANCE = "finance", "财政部门"
    ENFORCEMENT = "enforcement", "行政执法部门"
    TOWNSHIP = "township", "乡镇(街道)"
    OTHER = "other", "其他单位"


class ConferenceState(Term):
    PLANNED = "planned", "筹备中"
    CALLED = "called", "已通知"
    HELD = "held", "已召开"
    MINUTED = "minuted", "纪要待签发"
    ISSUED = "issued", "纪要已印发"
    DONE = "done", "已办结"
    CANCELLED = "cancelled", "已取消"


class MemberAnswer(Term):
    ATTENDS = "attends", "参会"
    DECLINES = "declines", "不参会"


_S = ConferenceState
_CALL, _OWN = "conference:call", "by who convenes it"
_BY_ANOTHER = "by another than who wrote the minutes"

LIFECYCLE = Lifecycle(
    _S.PLANNED,
    [
        Transition("change", _S.PLANNED, None, _CALL, _OWN),
        Transition("call", _S.PLANNED, _S.CALLED, _CALL, "with the mandatory members"),
        Transition("answer", _S.CALLED, None, "conference:answer", "by a member"),
        Transition("postpone", _S.CALLED, None, _CALL, _OWN),
        Transition("cancel", [_S.PLANNED, _S.CALLED], _S.CANCELLED, _CALL, _OWN),
        Transition(
            "hold", _S.CALLED, _S.HELD, _CALL, "from its day on, the mandatory members present"
        ),
        Transition("write_minutes", _S.HELD, _S.MINUTED, _CALL, _OWN),
        Transition("return_minutes", _S.MINUTED, _S.HELD, "conference:issue", _BY_ANOTHER),
        Transition("issue_minutes", _S.MINUTED, _S.ISSUED, "conference:issue", _BY_ANOTHER),
        Transition("close", _S.ISSUED, _S.DONE, _CALL, "once every resolution is done"),
        Transition("mark_overdue", [_S.HELD, _S.MINUTED], None, None, "the term has passed"),
    ],
    terminal=[_S.DONE, _S.CANCELLED],
)
WAITED_FOR = frozenset({_S.HELD, _S.MINUTED})
"""The minutes are waited for."""


class ConferenceMemberTwice(Refused):
    code = "conference-member-twice"
    status = 422
    zh = "单位 {organisation} 重复。"
    en = "The body {organisation} is invited once."


class ConferenceMemberMissing(Refused):
    """Justice, staffing and finance are what makes it a joint conference."""

    code = "conference-member-missing"
    zh = "联席会议须有{missing}。"
    en = "Bodies that must be there are missing: {missing}."
    basis = "渝府办发〔2022〕70号五(二)"


class ConferenceNotYours(Refused):
    code = "conference-not-yours"
    status = 403
    zh = "该会议由{level}召集。"
    en = "The conference is convened by another level ({level})."


class ConferenceNotMember(Refused):
    code = "conference-not-member"
    status = 403
    zh = "仅由参会单位答复。"
    en = "Only a body that is invited answers."


class ConferenceNotYet(Refused):
    code = "conference-not-yet"
    zh = "会议定于 {on} 召开,在此之前不能登记已召开。"
    en = "The conference is called for {on}."


class ConferenceInThePast(Refused):
    code = "conference-in-the-past"
    status = 422
    zh = "会议时间不得早于当前时间。"
    en = "A conference is called for a time to come."


class ConferenceMinutesByWriter(Refused):
    """Two pairs of eyes."""

    code = "conference-minutes-by-writer"
    status = 403
    zh = "起草纪要的人员不得自行签发。"
    en = "Minutes are issued or returned by another person than who wrote them."


class ConferenceResolutionsOpen(Refused):
    code = "conference-resolutions-open"
    zh = "尚有议定事项未办结。"
    en = "A resolution is not done yet."


class ResolutionOwnerNotMember(Refused):
    code = "resolution-owner-not-member"
    status = 422
    zh = "责任单位 {organisation} 不是参会单位。"
    en = "The body {organisation} was not invited, so nothing is resolved for it."


class ResolutionDueInThePast(Refused):
    code = "resolution-due-in-the-past"
    zh = "议定事项的办理期限已过。"
    en = "The day by which something is to be done has passed."


def may_invite(organisations: Iterable[str]) -> None:
    seen: set[str] = set()
    for organisation in organisations:
        if organisation in seen:
            raise ConferenceMemberTwice(organisation=organisation)
        seen.add(organisation)


def absent(kinds: Collection[str], mandatory: Sequence[str]) -> tuple[str, ...]:
    """Which of those that must be there are not, as people call them."""
    return tuple(MemberKind(kind).label for kind in mandatory if kind not in kinds)


def may_hold(kinds: Collection[str], mandatory: Sequence[str]) -> None:
    """It is no joint conference without those whom it is joint of."""
    if missing := absent(kinds, mandatory):
        raise ConferenceMemberMissing(missing="、".join(missing))


def may_resolve(owners: Iterable[str], members: Collection[str]) -> None:
    for owner in owners:
        if owner not in members:
            raise ResolutionOwnerNotMember(organisation=owner)


def may_fall_due(days: Iterable[date], today: date) -> None:
    if any(day < today for day in days):
        raise ResolutionDueInThePast


def speaks_for(
    organisation: str,
    division: str,
    *,
    convened_in: str,
    own_organisation: str | None,
    own_division: str,
    roles: Collection[str],
) -> bool:
    """Whether somebody of a body, or of the office of its division, unless that convenes, asks."""
    if own_organisation == organisation:
        return True
    holder = HOLDERS[level_of_division(division)]
    return division != convened_in and division == own_division and holder in roles


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether the minutes are late."""
    return state in WAITED_FOR and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a conference decides who may do what now."""

    state: str
    level: str
    starts_at: datetime
    missing: tuple[str, ...]
    """Who must be there and is not invited."""
    minutes_by: str | None
    unresolved: int
    in_time: bool
    """Whether nothing that the minutes resolve is due already."""


@dataclass(frozen=True, kw_only=True)
class Part:
    sub: str
    convenes: bool
    member: bool


def next_state(action: str, at: Standing, part: Part, *, now: datetime) -> ConferenceState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    hindrance = _hindrance(action, at, part, now=now)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, part: Part, *, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, part, now=now) is None
    ]


def _hindrance(action: str, at: Standing, part: Part, *, now: datetime) -> Refused | None:
    if action == "answer":
        return None if part.member else ConferenceNotMember()
    if not part.convenes:
        return ConferenceNotYours(level=IssueLevel(at.level).label)
    match action:
        case "call" if at.missing:
            return ConferenceMemberMissing(missing="、".join(at.missing))
        case "call" if at.starts_at <= now:
            return ConferenceInThePast()
        case "hold" if at.starts_at > now:
            return ConferenceNotYet(on=at.starts_at.isoformat(timespec="minutes"))
        case "issue_minutes" | "return_minutes" if part.sub == at.minutes_by:
            return ConferenceMinutesByWriter()
        case "issue_minutes" if not at.in_time:
            return ResolutionDueInThePast()
        case "close" if at.unresolved:
            return ConferenceResolutionsOpen()
    return None

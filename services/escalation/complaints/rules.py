"""Decisions about complaints (投诉举报): values in, `Refused` out."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.escalation.ladder.rules import IssueLevel
from shared.law.calendar import DeadlinePassed, by_local_clock
from shared.law.divisions import Scope
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝诉"
REPLY, HANDLING = "complaint.reply", "complaint.handling"
"""The rule that says by when the complainant is answered, and by how much that can be put off."""


class ComplaintChannel(Term):
    HOTLINE = "hotline", "12345热线"
    CONTACT_POINT = "contact_point", "基层行政执法联系点"
    VISIT = "visit", "来访"
    LETTER = "letter", "来信"
    PHONE = "phone", "来电"
    WEB = "web", "网络"
    OTHER = "other", "其他"


class ComplaintKind(Term):
    CONDUCT = "conduct", "执法不文明、作风问题"
    INTEGRITY = "integrity", "吃拿卡要等廉洁问题"
    PROCEDURE = "procedure", "执法程序违法"
    POWERS = "powers", "越权执法或者无资格执法"
    INACTION = "inaction", "不履行或者拖延履行职责"
    EXCESSIVE_CHECKS = "excessive_checks", "多头重复检查、乱检查"
    FINES = "fines", "乱罚款、乱收费"
    OTHER = "other", "其他"


AGAINST_CONDUCT = frozenset({ComplaintKind.CONDUCT, ComplaintKind.INTEGRITY})
"""Of how the officers behaved: the body complained of does not look into it itself."""


class ComplaintState(Term):
    RECEIVED = "received", "已登记"
    ACCEPTED = "accepted", "已受理"
    REFUSED = "refused", "不予受理"
    ASSIGNED = "assigned", "已交办"
    REPORTED = "reported", "已报办理结果"
    ANSWERED = "answered", "已答复"
    CLOSED = "closed", "已办结"


class RefusalGround(Term):
    NOT_ENFORCEMENT = "not_enforcement", "不属于行政执法事项"
    NOT_COMPETENT = "not_competent", "不属于本机关职责,已告知有权机关"
    OTHER_WAY = "other_way", "已经进入复议、诉讼或者信访程序"
    REPEATED = "repeated", "重复投诉且已答复"
    NOT_VERIFIABLE = "not_verifiable", "无具体事实,无法核实"


class Outcome(Term):
    SUBSTANTIATED = "substantiated", "属实"
    PARTLY = "partly", "部分属实"
    UNSUBSTANTIATED = "unsubstantiated", "不属实"
    NOT_VERIFIABLE = "not_verifiable", "无法核实"


class ReplyMethod(Term):
    PHONE = "phone", "电话"
    LETTER = "letter", "书面"
    PLATFORM = "platform", "经由来源平台"
    IN_PERSON = "in_person", "当面"
    PUBLIC_NOTICE = "public_notice", "公告"


_S = ComplaintState
OPEN = (_S.RECEIVED, _S.ACCEPTED, _S.ASSIGNED, _S.REPORTED)
"""The complainant waits for an answer."""
_TAKEN_UP = OPEN[1:]

LIFECYCLE = Lifecycle(
    _S.RECEIVED,
    [
        Transition("accept", _S.RECEIVED, _S.ACCEPTED, "complaint:accept"),
        Transition("refuse", _S.RECEIVED, _S.REFUSED, "complaint:refuse", "with an answer"),
        Transition("assign", _TAKEN_UP, _S.ASSIGNED, "complaint:assign"),
        Transition("report", _S.ASSIGNED, _S.REPORTED, "complaint:report", "by the handling body"),
        Transition(
            "answer",
            [_S.ACCEPTED, _S.REPORTED],
            _S.ANSWERED,
            "complaint:answer",
            "by another than who reported",
        ),
        Transition(
            "request_extension",
            _TAKEN_UP,
            None,
            "complaint:request_extension",
            "once, while the deadline runs",
        ),
        Transition(
            "extend", _TAKEN_UP, None, "complaint:extend", "by another than who asked for it"
        ),
        Transition(
            "refuse_extension",
            _TAKEN_UP,
            None,
            "complaint:extend",
            "by another than who asked for it",
        ),
        Transition("escalate", _TAKEN_UP, None, "complaint:escalate", "once"),
        Transition("close", _S.ANSWERED, _S.CLOSED, "complaint:close"),
        Transition("mark_overdue", OPEN, None, None, "the deadline has passed"),
    ],
    terminal=[_S.REFUSED, _S.CLOSED],
)


class ComplaintNotInCharge(Refused):
    """Whoever sees a complaint does not yet decide on it."""

    code = "complaint-not-in-charge"
    status = 403
    zh = "该投诉由{level}办理。"
    en = "The complaint is in the hands of another level ({level})."


class ComplaintNotHandler(Refused):
    code = "complaint-not-handler"
    status = 403
    zh = "仅由承办单位报送办理结果。"
    en = "Only the body that it was assigned to reports what it found."


class ComplaintHandledByAccused(Refused):
    """Nobody looks into their own conduct."""

    code = "complaint-handled-by-accused"
    zh = "涉及执法作风、廉洁问题的投诉,不得交由被投诉单位承办。"
    en = "A complaint about conduct is not handled by the body complained of."
    basis = "《重庆市行政执法责任制条例》第十三条"


class ComplaintAnsweredByReporter(Refused):
    """Two pairs of eyes."""

    code = "complaint-answered-by-reporter"
    status = 403
    zh = "报送办理结果的人员不得自行答复。"
    en = "The answer is given by another person than the one who reported the result."


class ComplaintExtensionAsked(Refused):
    """One extension, asked for once."""

    code = "complaint-extension-asked"
    zh = "延期只能申请一次。"
    en = "An extension is asked for once."


class ComplaintExtensionNotAsked(Refused):
    code = "complaint-extension-not-asked"
    zh = "没有待批准的延期申请。"
    en = "No extension has been asked for."


class ComplaintExtendedByAsker(Refused):
    code = "complaint-extended-by-asker"
    status = 403
    zh = "申请延期的人员不得自行批准。"
    en = "An extension is decided on by another person than the one who asked for it."


class ComplaintHasIssue(Refused):
    code = "complaint-has-issue"
    zh = "该投诉已转为上报事项。"
    en = "An issue was raised of this complaint already."


class ReasonRepeatsComplainant(Refused):
    """What is kept of a look at the complainant is never who they are."""

    code = "complaint-reason-repeats-complainant"
    status = 422
    zh = "查看原因中不得写入投诉人信息。"
    en = "The reason must not repeat who complained."


class ComplaintAnonymous(Refused):
    code = "complaint-anonymous"
    zh = "该投诉为匿名投诉。"
    en = "Nobody is known to have complained."


class ComplaintReceivedLater(Refused):
    code = "complaint-received-later"
    status = 422
    zh = "收到时间 {received_at} 尚未到来。"
    en = "It cannot have been received at {received_at}, which is still to come."


def level_for(kind: ComplaintKind, own: IssueLevel) -> IssueLevel:
    """Who decides on a complaint of a division that begins at `own`.

    What is said of the conduct of a township's officers is for the district: the office that works
    beside them does not judge them.
    """
    if own is IssueLevel.TOWNSHIP and kind in AGAINST_CONDUCT:
        return IssueLevel.DISTRICT
    return own


def masked(text: str, secrets: Iterable[str | None]) -> str:
    """`text` without the complainant's own words for themselves."""
    for secret in sorted({s.strip() for s in secrets if s and len(s.strip()) > 1}, key=len)[::-1]:
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return text


def may_reveal(*, reason: str, secrets: Iterable[str | None]) -> None:
    """The audit trail keeps the reason as it is."""
    if masked(reason, secrets) != reason:
        raise ReasonRepeatsComplainant


def may_assign(*, kind: str, handler: str, against: str | None) -> None:
    if kind in AGAINST_CONDUCT and handler == against:
        raise ComplaintHandledByAccused


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether the complainant still waits though the deadline has passed."""
    return state in OPEN and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a complaint decides who may do what now."""

    state: str
    level: str
    scope: Scope
    handler: str | None
    reported_by: str | None
    extension_asked_by: str | None
    extension_decided: bool
    has_issue: bool
    due_at: datetime


def next_state(
    action: str, at: Standing, *, sub: str, in_charge: bool, handles: bool, now: datetime
) -> ComplaintState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    hindrance = _hindrance(action, at, sub=sub, in_charge=in_charge, handles=handles, now=now)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing,
    *,
    sub: str,
    in_charge: bool,
    handles: bool,
    now: datetime,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sub=sub, in_charge=in_charge, handles=handles, now=now) is None
    ]


def _hindrance(
    action: str, at: Standing, *, sub: str, in_charge: bool, handles: bool, now: datetime
) -> Refused | None:
    if action == "report":
        return None if handles else ComplaintNotHandler()
    if not in_charge:
        return ComplaintNotInCharge(level=IssueLevel(at.level).label)
    match action:
        case "answer" if sub == at.reported_by:
            return ComplaintAnsweredByReporter()
        case "request_extension" if at.extension_asked_by is not None:
            return ComplaintExtensionAsked()
        case "request_extension" if at.due_at <= now:
            return DeadlinePassed(due_at=by_local_clock(at.due_at))
        case "extend" | "refuse_extension" if at.extension_asked_by is None or at.extension_decided:
            return ComplaintExtensionNotAsked()
        case "extend" | "refuse_extension" if sub == at.extension_asked_by:
            return ComplaintExtendedByAsker()
        case "extend" if at.due_at <= now:
            return DeadlinePassed(due_at=by_local_clock(at.due_at))
        case "escalate" if at.has_issue:
            return ComplaintHasIssue()
    return None

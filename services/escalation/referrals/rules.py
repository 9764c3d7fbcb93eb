"""Decisions about referrals to other supervisors (移送衔接): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from services.escalation.matters.rules import SamePerson, Side, Step, Steps, not_for
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝衔"


class ReferralOrgan(Term):
    """Whom it is for."""

    PROCURATORATE = "procuratorate", "检察机关"
    GOVERNMENT_SUPERVISION = "government_supervision", "政务督查机构"
    DISCIPLINE = "discipline", "纪检监察机关"
    RECONSIDERATION = "reconsideration", "行政复议机构"
    AUDIT = "audit", "审计机关"


class ReferralState(Term):
    DRAFTED = "drafted", "拟移送待审批"
    DISCARDED = "discarded", "已作废"
    SENT = "sent", "已移送待签收"
    ACKNOWLEDGED = "acknowledged", "已签收"
    DECLINED = "declined", "不予受理"
    HANDLING = "handling", "办理中"
    COMPLETED = "completed", "已办结待反馈"
    REPLIED = "replied", "已书面反馈"
    CLOSED = "closed", "已销号"


class ReferralStep(Term):
    """What is due."""

    ACCEPTANCE = "acceptance", "决定是否受理"
    HANDLING = "handling", "办理"
    RESULT = "result", "书面反馈结果"
    OTHER_RESULT = "other_result", "反馈结果"


STEPS: Steps = {
    ReferralStep.ACCEPTANCE: Step("referral.handling", "acceptance"),
    ReferralStep.HANDLING: Step("referral.handling", "handling"),
    ReferralStep.RESULT: Step("referral.result_reply"),
    ReferralStep.OTHER_RESULT: Step("referral.handling", "result"),
}
BY_STATUTE = frozenset(
    {ReferralOrgan.RECONSIDERATION, ReferralOrgan.AUDIT, ReferralOrgan.DISCIPLINE}
)
"""Whose written result is due by 《重庆市行政执法监督条例》第二十条."""

_S = ReferralState
_ANSWER = "by the receiver, or for one outside by the sender with the document"
_WITH_THEM = [_S.ACKNOWLEDGED, _S.HANDLING, _S.COMPLETED]
LIFECYCLE = Lifecycle(
    _S.DRAFTED,
    [
        Transition(
            "send",
            _S.DRAFTED,
            _S.SENT,
            "referral:send",
            "by another than who drafted, as a package",
        ),
        Transition("discard", _S.DRAFTED, _S.DISCARDED, "referral:draft", "by the sender"),
        Transition("acknowledge", _S.SENT, _S.ACKNOWLEDGED, None, "the package is confirmed"),
        Transition("accept", _S.ACKNOWLEDGED, _S.HANDLING, "referral:answer", _ANSWER),
        Transition("decline", _S.ACKNOWLEDGED, _S.DECLINED, "referral:answer", _ANSWER),
        Transition("form_team", _S.HANDLING, None, "referral:answer", "by either side"),
        Transition("complete", _S.HANDLING, _S.COMPLETED, "referral:answer", _ANSWER),
        Transition("reply", _S.COMPLETED, _S.REPLIED, "referral:answer", _ANSWER),
        Transition("close", _S.REPLIED, _S.CLOSED, "referral:draft", "by the sender"),
        Transition("urge", [_S.SENT, *_WITH_THEM], None, "referral:draft", "by the sender"),
        Transition("mark_overdue", _WITH_THEM, None, None, "what is due was not done"),
    ],
    terminal=[_S.DISCARDED, _S.DECLINED, _S.CLOSED],
)
_SENDER, _RECEIVER = {Side.SENDER}, {Side.RECEIVER}
WHO: Mapping[str, set[Side]] = {
    **dict.fromkeys(("send", "discard", "close", "urge"), _SENDER),
    **dict.fromkeys(("accept", "decline", "complete", "reply"), _RECEIVER),
    "form_team": {Side.SENDER, Side.RECEIVER},
}


class ReferralCompletedLater(Refused):
    code = "referral-completed-later"
    status = 422
    zh = "办结日期 {day} 尚未到来。"
    en = "It cannot have been completed on {day}, which is still to come."


class ReferralCompletedBefore(Refused):
    code = "referral-completed-before"
    status = 422
    zh = "办结日期 {day} 早于移送日期。"
    en = "It cannot have been completed on {day}, before it was sent."


class ReferralTeamOneSided(Refused):
    """A joint team has people of both sides."""

    code = "referral-team-one-sided"
    status = 422
    zh = "联合工作组应有双方人员参加。"
    en = "A joint team has members of both sides."


def result_step(organ: str) -> ReferralStep:
    """By which rule the written result is due."""
    return ReferralStep.RESULT if organ in BY_STATUTE else ReferralStep.OTHER_RESULT


def may_complete(*, on: date, sent: date, today: date) -> None:
    if on < sent:
        raise ReferralCompletedBefore(day=on.isoformat())
    if on > today:
        raise ReferralCompletedLater(day=on.isoformat())


def may_form_team(*, sides: Collection[str]) -> None:
    if {Side.SENDER, Side.RECEIVER} - set(sides):
        raise ReferralTeamOneSided


def next_state(
    action: str,
    state: str,
    *,
    created_by: str,
    sides: Collection[Side],
    outside: Collection[Side],
    sub: str,
) -> ReferralState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if hindrance := _hindrance(
        action, created_by=created_by, sides=sides, outside=outside, sub=sub
    ):
        raise hindrance
    return target


def allowed_actions(
    state: str,
    *,
    created_by: str,
    sides: Collection[Side],
    outside: Collection[Side],
    sub: str,
    permissions: Collection[str],
) -> Sequence[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(action, created_by=created_by, sides=sides, outside=outside, sub=sub) is None
    ]


def _hindrance(
    action: str, *, created_by: str, sides: Collection[Side], outside: Collection[Side], sub: str
) -> Refused | None:
    if foreign := not_for(action, sides, who=WHO, outside=outside):
        return foreign
    return SamePerson() if action == "send" and sub == created_by else None

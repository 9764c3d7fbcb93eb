"""Decisions about cooperation between enforcement bodies (执法协作): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from services.escalation.matters.rules import SamePerson, Side, Step, Steps, not_for
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝协作"


class CostBearer(Term):
    """Who bears the cost."""

    SENDER = "sender", "请求机关承担"
    RECEIVER = "receiver", "协作机关承担"
    SHARED = "shared", "双方分担"


class CooperationGround(Term):
    """Why a body does not assist."""

    NOT_COMPETENT = "not_competent", "不属于本机关职权范围"
    UNLAWFUL = "unlawful", "协作事项缺乏法律依据"
    HINDERED = "hindered", "严重妨碍本机关履行职责"
    IMPOSSIBLE = "impossible", "客观上无法提供协作"


class CooperationState(Term):
    DRAFTED = "drafted", "拟发函待审批"
    SENT = "sent", "已发函待签收"
    RECEIVED = "received", "已签收待答复"
    REFUSED = "refused", "不予协作"
    ACCEPTED = "accepted", "同意协作"
    DONE = "done", "已反馈结果"
    CLOSED = "closed", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


class CooperationStep(Term):
    """What is due."""

    ANSWER = "answer", "答复是否协作"
    ASSISTANCE = "assistance", "提供协作"
    REWORK = "rework", "继续提供协作"


STEPS: Steps = {
    CooperationStep.ANSWER: Step("cooperation.terms", "answer"),
    CooperationStep.ASSISTANCE: Step("cooperation.terms", "rework"),
    CooperationStep.REWORK: Step("cooperation.terms", "rework"),
}
"""Assistance is due on the day asked for; by its rule where that day came before the answer."""

_S = CooperationState
_ANSWER = "by the receiver, or for one outside by the sender with the document"
LIFECYCLE = Lifecycle(
    _S.DRAFTED,
    [
        Transition(
            "send",
            _S.DRAFTED,
            _S.SENT,
            "cooperation:approve",
            "by another of the body, as a package",
        ),
        Transition("receive", _S.SENT, _S.RECEIVED, None, "the package is confirmed"),
        Transition("accept", _S.RECEIVED, _S.ACCEPTED, "cooperation:answer", _ANSWER),
        Transition("refuse", _S.RECEIVED, _S.REFUSED, "cooperation:answer", _ANSWER),
        Transition("report", _S.ACCEPTED, _S.DONE, "cooperation:answer", _ANSWER),
        Transition("send_back", _S.DONE, _S.ACCEPTED, "cooperation:request", "by the sender"),
        Transition("close", _S.DONE, _S.CLOSED, "cooperation:request", "by the sender"),
        Transition(
            "withdraw",
            [_S.DRAFTED, _S.RECEIVED, _S.ACCEPTED],
            _S.WITHDRAWN,
            "cooperation:request",
            "by the sender",
        ),
        Transition(
            "urge",
            [_S.SENT, _S.RECEIVED, _S.ACCEPTED],
            None,
            "cooperation:request",
            "by the sender",
        ),
        Transition(
            "mark_overdue", [_S.RECEIVED, _S.ACCEPTED], None, None, "what is due was not done"
        ),
    ],
    terminal=[_S.REFUSED, _S.CLOSED, _S.WITHDRAWN],
)
WHO: Mapping[str, set[Side]] = {
    **{action: {Side.SENDER} for action in ("send", "send_back", "close", "withdraw", "urge")},
    **{action: {Side.RECEIVER} for action in ("accept", "refuse", "report")},
}


class CooperationSenderUnknown(Refused):
    code = "cooperation-sender-unknown"
    status = 422
    zh = "您的账号没有所属执法机关,不能请求协作。"
    en = "Assistance is asked for by the body that the caller works for; the token names none."
    basis = "《中华人民共和国行政处罚法》第二十六条"


class CooperationWithOneself(Refused):
    code = "cooperation-with-oneself"
    status = 422
    zh = "不能向本机关请求协作。"
    en = "A body does not ask itself for assistance."


class CooperationDayPast(Refused):
    code = "cooperation-day-past"
    status = 422
    zh = "协作期限 {day} 已经过去。"
    en = "Assistance cannot be due on {day}, which has passed."


def may_request(*, own: str | None, staff: bool, receiver: str | None) -> None:
    """A body asks another one."""
    if own is None or not staff:
        raise CooperationSenderUnknown
    if own == receiver:
        raise CooperationWithOneself


def may_be_due(*, on: date, today: date) -> None:
    if on < today:
        raise CooperationDayPast(day=on.isoformat())


def next_state(
    action: str,
    state: str,
    *,
    created_by: str,
    sides: Collection[Side],
    outside: Collection[Side],
    sub: str,
) -> CooperationState:
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

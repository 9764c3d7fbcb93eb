"""Decisions about cases that a judicial organ hands back (反向移送): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence

from services.escalation.matters.rules import SamePerson, Side, Step, Steps, not_for
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝反移"


class JudicialOrgan(Term):
    POLICE = "police", "公安机关"
    PROCURATORATE = "procuratorate", "人民检察院"
    COURT = "court", "人民法院"


class ReverseTransferState(Term):
    REGISTERED = "registered", "已登记待决定"
    HANDLING = "handling", "已立案处理"
    DECLINED = "declined", "决定不予处理"
    REPLIED = "replied", "已回复"


class ReverseTransferStep(Term):
    """What is due."""

    DECISION = "decision", "决定是否立案处理"
    REPLY = "reply", "回复移送机关"


STEPS: Steps = {
    ReverseTransferStep.DECISION: Step("reverse_transfer.decide"),
    ReverseTransferStep.REPLY: Step("reverse_transfer.reply"),
}

_S = ReverseTransferState
LIFECYCLE = Lifecycle(
    _S.REGISTERED,
    [
        Transition(
            "accept",
            _S.REGISTERED,
            _S.HANDLING,
            "reverse_transfer:decide",
            "by another of the body than who registered it",
        ),
        Transition(
            "decline",
            _S.REGISTERED,
            _S.DECLINED,
            "reverse_transfer:decide",
            "by another of the body than who registered it",
        ),
        Transition(
            "reply",
            [_S.HANDLING, _S.DECLINED],
            _S.REPLIED,
            "reverse_transfer:reply",
            "as a package",
        ),
        Transition(
            "mark_overdue",
            [_S.REGISTERED, _S.HANDLING, _S.DECLINED],
            None,
            None,
            "what is due was not done",
        ),
    ],
    terminal=[_S.REPLIED],
)
WHO: Mapping[str, set[Side]] = {
    action: {Side.RECEIVER} for action in ("accept", "decline", "reply")
}


class ReverseTransferForeign(Refused):
    """It is registered by one of the two between whom it is."""

    code = "reverse-transfer-foreign"
    status = 422
    zh = "只能由移送的司法机关或者接收的行政执法机关登记。"
    en = "It is registered by the judicial organ that hands it over or the body that receives it."
    basis = "《中华人民共和国行政处罚法》第二十七条"


def may_register(*, own: str | None, staff: bool, sides: Collection[str | None]) -> None:
    if own is None or not staff or own not in sides:
        raise ReverseTransferForeign


def next_state(
    action: str, state: str, *, created_by: str, sides: Collection[Side], sub: str
) -> ReverseTransferState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if hindrance := _hindrance(action, created_by=created_by, sides=sides, sub=sub):
        raise hindrance
    return target


def allowed_actions(
    state: str, *, created_by: str, sides: Collection[Side], sub: str, permissions: Collection[str]
) -> Sequence[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(action, created_by=created_by, sides=sides, sub=sub) is None
    ]


def _hindrance(
    action: str, *, created_by: str, sides: Collection[Side], sub: str
) -> Refused | None:
    if foreign := not_for(action, sides, who=WHO):
        return foreign
    return SamePerson() if action in {"accept", "decline"} and sub == created_by else None

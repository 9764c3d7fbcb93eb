"""Decisions about transfers of suspected crimes to the police (两法衔接): values in, `Refused` out.

The steps and their terms are those of the 行政执法机关移送涉嫌犯罪案件的规定 (国务院令第310号).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.matters.rules import (
    SamePerson,
    Side,
    Step,
    Steps,
    is_overdue,
    not_for,
)
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝移"
MATERIALS, INVESTIGATORS = "transfer.materials", "transfer.investigators"
"""The rules that say what goes along, and how many investigate."""


class TransferState(Term):
    FOUND = "found", "已发现待审批"
    DECLINED = "declined", "不批准移送"
    APPROVED = "approved", "已批准移送"
    SENT = "sent", "已移送待签收"
    RECEIVED = "received", "公安机关已签收"
    FILED = "filed", "已立案"
    REFUSED = "refused", "不予立案"
    RECONSIDERING = "reconsidering", "复议中"
    UPHELD = "upheld", "复议维持不予立案"
    SUPERVISING = "supervising", "立案监督中"
    DISMISSED = "dismissed", "立案监督认为不立案理由成立"
    TAKEN_BACK = "taken_back", "已收回依法处理"
    CONCLUDED = "concluded", "已办结"


class TransferStep(Term):
    """What is due."""

    APPROVAL = "approval", "负责人审批"
    SENDING = "sending", "移送公安机关"
    ANSWER = "answer", "公安机关决定是否立案"
    RECONSIDERATION_REQUEST = "reconsideration_request", "提请复议或者建议立案监督"
    RECONSIDERATION = "reconsideration", "公安机关复议决定"
    SUPERVISION_REQUEST = "supervision_request", "建议检察院立案监督"
    SUPERVISION = "supervision", "立案监督结果"
    GOODS = "goods", "移交涉案物品"


STEPS: Steps = {
    TransferStep.APPROVAL: Step("transfer.approve"),
    TransferStep.SENDING: Step("transfer.hand_over"),
    TransferStep.ANSWER: Step("transfer.file"),
    TransferStep.RECONSIDERATION_REQUEST: Step("transfer.reconsideration", "apply"),
    TransferStep.RECONSIDERATION: Step("transfer.reconsideration", "decide"),
    TransferStep.SUPERVISION_REQUEST: Step("transfer.ask_procuratorate"),
    TransferStep.SUPERVISION: Step("transfer.supervision"),
    TransferStep.GOODS: Step("transfer.hand_over_goods"),
}
FORWARD = "transfer.forward"
"""The rule that says how soon the police pass on what is not theirs."""

_S = TransferState
_OPEN = [state for state in _S if state not in {_S.DECLINED, _S.TAKEN_BACK, _S.CONCLUDED}]
_OPEN.remove(_S.DISMISSED)
_ANSWER = "by the receiver, or for one outside by the sender with the document"
LIFECYCLE = Lifecycle(
    _S.FOUND,
    [
        Transition(
            "approve", _S.FOUND, _S.APPROVED, "transfer:approve", "by another of the sender"
        ),
        Transition(
            "decline", _S.FOUND, _S.DECLINED, "transfer:approve", "by another of the sender"
        ),
        Transition("send", _S.APPROVED, _S.SENT, "transfer:send", "with the materials"),
        Transition("receive", _S.SENT, _S.RECEIVED, None, "the package is confirmed"),
        Transition("forward", _S.RECEIVED, _S.SENT, "transfer:answer", _ANSWER),
        Transition(
            "file",
            [_S.RECEIVED, _S.RECONSIDERING, _S.SUPERVISING],
            _S.FILED,
            "transfer:answer",
            _ANSWER,
        ),
        Transition("refuse", _S.RECEIVED, _S.REFUSED, "transfer:answer", _ANSWER),
        Transition(
            "request_reconsideration",
            _S.REFUSED,
            _S.RECONSIDERING,
            "transfer:send",
            "within the term",
        ),
        Transition("uphold", _S.RECONSIDERING, _S.UPHELD, "transfer:answer", _ANSWER),
        Transition("request_supervision", [_S.REFUSED, _S.UPHELD], _S.SUPERVISING, "transfer:send"),
        Transition(
            "dismiss",
            _S.SUPERVISING,
            _S.DISMISSED,
            "transfer:answer",
            "by the procuratorate, or for one outside by the sender with the document",
        ),
        Transition("take_back", [_S.REFUSED, _S.UPHELD], _S.TAKEN_BACK, "transfer:send"),
        Transition("hand_over_goods", _S.FILED, None, "transfer:send", "once, if there are any"),
        Transition("conclude", _S.FILED, _S.CONCLUDED, "transfer:answer", _ANSWER),
        Transition("urge", _OPEN, None, "transfer:urge", "by a supervisor"),
        Transition("mark_overdue", _OPEN, None, None, "what is due was not done"),
    ],
    terminal=[_S.DECLINED, _S.DISMISSED, _S.TAKEN_BACK, _S.CONCLUDED],
)

_SENDER, _RECEIVER = {Side.SENDER}, {Side.RECEIVER}
WHO: Mapping[str, set[Side]] = {
    **dict.fromkeys(("approve", "decline", "send", "take_back", "hand_over_goods"), _SENDER),
    **dict.fromkeys(("request_reconsideration", "request_supervision"), _SENDER),
    **dict.fromkeys(("forward", "file", "refuse", "uphold", "conclude"), _RECEIVER),
    "dismiss": {Side.THIRD},
    "urge": {Side.SUPERVISOR},
}
_REGULATION = "《行政执法机关移送涉嫌犯罪案件的规定》(国务院令第310号)"


class TransferInvestigators(Refused):
    code = "transfer-too-few-investigators"
    status = 422
    zh = "核实情况的行政执法人员不得少于{count}人。"
    en = "At least {count} officers verify what is to be transferred."
    basis = f"{_REGULATION}第五条"


class TransferMaterialsMissing(Refused):
    code = "transfer-materials-missing"
    status = 422
    zh = "移送材料不齐:{missing}。确实没有的,须说明理由。"
    en = "Materials are missing: {missing}. Where there is none, say why."
    basis = f"{_REGULATION}第六条"


class TransferMaterialIndispensable(Refused):
    code = "transfer-material-indispensable"
    status = 422
    zh = "{kinds}不得缺少。"
    en = "A transfer cannot be without these: {kinds}."
    basis = f"{_REGULATION}第六条"


class TransferReconsiderationTooLate(Refused):
    code = "transfer-reconsideration-too-late"
    zh = "提请复议的期限已经届满,可以建议人民检察院立案监督。"
    en = "The time to ask for reconsideration is over; the procuratorate can still be asked."
    basis = f"{_REGULATION}第九条"


class TransferNoGoods(Refused):
    code = "transfer-no-goods"
    zh = "没有待移交的涉案物品。"
    en = "There are no goods left to hand over."
    basis = f"{_REGULATION}第十二条"


class TransferSenderUnknown(Refused):
    """Only a body transfers a case; its staff act for it."""

    code = "transfer-sender-unknown"
    status = 422
    zh = "您的账号没有所属执法机关,不能移送案件。"
    en = "A case is transferred by the body that the caller works for; the token names none."


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a transfer decides who may do what now."""

    state: str
    created_by: str
    due_at: datetime | None
    goods_left: bool
    outside: Collection[Side] = ()
    """The sides that do not use the system."""


def may_register(*, investigators: Collection[str], least: int) -> None:
    """Several officers, each once by the number of the certificate."""
    if len(set(investigators)) < least:
        raise TransferInvestigators(count=least)


def may_send(
    *, kinds: Collection[str], absent: Mapping[AttachmentKind, str], law: Mapping[str, Any]
) -> None:
    """Each kind of material goes along, or is said why it does not exist."""
    if fixed := set(absent) - set(law["may_be_absent"]):
        raise TransferMaterialIndispensable(kinds=named(fixed))
    if missing := set(law["required"]) - set(kinds) - set(absent):
        raise TransferMaterialsMissing(missing=named(missing))


def named(kinds: Collection[str]) -> str:
    """For a refusal's sentence."""
    return "、".join(kind.label for kind in AttachmentKind if kind in kinds)


def next_state(
    action: str, at: Standing, *, sides: Collection[Side], sub: str, now: datetime
) -> TransferState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sides=sides, sub=sub, now=now)) is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, *, sides: Collection[Side], sub: str, now: datetime, permissions: Collection[str]
) -> Sequence[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sides=sides, sub=sub, now=now) is None
    ]


def _hindrance(
    action: str, at: Standing, *, sides: Collection[Side], sub: str, now: datetime
) -> Refused | None:
    if foreign := not_for(action, sides, who=WHO, outside=at.outside):
        return foreign
    match action:
        case "approve" | "decline" if sub == at.created_by:
            return SamePerson()
        case "request_reconsideration" if is_overdue(due_at=at.due_at, now=now):
            return TransferReconsiderationTooLate()
        case "hand_over_goods" if not at.goods_left:
            return TransferNoGoods()
    return None

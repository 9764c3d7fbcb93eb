"""Decisions about calling somebody to account (查处问责): values in, `Refused` out.

重庆市行政执法监督条例 arts. 15, 17: the supervision authority proposes, the organ that has the
authority decides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.escalation.ladder.rules import IssueLevel
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SERIES = "渝问责"


class TargetKind(Term):
    OFFICER = "officer", "行政执法人员"
    LEADER = "leader", "直接负责的主管人员"
    UNIT = "unit", "行政执法单位"


class AccountabilityGround(Term):
    NO_QUALIFICATION = "no_qualification", "无主体资格或者无执法资格执法"
    UNLAWFUL_ACT = "unlawful_act", "违法实施行政执法行为"
    NOT_PERFORMED = "not_performed", "不履行或者拖延履行法定职责"
    ABUSE = "abuse", "滥用职权、徇私舞弊"
    NO_TRANSFER = "no_transfer", "应当移送而不移送、以罚代刑"
    OUTSOURCING = "outsourcing", "执法外包"
    CONCEALMENT = "concealment", "弄虚作假、隐瞒不报"
    NOT_CORRECTED = "not_corrected", "拒不整改"
    OBSTRUCTION = "obstruction", "阻碍、拒绝行政执法监督"
    OTHER = "other", "其他应当追究责任的情形"


class Suggestion(Term):
    """What the level proposes."""

    CRITICISM = "criticism", "批评教育"
    CIRCULAR = "circular", "通报批评"
    LEAVE_POST = "leave_post", "离岗培训、调离执法岗位"
    DISCIPLINE = "discipline", "给予处分"
    JUDICIARY = "judiciary", "移送司法机关"


class AccountabilityOutcome(Term):
    CRITICISM = "criticism", "批评教育"
    ADMONITION = "admonition", "诫勉"
    CIRCULAR = "circular", "通报批评"
    LEAVE_POST = "leave_post", "离岗培训、调离执法岗位"
    DISCIPLINE = "discipline", "给予处分"
    JUDICIARY = "judiciary", "移送司法机关"
    NONE = "none", "不予追究"


class OrganKind(Term):
    APPOINTING = "appointing", "任免机关、单位"
    SUPERIOR = "superior", "上级主管部门"
    DISCIPLINE = "discipline", "纪检监察机关"
    JUDICIARY = "judiciary", "司法机关"


class AccountabilityState(Term):
    PROPOSED = "proposed", "待审批"
    RETURNED = "returned", "退回补充"
    REJECTED = "rejected", "不予提请"
    APPROVED = "approved", "已批准待移送"
    SENT = "sent", "已移送"
    ACKNOWLEDGED = "acknowledged", "有权机关已接收"
    REPORTED = "reported", "已反馈结果"
    CLOSED = "closed", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


_S = AccountabilityState
TERMS = {
    _S.PROPOSED: "accountability.approve",
    _S.APPROVED: "accountability.send",
    _S.SENT: "accountability.acknowledge",
    _S.ACKNOWLEDGED: "accountability.outcome",
}
"""The rule whose term begins with a state."""
REMINDER = "accountability.reminder"

_PROPOSE, _APPROVE, _HANDLE = (
    f"accountability:{verb}" for verb in ("propose", "approve", "handle")
)
_OWN, _BY_ANOTHER = "by the level that proposes", "by another of the level than who proposed it"
_BY_ORGAN = "by the organ that has it"

LIFECYCLE = Lifecycle(
    _S.PROPOSED,
    [
        Transition("approve", _S.PROPOSED, _S.APPROVED, _APPROVE, _BY_ANOTHER),
        Transition("return", _S.PROPOSED, _S.RETURNED, _APPROVE, _BY_ANOTHER),
        Transition("reject", _S.PROPOSED, _S.REJECTED, _APPROVE, _BY_ANOTHER),
        Transition("resubmit", _S.RETURNED, _S.PROPOSED, _PROPOSE, _OWN),
        Transition(
            "withdraw",
            [_S.PROPOSED, _S.RETURNED, _S.APPROVED],
            _S.WITHDRAWN,
            _PROPOSE,
            _OWN,
        ),
        Transition("send", _S.APPROVED, _S.SENT, _PROPOSE, "to another body than the one proposed"),
        Transition("acknowledge", _S.SENT, _S.ACKNOWLEDGED, _HANDLE, _BY_ORGAN),
        Transition("decline", _S.SENT, _S.APPROVED, _HANDLE, _BY_ORGAN),
        Transition("urge", [_S.SENT, _S.ACKNOWLEDGED], None, _PROPOSE, _OWN),
        Transition("report_outcome", _S.ACKNOWLEDGED, _S.REPORTED, _HANDLE, _BY_ORGAN),
        Transition("send_back", _S.REPORTED, _S.ACKNOWLEDGED, _PROPOSE, _OWN),
        Transition("close", _S.REPORTED, _S.CLOSED, _PROPOSE, _OWN),
        Transition("mark_overdue", sorted(TERMS), None, None, "the term has passed"),
    ],
    terminal=[_S.REJECTED, _S.CLOSED, _S.WITHDRAWN],
)
BY_ORGAN = frozenset(t.action for t in LIFECYCLE.transitions if t.permission == _HANDLE)
APPROVER = frozenset(t.action for t in LIFECYCLE.transitions if t.permission == _APPROVE)


class AccountabilityNotInCharge(Refused):
    code = "accountability-not-in-charge"
    status = 403
    zh = "该问责建议由{level}办理。"
    en = "The proposal is in the hands of another level ({level})."


class AccountabilityNotOrgan(Refused):
    code = "accountability-not-organ"
    status = 403
    zh = "仅由受理的有权机关办理。"
    en = "Only the organ that it was sent to does this."


class AccountabilityOwnBody(Refused):
    """Against the people of one's own body the level above proposes."""

    code = "accountability-own-body"
    status = 403
    zh = "涉及本单位的问责建议,由上级提出。"
    en = "A proposal against one's own body is for the level above."


class AccountabilityApprovedByProposer(Refused):
    """Two pairs of eyes."""

    code = "accountability-approved-by-proposer"
    status = 403
    zh = "提出问责建议的人员不得自行审批。"
    en = "A proposal is decided on by another person than who made it."


class AccountabilitySentToAccused(Refused):
    """No body judges itself or who heads it, nor its officers unless it appoints them."""

    code = "accountability-sent-to-accused"
    zh = (
        "单位或者其主管人员被问责的,不得移送该单位自行处理;"
        "执法人员被问责的,仅可移送作为任免机关的所在单位。"
    )
    en = (
        "A proposal against a body or its head is not sent to that body;"
        " one against an officer is only if the body appoints them."
    )


class TargetNotNamed(Refused):
    """A person has a name, a body a credit code."""

    code = "accountability-target-not-named"
    status = 422
    zh = "须写明被问责人员姓名。"
    en = "Name the person who is proposed."


def may_propose(*, kind: str, name: str | None) -> None:
    if kind != TargetKind.UNIT and name is None:
        raise TargetNotNamed


def may_send(*, kind: str, organ_kind: str, to_accused: bool) -> None:
    """The body that appoints them may judge its officers; none judges itself or its heads."""
    judges = kind == TargetKind.OFFICER and organ_kind == OrganKind.APPOINTING
    if to_accused and not judges:
        raise AccountabilitySentToAccused


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether somebody is late."""
    return state in TERMS and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part a caller has in a proposal."""

    level: str
    in_charge: bool
    """Acts for the level that proposes."""
    organ: bool
    """Works for the organ that has it."""
    proposed: bool
    """Is who proposed it."""


def next_state(action: str, state: str, part: Part) -> AccountabilityState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(action, part)
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(state: str, part: Part, *, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if _hindrance(action, part) is None]


def _hindrance(action: str, part: Part) -> Refused | None:
    if action in BY_ORGAN:
        return None if part.organ else AccountabilityNotOrgan()
    if not part.in_charge:
        return AccountabilityNotInCharge(level=IssueLevel(part.level).label)
    if action in APPROVER and part.proposed:
        return AccountabilityApprovedByProposer()
    return None


def may_reveal(part: Part) -> None:
    """Those who handle it may see whom it is about."""
    if part.organ:
        return
    if not part.in_charge:
        raise AccountabilityNotInCharge(level=IssueLevel(part.level).label)

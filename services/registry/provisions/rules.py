"""Decisions about what enforcement is provided with: values in, `Refused` out."""

from collections.abc import Collection

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ProvisionKind(Term):
    """The five kinds that the notice names."""

    INSTITUTION = "institution", "机构"
    STAFF = "staff", "人员"
    INFORMATION_SYSTEM = "information_system", "信息系统"
    EQUIPMENT = "equipment", "装备"
    FUNDS = "funds", "经费"


class ProvisionState(Term):
    PLANNED = "planned", "计划"
    APPROVED = "approved", "已批准"
    DELIVERED = "delivered", "已到位"
    IN_USE = "in_use", "使用中"
    RETIRED = "retired", "已退出"
    CANCELLED = "cancelled", "已取消"


OUTSTANDING = (ProvisionState.PLANNED, ProvisionState.APPROVED)
ARRIVED = (ProvisionState.DELIVERED, ProvisionState.IN_USE, ProvisionState.RETIRED)

LIFECYCLE = Lifecycle(
    ProvisionState.PLANNED,
    [
        Transition("change", ProvisionState.PLANNED, None, "provision:plan"),
        Transition(
            "approve",
            ProvisionState.PLANNED,
            ProvisionState.APPROVED,
            "provision:approve",
            needs="another person than who planned it, and a document",
        ),
        Transition(
            "deliver",
            ProvisionState.APPROVED,
            ProvisionState.DELIVERED,
            "provision:plan",
            needs="no more than was approved",
        ),
        Transition("use", ProvisionState.DELIVERED, ProvisionState.IN_USE, "provision:plan"),
        Transition(
            "retire",
            ProvisionState.IN_USE,
            ProvisionState.RETIRED,
            "provision:plan",
            needs="a reason",
        ),
        Transition(
            "cancel", OUTSTANDING, ProvisionState.CANCELLED, "provision:plan", needs="a reason"
        ),
    ],
    terminal=(ProvisionState.RETIRED, ProvisionState.CANCELLED),
)


class ProvisionSelfApproved(Refused):
    """Two pairs of eyes."""

    code = "provision-self-approved"
    zh = "编报人不得批准自己编报的保障事项。"
    en = "Who planned a provision, or changed it last, cannot approve it."


class MoreThanApproved(Refused):
    """What was not approved is a provision of its own."""

    code = "provision-more-than-approved"
    status = 422
    zh = "到位数量 {delivered} 不得超过批准的 {approved}，超出部分须另行编报。"
    en = "{delivered} were delivered of {approved} approved: plan what is beyond apart."


def may_approve(*, approver: str, planned_by: str) -> None:
    """Another person than who planned it."""
    if approver == planned_by:
        raise ProvisionSelfApproved


def may_deliver(*, delivered: int, approved: int) -> None:
    """Not more than was approved; less is told as a gap."""
    if delivered > approved:
        raise MoreThanApproved(delivered=delivered, approved=approved)


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, planned_by: str
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action != "approve" or caller != planned_by]

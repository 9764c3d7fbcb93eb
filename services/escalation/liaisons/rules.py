"""Decisions about standing liaison (常态联络): values in, `Refused` out."""

from collections.abc import Collection, Sequence
from datetime import date

from services.escalation.matters.rules import SamePerson, Step, Steps
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class LiaisonOrgan(Term):
    """Who takes part in it."""

    PETITION = "petition", "信访部门"
    POLICE = "police", "公安机关"
    PROCURATORATE = "procuratorate", "检察机关"
    COURT = "court", "人民法院"
    JUSTICE = "justice", "司法行政部门"


class LiaisonState(Term):
    PROPOSED = "proposed", "拟建立"
    ACTIVE = "active", "联络中"
    ENDED = "ended", "已终止"


class LiaisonEntryKind(Term):
    MEETING = "meeting", "联络会议"
    CALL = "call", "电话沟通"
    NOTICE = "notice", "情况通报"
    JOINT_VISIT = "joint_visit", "联合走访"
    CASE_CONSULTATION = "case_consultation", "个案会商"


class LiaisonStep(Term):
    """What is due."""

    CONTACT = "contact", "定期联络"


STEPS: Steps = {LiaisonStep.CONTACT: Step("liaison.contact")}

_S = LiaisonState
LIFECYCLE = Lifecycle(
    _S.PROPOSED,
    [
        Transition(
            "confirm",
            _S.PROPOSED,
            _S.ACTIVE,
            "liaison:keep",
            "by another of the office than who proposed it",
        ),
        Transition("log", _S.ACTIVE, None, "liaison:keep", "by the office"),
        Transition("end", [_S.PROPOSED, _S.ACTIVE], _S.ENDED, "liaison:keep", "by the office"),
        Transition("mark_overdue", _S.ACTIVE, None, None, "nothing was heard for too long"),
    ],
    terminal=[_S.ENDED],
)


class LiaisonNotYours(Refused):
    code = "liaison-not-yours"
    status = 403
    zh = "联络名册由建立联络的机构维护。"
    en = "A liaison is kept by the office that has it."


class LiaisonWithItself(Refused):
    """It is between the petition office and the others, not among one of them."""

    code = "liaison-with-itself"
    status = 422
    zh = "联络双方不得为同一类机关。"
    en = "A liaison is between two different kinds of authority."


class LiaisonHeldLater(Refused):
    code = "liaison-held-later"
    status = 422
    zh = "联络日期 {day} 尚未到来。"
    en = "It cannot have been held on {day}, which is still to come."


def may_propose(*, own: LiaisonOrgan, partner: LiaisonOrgan) -> None:
    if own == partner:
        raise LiaisonWithItself


def may_log(*, on: date, today: date) -> None:
    if on > today:
        raise LiaisonHeldLater(day=on.isoformat())


def next_state(action: str, state: str, *, created_by: str, keeps: bool, sub: str) -> LiaisonState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if hindrance := _hindrance(action, created_by=created_by, keeps=keeps, sub=sub):
        raise hindrance
    return target


def allowed_actions(
    state: str, *, created_by: str, keeps: bool, sub: str, permissions: Collection[str]
) -> Sequence[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(action, created_by=created_by, keeps=keeps, sub=sub) is None
    ]


def _hindrance(action: str, *, created_by: str, keeps: bool, sub: str) -> Refused | None:
    if not keeps:
        return LiaisonNotYours()
    return SamePerson() if action == "confirm" and sub == created_by else None

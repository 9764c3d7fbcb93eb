"""Who is invited to an inspection, and on what terms they take part: values in, `Refused` out."""

from collections.abc import Collection

from services.oversight.inspections.rules import InspectionState
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST = 50


class ParticipantKind(Term):
    NPC_DELEGATE = "npc_delegate", "人大代表"
    CPPCC_MEMBER = "cppcc_member", "政协委员"
    EXPERT = "expert", "专家学者"
    JOURNALIST = "journalist", "新闻工作者"
    LAY_MONITOR = "lay_monitor", "行政执法监督员"
    OTHER = "other", "其他"


class ParticipantState(Term):
    INVITED = "invited", "已邀请"
    ACCEPTED = "accepted", "已接受"
    DECLINED = "declined", "已谢绝"
    RECUSED = "recused", "已回避"
    OPINED = "opined", "已提出意见"
    WITHDRAWN = "withdrawn", "已撤回邀请"


_S = ParticipantState
INVITE, ANSWER = "participant:invite", "participant:answer"

LIFECYCLE = Lifecycle(
    _S.INVITED,
    [
        Transition("accept", _S.INVITED, _S.ACCEPTED, ANSWER, "no interest is declared"),
        Transition("decline", _S.INVITED, _S.DECLINED, ANSWER),
        Transition("recuse", [_S.INVITED, _S.ACCEPTED], _S.RECUSED, ANSWER),
        Transition("withdraw", [_S.INVITED, _S.ACCEPTED], _S.WITHDRAWN, INVITE),
        Transition("opine", _S.ACCEPTED, _S.OPINED, ANSWER, "the inspectors have been on site"),
    ],
    terminal=[_S.DECLINED, _S.RECUSED, _S.WITHDRAWN, _S.OPINED],
)

GOING_ON = (
    InspectionState.ASSIGNED,
    InspectionState.ACCEPTED,
    InspectionState.NOTIFIED,
    InspectionState.ON_SITE,
)
SEEN = (
    InspectionState.ON_SITE,
    InspectionState.EVIDENCE_SEALED,
    InspectionState.FINDINGS_SIGNED,
    InspectionState.CLOSED,
)


class ParticipantOfSubject(Refused):
    """Nobody takes part in the inspection of the body they work for."""

    code = "participant-of-subject"
    status = 422
    zh = "受邀人员属于被检查单位，应当回避。"
    en = "The person belongs to the inspected organisation."


class ParticipantIsInspector(Refused):
    """Whoever inspects is not invited to watch it."""

    code = "participant-is-inspector"
    status = 422
    zh = "该人员已是本次检查的检查人员。"
    en = "The person is an inspector of this inspection."


class ParticipantTwice(Refused):
    code = "participant-twice"
    zh = "该人员已受邀参加本次检查。"
    en = "The person is invited to this inspection already."


class TooManyParticipants(Refused):
    code = "participants-too-many"
    status = 422
    zh = "一次检查至多邀请 {most} 人。"
    en = "At most {most} people are invited to an inspection."


class InspectionOver(Refused):
    """Nobody joins what is over, or was called off."""

    code = "inspection-over"
    zh = "检查处于“{state}”，不能再变更参加人员。"
    en = "The inspection is {state}: who takes part does not change any more."


class NothingSeen(Refused):
    """An opinion is of what was seen."""

    code = "participant-saw-nothing"
    zh = "检查尚未进场，不能提出意见。"
    en = "Nobody has been on site, so there is nothing to have an opinion of."


class NotTheParticipant(Refused):
    """The invited answer for themselves, or the supervisors write down what they said."""

    code = "not-the-participant"
    status = 403
    zh = "只能由受邀人员本人或者承办的监督机构办理。"
    en = "Only the invited person or the supervisors of the inspection may do this."


def may_invite(
    *,
    state: str,
    organisation: str | None,
    account: str | None,
    subject: str,
    inspectors: Collection[str],
    invited: int,
) -> None:
    """Conflicts that can be seen from here; the others are declared by the invited."""
    if state not in GOING_ON:
        raise InspectionOver(state=state)
    if organisation == subject:
        raise ParticipantOfSubject
    if account is not None and account in inspectors:
        raise ParticipantIsInspector
    if invited >= MOST:
        raise TooManyParticipants(most=MOST)


def next_state(action: str, *, state: str, inspection: str) -> ParticipantState:
    """The state that `action` leads to while the inspection is in the state `inspection`."""
    target = LIFECYCLE.next(action, state)
    if (refusal := _hindrance(action, inspection)) is not None:
        raise refusal
    return target


def allowed_actions(*, state: str, inspection: str, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(action, inspection) is None
    ]


def _hindrance(action: str, inspection: str) -> Refused | None:
    if action == "opine":
        return None if inspection in SEEN else NothingSeen()
    return None if inspection in GOING_ON else InspectionOver(state=inspection)

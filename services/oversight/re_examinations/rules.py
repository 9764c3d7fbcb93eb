"""The re-examination (复查) of a decision: applied for in time, decided in time, never a stay.

重庆市行政执法监督条例 art. 21.
"""

from collections.abc import Collection
from datetime import datetime

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ReExaminationState(Term):
    REQUESTED = "requested", "已申请"
    WITHDRAWN = "withdrawn", "已撤回"
    UPHELD = "upheld", "维持"
    CHANGED = "changed", "变更"
    REVOKED = "revoked", "撤销"


_S = ReExaminationState
REQUEST, DECIDE = "re_examination:request", "re_examination:decide"
BY_OTHERS = "by another than those who made the decision, with a document that says so"

LIFECYCLE = Lifecycle(
    ReExaminationState.REQUESTED,
    [
        Transition("withdraw", _S.REQUESTED, _S.WITHDRAWN, REQUEST),
        Transition("uphold", _S.REQUESTED, _S.UPHELD, DECIDE, BY_OTHERS),
        Transition("amend", _S.REQUESTED, _S.CHANGED, DECIDE, BY_OTHERS),
        Transition("revoke", _S.REQUESTED, _S.REVOKED, DECIDE, BY_OTHERS),
        Transition("mark_overdue", _S.REQUESTED, None, None, "the term has passed"),
    ],
    terminal=[_S.WITHDRAWN, _S.UPHELD, _S.CHANGED, _S.REVOKED],
)


class DecisionUnknown(Refused):
    code = "re-examined-document-unknown"
    status = 422
    zh = "没有可由您申请复查的监督决定 {document_id}。"
    en = "There is no decision {document_id} within your reach."


class DecidedByMaker(Refused):
    """Whoever wrote, reviewed or signed the decision does not judge it."""

    code = "re-examination-by-maker"
    status = 403
    zh = "起草、审核、签发原决定的人员不得办理复查。"
    en = "Those who wrote, reviewed or signed the decision do not re-examine it."


class NoReExaminationDecision(Refused):
    """The outcome is a document (复查决定书) that answers the decision and is signed."""

    code = "re-examination-decision-missing"
    status = 422
    zh = "须先签发对该决定的复查决定书。"
    en = "Name a signed document that answers the decision."


def next_state(action: str, *, state: str, makers: Collection[str], sub: str) -> ReExaminationState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if _by_maker(action, makers=makers, sub=sub):
        raise DecidedByMaker
    return target


def allowed_actions(
    *, state: str, makers: Collection[str], sub: str, permissions: Collection[str]
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if not _by_maker(action, makers=makers, sub=sub)
    ]


def _by_maker(action: str, *, makers: Collection[str], sub: str) -> bool:
    return action != "withdraw" and sub in makers


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether the term to decide has passed."""
    return state == ReExaminationState.REQUESTED and due_at <= now

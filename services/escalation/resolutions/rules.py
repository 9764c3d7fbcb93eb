"""Decisions about what a conference resolved (议定事项): values in, `Refused` out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

REMINDER = "resolution.reminder"


class ResolutionState(Term):
    ASSIGNED = "assigned", "待落实"
    REPORTED = "reported", "已报落实情况"
    DONE = "done", "已落实"
    WITHDRAWN = "withdrawn", "不再办理"


_S = ResolutionState
_CHECK, _OWN = "resolution:check", "by the level that convened"

LIFECYCLE = Lifecycle(
    _S.ASSIGNED,
    [
        Transition("report", _S.ASSIGNED, _S.REPORTED, "resolution:report", "by the owner"),
        Transition("accept", _S.REPORTED, _S.DONE, _CHECK, "by another than who reported"),
        Transition("send_back", _S.REPORTED, _S.ASSIGNED, _CHECK, _OWN),
        Transition("postpone", _S.ASSIGNED, None, _CHECK, _OWN),
        Transition("urge", _S.ASSIGNED, None, _CHECK, _OWN),
        Transition(
            "withdraw",
            [_S.ASSIGNED, _S.REPORTED],
            _S.WITHDRAWN,
            _CHECK,
            "by another than who reported",
        ),
        Transition("mark_overdue", _S.ASSIGNED, None, None, "the day has passed"),
    ],
    terminal=[_S.DONE, _S.WITHDRAWN],
)
OPEN = frozenset({_S.ASSIGNED, _S.REPORTED})


class ResolutionNotOwner(Refused):
    code = "resolution-not-owner"
    status = 403
    zh = "仅由责任单位报告落实情况。"
    en = "Only the body that owns it reports."


class ResolutionNotYours(Refused):
    code = "resolution-not-yours"
    status = 403
    zh = "仅由召集会议的一级办理。"
    en = "Only the level that convened the conference does this."


class ResolutionAcceptedByReporter(Refused):
    code = "resolution-accepted-by-reporter"
    status = 403
    zh = "报告落实情况的人员不得自行认可或者撤销。"
    en = "Whoever reported it neither finds it done nor withdraws it."


class ResolutionNotLater(Refused):
    code = "resolution-not-later"
    status = 422
    zh = "新的期限须晚于今日。"
    en = "The new day is one to come."


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    return state == _S.ASSIGNED and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Part:
    owner: bool
    convenes: bool
    reported: bool
    """Is who reported it."""


def next_state(action: str, state: str, part: Part) -> ResolutionState:
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
    if action == "report":
        return None if part.owner else ResolutionNotOwner()
    if not part.convenes:
        return ResolutionNotYours()
    if action in {"accept", "withdraw"} and part.reported:
        return ResolutionAcceptedByReporter()
    return None

"""Decisions about assignments (交办): values in, `Refused` out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.escalation.ladder.rules import LADDER, IssueLevel, level_of_division
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

LONGEST = "issue.assignment"
"""The rule that says how long there is at most."""


class AssignmentState(Term):
    ASSIGNED = "assigned", "已交办"
    REPORTED = "reported", "已报结果"
    ACCEPTED = "accepted", "已认可"
    WITHDRAWN = "withdrawn", "已撤回"


_S = AssignmentState
LIFECYCLE = Lifecycle(
    _S.ASSIGNED,
    [
        Transition("report", _S.ASSIGNED, _S.REPORTED, "assignment:report", "by the assignee"),
        Transition("accept", _S.REPORTED, _S.ACCEPTED, "assignment:accept", "by who assigned"),
        Transition(
            "send_back", _S.REPORTED, _S.ASSIGNED, "assignment:send_back", "by who assigned"
        ),
        Transition("urge", _S.ASSIGNED, None, "assignment:urge", "by who assigned"),
        Transition(
            "withdraw",
            [_S.ASSIGNED, _S.REPORTED],
            _S.WITHDRAWN,
            "assignment:withdraw",
            "by who assigned",
        ),
        Transition("mark_overdue", _S.ASSIGNED, None, None, "the deadline has passed"),
    ],
    terminal=[_S.ACCEPTED, _S.WITHDRAWN],
)


class AssignmentNotDown(Refused):
    """An issue is assigned to a division below, or to a body."""

    code = "assignment-not-down"
    status = 422
    zh = "只能交办给下级({division}不是下级),或者交办给具体单位。"
    en = "An issue is assigned to a division below (not {division}), or to a body."


class AssignmentTooLong(Refused):
    code = "assignment-too-long"
    status = 422
    zh = "办理期限不得晚于规则规定的 {latest},且不得早于今日。"
    en = "It is to be reported by {latest} at the latest, and not before today."


class AssignmentNotYours(Refused):
    code = "assignment-not-yours"
    status = 403
    zh = "仅由承办方报告结果,仅由交办方认可、退回、督办或者撤回。"
    en = "The assignee reports; who assigned accepts, sends back, urges or withdraws."


def may_assign(*, by: IssueLevel, division: str, organisation: str | None) -> None:
    """To a body of any place that the level covers, or to the office of a level below."""
    down = LADDER.index(level_of_division(division)) < LADDER.index(by)
    if organisation is None and not down:
        raise AssignmentNotDown(division=division)


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether nothing was reported though the deadline has passed."""
    return state == AssignmentState.ASSIGNED and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part a caller has in an assignment."""

    assigned: bool
    assignee: bool


def next_state(action: str, state: str, part: Part) -> AssignmentState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    if not _fits(action, part):
        raise AssignmentNotYours
    return target


def allowed_actions(state: str, part: Part, *, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if _fits(action, part)]


def _fits(action: str, part: Part) -> bool:
    return part.assignee if action == "report" else part.assigned

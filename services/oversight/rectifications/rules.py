"""How an order to correct (责令整改) runs: its deadline, its one extension, its verification."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.oversight.findings.rules import FindingState
from shared.clock import legal_day
from shared.law.calendar import Deadline, DeadlinePassed, by_local_clock, last_day_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class RectificationState(Term):
    ORDERED = "ordered", "已责令"
    RECEIVED = "received", "已签收"
    IN_PROGRESS = "in_progress", "整改中"
    SUBMITTED = "submitted", "已提交"
    VERIFIED = "verified", "验收通过"
    REJECTED = "rejected", "验收退回"
    OVERDUE = "overdue", "逾期未改"
    REVOKED = "revoked", "已撤回"


class ExtensionState(Term):
    REQUESTED = "requested", "已申请"
    GRANTED = "granted", "已批准"
    REFUSED = "refused", "未批准"


_S = RectificationState
OPEN = (_S.ORDERED, _S.RECEIVED, _S.IN_PROGRESS, _S.REJECTED)
"""States in which the deadline runs."""
ANSWER, JUDGE = "rectification:answer", "rectification:judge"

LIFECYCLE = Lifecycle(
    RectificationState.ORDERED,
    [
        Transition("receive", _S.ORDERED, _S.RECEIVED, ANSWER),
        Transition("begin", [_S.RECEIVED, _S.REJECTED], _S.IN_PROGRESS, ANSWER),
        Transition(
            "plan",
            [_S.RECEIVED, _S.IN_PROGRESS, _S.REJECTED, _S.OVERDUE],
            None,
            ANSWER,
            "its days lie before the deadline while that runs",
        ),
        Transition("report_progress", [_S.IN_PROGRESS, _S.OVERDUE], None, ANSWER),
        Transition("submit", [_S.IN_PROGRESS, _S.OVERDUE], _S.SUBMITTED, ANSWER),
        Transition(
            "request_extension", OPEN, None, ANSWER, "the deadline runs and none is used up"
        ),
        Transition("extend", OPEN, None, JUDGE, "one is requested and the deadline runs"),
        Transition("refuse_extension", OPEN, None, JUDGE, "one is requested"),
        Transition(
            "verify",
            _S.SUBMITTED,
            _S.VERIFIED,
            JUDGE,
            "by another than who submitted it and who ordered it",
        ),
        Transition("reject", _S.SUBMITTED, _S.REJECTED, JUDGE, "by another than who submitted it"),
        Transition(
            "revoke",
            [*OPEN, _S.SUBMITTED, _S.OVERDUE],
            _S.REVOKED,
            JUDGE,
            "by another than who ordered it and who submitted it",
        ),
        Transition("mark_overdue", OPEN, _S.OVERDUE, None, "the deadline has passed"),
    ],
    terminal=[RectificationState.VERIFIED, RectificationState.REVOKED],
)


class FindingUnknown(Refused):
    """No such finding, or not one that the caller may see."""

    code = "finding-unknown"
    status = 422
    zh = "没有可由您办理的问题 {finding_id}。"
    en = "There is no finding {finding_id} within your reach."


class FindingNotConfirmed(Refused):
    code = "finding-not-confirmed"
    status = 409
    zh = "问题尚未认定（当前状态：{state}），不能责令整改。"
    en = "Only a confirmed finding can be ordered to be corrected; this one is {state}."


class FindingIsDuplicate(Refused):
    """The one that counts is ordered to be corrected."""

    code = "finding-is-duplicate"
    status = 409
    zh = "该问题是重复记录，请对原记录（{duplicate_of}）责令整改。"
    en = "The finding is a duplicate of {duplicate_of}: that one is ordered to be corrected."


class RectificationExists(Refused):
    code = "rectification-exists"
    status = 409
    zh = "该问题已责令整改。"
    en = "The finding has an order to correct it already."


class PeriodTooLong(Refused):
    code = "rectification-period-too-long"
    status = 422
    zh = "整改期限不得超过规定的期限（最迟 {latest}）。"
    en = "The period is longer than the rule allows (until {latest} at the latest)."


class ExtensionUsed(Refused):
    """The rule says how many extensions there are."""

    code = "extension-used"
    status = 409
    zh = "整改期限的延长次数（{times} 次）已经用完。"
    en = "No further extension can be granted: the rule allows {times}."


class ExtensionPending(Refused):
    code = "extension-pending"
    status = 409
    zh = "已有待批的延期申请。"
    en = "An extension is requested already and not decided yet."


class ExtensionNotRequested(Refused):
    code = "extension-not-requested"
    status = 409
    zh = "没有待批的延期申请。"
    en = "No extension is requested."


class ExtensionTooLong(Refused):
    code = "extension-too-long"
    status = 422
    zh = "延期不得超过 {longest} 日。"
    en = "An extension is at most {longest} days long."


class JudgedBySubmitter(Refused):
    """Two pairs of eyes: nobody verifies their own work."""

    code = "rectification-judged-by-submitter"
    status = 403
    zh = "提交人不得验收、退回或者撤回自己提交的整改。"
    en = "A submission is judged by another person than the one who made it."


class VerifiedByOrderer(Refused):
    """Two pairs of eyes: who ordered it does not say alone that it is done."""

    code = "rectification-verified-by-orderer"
    status = 403
    zh = "下达责令整改的人员不得验收该整改，须由另一人验收。"
    en = "What was ordered is verified by another person than the one who ordered it."


class RevokedByOrderer(Refused):
    code = "rectification-revoked-by-orderer"
    status = 403
    zh = "下达责令整改的人员不得自行撤回，须由另一人决定。"
    en = "An order is revoked by another person than the one who gave it."


class PlanAfterDeadline(Refused):
    """What is planned for a later day would be too late."""

    code = "rectification-plan-after-deadline"
    status = 422
    zh = "整改措施的完成日 {day} 晚于整改期限（{last_day}）。"
    en = "The plan names {day}, which is behind the deadline, {last_day}."


def may_plan(*, state: str, due_at: datetime, days: Collection[date]) -> None:
    """While the deadline runs, no step of a plan ends behind it; behind it, any day is better."""
    last_day = last_day_of(due_at)
    if state != RectificationState.OVERDUE and days and (latest := max(days)) > last_day:
        raise PlanAfterDeadline(day=latest.isoformat(), last_day=last_day.isoformat())


def may_order(*, finding_state: str, duplicate_of: UUID | None, ordered: bool) -> None:
    """Whether a finding can be ordered to be corrected."""
    if finding_state != FindingState.CONFIRMED:
        raise FindingNotConfirmed(state=finding_state)
    if duplicate_of is not None:
        raise FindingIsDuplicate(duplicate_of=str(duplicate_of))
    if ordered:
        raise RectificationExists


def may_set(due_at: datetime, *, latest: datetime) -> None:
    """A period of the author's own choice is never longer than the rule's."""
    if due_at > latest:
        raise PeriodTooLong(latest=last_day_of(latest).isoformat())


def may_ask_for(days: int, *, longest: Deadline) -> Deadline:
    """The length of an extension, in the unit and with the roll of the rule."""
    if days > longest.n:
        raise ExtensionTooLong(longest=longest.n)
    return Deadline(n=days, unit=longest.unit, roll=longest.roll)


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    """Whether the deadline has passed without a submission that holds."""
    return state == RectificationState.OVERDUE or (state in OPEN and due_at <= now)


def remaining_days(*, state: str, due_at: datetime, now: datetime) -> int | None:
    """Calendar days to the last day; 0 on it, negative behind it; None once it is submitted."""
    if state not in {*OPEN, RectificationState.OVERDUE}:
        return None
    return (last_day_of(due_at) - legal_day(now)).days


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a rectification decides who may do what now."""

    state: str
    due_at: datetime
    extension: str | None
    extensions_granted: int
    extensions_allowed: int
    """`times` of the rule `rectification.extension` on the day of the order."""
    ordered_by: str
    submitted_by: str | None


def next_state(action: str, at: Standing, *, sub: str, now: datetime) -> RectificationState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sub=sub, now=now)) is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, *, sub: str, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sub=sub, now=now) is None
    ]


def _hindrance(action: str, at: Standing, *, sub: str, now: datetime) -> Refused | None:
    if action in {"request_extension", "extend", "refuse_extension"}:
        return _no_extension(action, at, now)
    if action in {"verify", "reject", "revoke"} and sub == at.submitted_by:
        return JudgedBySubmitter()
    if action == "verify" and sub == at.ordered_by:
        return VerifiedByOrderer()
    if action == "revoke" and sub == at.ordered_by:
        return RevokedByOrderer()
    return None


def _no_extension(action: str, at: Standing, now: datetime) -> Refused | None:
    pending = at.extension == ExtensionState.REQUESTED
    if at.extensions_granted >= at.extensions_allowed:
        return ExtensionUsed(times=at.extensions_allowed)
    if action == "request_extension" and pending:
        return ExtensionPending()
    if action != "request_extension" and not pending:
        return ExtensionNotRequested()
    if action != "refuse_extension" and at.due_at <= now:
        return DeadlinePassed(due_at=by_local_clock(at.due_at))
    return None

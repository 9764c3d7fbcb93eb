"""What a finding (监督检查问题) goes through before it counts."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from shared.law.calendar import by_local_clock
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class Severity(Term):
    MINOR = "minor", "一般"
    SERIOUS = "serious", "较重"
    GRAVE = "grave", "严重"


class FindingState(Term):
    RECORDED = "recorded", "已记录"
    COMMENTED = "commented", "已陈述意见"
    CONFIRMED = "confirmed", "已认定"
    WITHDRAWN = "withdrawn", "已撤销"


_S = FindingState

LIFECYCLE = Lifecycle(
    FindingState.RECORDED,
    [
        Transition(
            "comment", _S.RECORDED, _S.COMMENTED, "finding:comment", "the comment period runs"
        ),
        Transition(
            "confirm",
            [_S.RECORDED, _S.COMMENTED],
            _S.CONFIRMED,
            "finding:decide",
            "commented or the comment period is over, by another than the recorder",
        ),
        Transition("withdraw", [_S.RECORDED, _S.COMMENTED], _S.WITHDRAWN, "finding:decide"),
    ],
    terminal=[FindingState.CONFIRMED, FindingState.WITHDRAWN],
)

ORDER = "order_rectification"
"""Shown beside the lifecycle's actions: it is `POST /rectifications` with this finding's id."""


class FindingCode(BaseModel):
    """An entry of the code book."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    label: str
    severity: Severity
    names_officer: bool
    """Whether a finding of this code must name the officer."""
    effective_from: date
    effective_to: date | None = None
    legal_basis: list[str]

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


class FindingCodeUnknown(Refused):
    code = "finding-code-unknown"
    status = 422
    zh = "问题代码 {finding_code} 不存在或已停用。"
    en = "The code book has no code {finding_code} in force."


class OfficerNotNamed(Refused):
    code = "finding-officer-not-named"
    status = 422
    zh = "该类问题（{finding_code}）必须指明执法人员。"
    en = "A finding of the code {finding_code} must name the officer."


class OfficerUnknown(Refused):
    """No such officer of the inspected subject."""

    code = "officer-unknown"
    status = 422
    zh = "被检查单位没有执法人员 {officer_id}。"
    en = "The inspected subject has no officer {officer_id}."


class InspectionUnknown(Refused):
    """No such inspection, or not one that the caller may see."""

    code = "inspection-unknown"
    status = 422
    zh = "没有可由您办理的监督检查 {inspection_id}。"
    en = "There is no inspection {inspection_id} within your reach."


class CommentPeriodOver(Refused):
    code = "finding-comment-period-over"
    status = 409
    zh = "陈述意见的期限已于 {comment_due_at} 届满。"
    en = "The comment period ended at {comment_due_at}."


class CommentPeriodRunning(Refused):
    """The subject is heard first."""

    code = "finding-comment-period-running"
    status = 409
    zh = "被检查单位尚未陈述意见，期限至 {comment_due_at}。"
    en = "The subject has not commented and may do so until {comment_due_at}."


class ConfirmedByRecorder(Refused):
    """Two pairs of eyes: whoever wrote it down does not decide on it."""

    code = "finding-confirmed-by-recorder"
    status = 403
    zh = "记录人不得认定自己记录的问题。"
    en = "A finding is confirmed by another person than the one who recorded it."


def entry(book: Iterable[FindingCode], code: str, *, on: date, officer: bool) -> FindingCode:
    """The entry of the code book that is in force, for a finding with or without an officer."""
    for known in book:
        if known.code == code and known.in_force(on):
            if known.names_officer and not officer:
                raise OfficerNotNamed(finding_code=code)
            return known
    raise FindingCodeUnknown(finding_code=code)


def next_state(
    action: str,
    *,
    state: str,
    comment_due_at: datetime,
    recorded_by: str,
    sub: str,
    now: datetime,
) -> FindingState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(
        action,
        state=state,
        comment_due_at=comment_due_at,
        recorded_by=recorded_by,
        sub=sub,
        now=now,
    )
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    comment_due_at: datetime,
    recorded_by: str,
    ordered: bool,
    sub: str,
    now: datetime,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    actions = [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(
            action,
            state=state,
            comment_due_at=comment_due_at,
            recorded_by=recorded_by,
            sub=sub,
            now=now,
        )
        is None
    ]
    if state == FindingState.CONFIRMED and not ordered and "rectification:order" in permissions:
        actions.append(ORDER)
    return actions


def _hindrance(
    action: str, *, state: str, comment_due_at: datetime, recorded_by: str, sub: str, now: datetime
) -> Refused | None:
    running = now < comment_due_at
    if action == "comment" and not running:
        return CommentPeriodOver(comment_due_at=by_local_clock(comment_due_at))
    if action == "confirm" and sub == recorded_by:
        return ConfirmedByRecorder()
    if action == "confirm" and state == FindingState.RECORDED and running:
        return CommentPeriodRunning(comment_due_at=by_local_clock(comment_due_at))
    return None

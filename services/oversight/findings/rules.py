"""What a finding (监督检查问题) goes through before it counts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from shared.law.calendar import by_local_clock
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class Severity(Term):
    MINOR = "minor", "一般"
    SERIOUS = "serious", "较重"
    GRAVE = "grave", "严重"


class LinkKind(Term):
    DUPLICATE = "duplicate", "重复记录"
    SAME_CAUSE = "same_cause", "同一原因"


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
        Transition(
            "reopen",
            [_S.CONFIRMED, _S.WITHDRAWN],
            _S.RECORDED,
            "finding:decide",
            "no order to correct it stands, by another than who decided",
        ),
        Transition("link", tuple(_S), None, "finding:link"),
        Transition("unlink", tuple(_S), None, "finding:link", "it was linked to another"),
        Transition("end_comments", _S.RECORDED, None, None, "the comment period is over"),
    ],
)

ORDER = "order_rectification"
"""Shown beside the lifecycle's actions: it is `POST /rectifications` with this finding's id."""


class FindingCode(BaseModel):
    """An entry of the code book."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    edition: int = 1
    """Counts the entries that a code had, one after the other."""
    label: str
    severity: Severity
    names_officer: bool
    """Whether a finding of this code must name the officer."""
    effective_from: date
    effective_to: date | None = None
    legal_basis: list[str]

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


class BrokenCodeBook(ValueError):
    """Two entries of one code hold on one day, or their editions are out of order."""


def check_book(book: Sequence[FindingCode]) -> None:
    """Raise `BrokenCodeBook` unless a code has one entry a day, its editions counted from 1."""
    by_code: dict[str, list[FindingCode]] = {}
    for known in book:
        by_code.setdefault(known.code, []).append(known)
    for code, entries in by_code.items():
        if [known.edition for known in entries] != list(range(1, len(entries) + 1)):
            raise BrokenCodeBook(f"{code}: editions are counted from 1, in order")
        for before, after in pairwise(entries):
            if before.effective_to is None or before.effective_to > after.effective_from:
                raise BrokenCodeBook(f"{code}: edition {before.edition} does not end in time")


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


class ReopenedByDecider(Refused):
    """Two pairs of eyes: whoever decided does not say alone that it was wrong."""

    code = "finding-reopened-by-decider"
    status = 403
    zh = "作出认定或者撤销的人员不得自行重新审查。"
    en = "A finding is reopened by another person than the one who decided on it."


class FindingHasOrder(Refused):
    """What rests on it is undone first."""

    code = "finding-has-order"
    status = 409
    zh = "该问题已责令整改，须先撤回责令整改。"
    en = "The finding is ordered to be corrected: the order is revoked first."


class LinkedFindingUnknown(Refused):
    """No such finding, or not one that the caller may see."""

    code = "linked-finding-unknown"
    status = 422
    zh = "没有可由您办理的问题 {finding_id}。"
    en = "There is no finding {finding_id} within your reach."


class LinkedToItself(Refused):
    code = "finding-linked-to-itself"
    status = 422
    zh = "问题不得与自身关联。"
    en = "A finding is not linked to itself."


class DuplicateOfAnotherSubject(Refused):
    code = "finding-duplicate-of-another-subject"
    status = 422
    zh = "重复记录只能是同一单位的问题。"
    en = "Only a finding about the same subject can be recorded twice."


class DuplicateOfDuplicate(Refused):
    """There is one that counts, and the others point to it."""

    code = "finding-duplicate-of-duplicate"
    status = 409
    zh = "该问题或者所指问题已是重复记录，或者已被指为重复记录的原记录。"
    en = "One of the two is a duplicate already, or this one has duplicates itself."


class FindingsLinked(Refused):
    code = "findings-linked"
    status = 409
    zh = "两个问题已经关联。"
    en = "The two findings are linked already."


class FindingsNotLinked(Refused):
    code = "findings-not-linked"
    status = 409
    zh = "该问题没有关联 {other_id}。"
    en = "The finding is not linked to {other_id}."


class NothingLinked(Refused):
    code = "finding-without-links"
    status = 409
    zh = "该问题没有由其发起的关联。"
    en = "The finding is not linked to another."


def may_link(
    *,
    kind: str,
    itself: bool,
    same_subject: bool,
    duplicates: bool,
) -> None:
    """`duplicates` says that one is a duplicate already, or that others are duplicates of it."""
    if itself:
        raise LinkedToItself
    if kind == LinkKind.DUPLICATE and not same_subject:
        raise DuplicateOfAnotherSubject
    if kind == LinkKind.DUPLICATE and duplicates:
        raise DuplicateOfDuplicate


def entry(book: Iterable[FindingCode], code: str, *, on: date, officer: bool) -> FindingCode:
    """The entry of the code book that is in force, for a finding with or without an officer."""
    for known in book:
        if known.code == code and known.in_force(on):
            if known.names_officer and not officer:
                raise OfficerNotNamed(finding_code=code)
            return known
    raise FindingCodeUnknown(finding_code=code)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a finding decides who may do what now."""

    state: str
    comment_due_at: datetime
    recorded_by: str
    decided_by: str | None
    ordered: bool
    """An order to correct it stands."""
    duplicate: bool
    links: int
    """How many findings it was linked to."""


def next_state(action: str, at: Standing, *, sub: str, now: datetime) -> FindingState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sub=sub, now=now)) is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, *, sub: str, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    actions = [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sub=sub, now=now) is None
    ]
    free = at.state == FindingState.CONFIRMED and not at.ordered and not at.duplicate
    if free and "rectification:order" in permissions:
        actions.append(ORDER)
    return actions


def _hindrance(action: str, at: Standing, *, sub: str, now: datetime) -> Refused | None:
    running = now < at.comment_due_at
    if action == "comment" and not running:
        return CommentPeriodOver(comment_due_at=by_local_clock(at.comment_due_at))
    if action == "confirm" and sub == at.recorded_by:
        return ConfirmedByRecorder()
    if action == "confirm" and at.state == FindingState.RECORDED and running:
        return CommentPeriodRunning(comment_due_at=by_local_clock(at.comment_due_at))
    if action == "reopen" and at.ordered:
        return FindingHasOrder()
    if action == "reopen" and sub == at.decided_by:
        return ReopenedByDecider()
    if action == "unlink" and not at.links:
        return NothingLinked()
    return None

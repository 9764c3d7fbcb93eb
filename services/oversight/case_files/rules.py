"""Decisions about a drawn case file and its sheets (评查表): values in, `Refused` out."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from services.oversight.case_reviews.rules import MANAGE, ZERO, CaseReviewState, ErrorClass
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SCORE = "case_file:score"


class CaseFileState(Term):
    SAMPLED = "sampled", "待评查"
    DISPUTED = "disputed", "评分分歧"
    SETTLED = "settled", "已定分"
    RAISED = "raised", "已转监督问题"


class SheetRole(Term):
    REVIEWER = "reviewer", "评查人"
    ARBITER = "arbiter", "复评人"


_F = CaseFileState

LIFECYCLE = Lifecycle(
    CaseFileState.SAMPLED,
    [
        Transition(
            "score",
            _F.SAMPLED,
            None,
            SCORE,
            needs="one of the two reviewers, once, blind to the other",
        ),
        Transition("agree", _F.SAMPLED, _F.SETTLED, needs="both within the gap"),
        Transition("dispute", _F.SAMPLED, _F.DISPUTED, needs="both in, further apart than the gap"),
        Transition("arbitrate", _F.DISPUTED, _F.SETTLED, SCORE, needs="the arbiter"),
        Transition("adjust", _F.SETTLED, None, needs="an objection that was upheld"),
        Transition(
            "raise",
            _F.SETTLED,
            _F.RAISED,
            MANAGE,
            needs="errors in it, the review concluded, and the inspection open to findings",
        ),
    ],
    terminal=(_F.RAISED,),
)


class NotReviewer(Refused):
    """Only who was named scores."""

    code = "case-file-not-reviewer"
    status = 403
    zh = "您不是该案卷的评查人。"
    en = "You are not named to score this file."


class SheetExists(Refused):
    """A sheet is handed in once: what follows may have been seen."""

    code = "case-file-sheet-exists"
    zh = "您已提交该案卷的评查表。"
    en = "You have handed in your sheet for this file."


class ErrorsAboveWeight(Refused):
    code = "case-file-errors-above-weight"
    status = 422
    zh = "“{error_class}”类扣分不得超过 {weight} 分。"
    en = "Errors of the class {error_class} cost at most {weight} points."


class CaseFileWithoutErrors(Refused):
    code = "case-file-without-errors"
    zh = "该案卷未发现错误，不能转为监督问题。"
    en = "No error was found in the file; there is nothing to raise."


class CaseReviewOpen(Refused):
    """The body is heard before a finding is made of it."""

    code = "case-review-not-concluded"
    zh = "案卷评查尚未办结（状态：{state}）。"
    en = "The review is {state}, not concluded."


def scored(deductions: Iterable[Mapping[str, Any]], weights: Mapping[str, Any]) -> Decimal:
    """Points of a file: the weights of all classes less what errors cost in each."""
    lost: dict[str, Decimal] = {}
    for one in deductions:
        kind = one["error_class"]
        lost[kind] = lost.get(kind, ZERO) + Decimal(one["points"])
    for kind, points in lost.items():
        if points > Decimal(str(weights[kind])):
            label = ErrorClass(kind).label
            raise ErrorsAboveWeight(error_class=label, weight=weights[kind])
    whole = sum((Decimal(str(weight)) for weight in weights.values()), ZERO)
    return whole - sum(lost.values(), ZERO)


def are_apart(first: Decimal, second: Decimal, *, gap: Decimal) -> bool:
    """Whether an arbiter is needed: they differ by more than the gap."""
    return abs(first - second) > gap


def may_score(
    action: str, *, sub: str, reviewers: Collection[str], arbiter: str | None, handed_in: bool
) -> None:
    """A reviewer scores once; the arbiter settles what is disputed."""
    if (action == "score" and sub not in reviewers) or (action == "arbitrate" and sub != arbiter):
        raise NotReviewer
    if handed_in:
        raise SheetExists


def may_raise(*, review: str, errors: int) -> None:
    """A finding is made of errors, once the body has been heard on them."""
    if review != CaseReviewState.CONCLUDED:
        raise CaseReviewOpen(state=str(review))
    if not errors:
        raise CaseFileWithoutErrors


def allowed_actions(
    *,
    state: str,
    review: str,
    errors: int,
    reviewers: Collection[str],
    arbiter: str | None,
    handed_in: bool,
    findable: bool,
    sub: str,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now with a file.

    `findable` says whether findings may still be recorded in its inspection.
    """
    barred = set()
    if sub not in reviewers or handed_in or review != CaseReviewState.ASSIGNED:
        barred.add("score")
    if sub != arbiter or handed_in:
        barred.add("arbitrate")
    if review != CaseReviewState.CONCLUDED or not errors or not findable:
        barred.add("raise")
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in barred]

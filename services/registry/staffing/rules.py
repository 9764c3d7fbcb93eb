"""Decisions about posts and who fills them: values in, `Refused` out."""

from collections.abc import Collection

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class BodyKind(Term):
    """Whose posts a plan counts."""

    SUPERVISION_AUTHORITY = "supervision_authority", "行政执法监督机构"
    ENFORCEMENT_SUBJECT = "enforcement_subject", "行政执法主体"


class StaffingState(Term):
    FILED = "filed", "已申报"
    APPROVED = "approved", "已核定"
    WITHDRAWN = "withdrawn", "已撤回"
    CLOSED = "closed", "年度结束"


STANDING = (StaffingState.FILED, StaffingState.APPROVED, StaffingState.CLOSED)

LIFECYCLE = Lifecycle(
    StaffingState.FILED,
    [
        Transition("change", StaffingState.FILED, None, "staffing:file"),
        Transition(
            "approve",
            StaffingState.FILED,
            StaffingState.APPROVED,
            "staffing:approve",
            needs="another person than who filed it, the staffing office's number, and a year"
            " that is not over",
        ),
        Transition(
            "withdraw",
            StaffingState.FILED,
            StaffingState.WITHDRAWN,
            "staffing:file",
            needs="a reason",
        ),
        Transition(
            "adjust",
            StaffingState.APPROVED,
            None,
            "staffing:approve",
            needs="the staffing office's new number",
        ),
        Transition("close", StaffingState.APPROVED, StaffingState.CLOSED, needs="the year over"),
    ],
    terminal=(StaffingState.WITHDRAWN, StaffingState.CLOSED),
)


class StaffingPlanExists(Refused):
    """One plan a division, kind of body and year."""

    code = "staffing-plan-exists"
    zh = "该区划该类机构该年度已有编制计划。"
    en = "There is a plan of this division, kind of body and year already."


class StaffingYearOver(Refused):
    """Nobody fills the posts of a year that is over."""

    code = "staffing-year-over"
    status = 422
    zh = "{year} 年度已结束，不得申报或者核定该年度编制。"
    en = "The year {year} is over: its posts can be neither filed nor approved."


class StaffingSelfApproved(Refused):
    """Who filed a plan does not approve it."""

    code = "staffing-self-approved"
    zh = "申报人不得核定自己申报的编制计划。"
    en = "Who filed a staffing plan cannot approve it."


class ApprovalInFuture(Refused):
    """The staffing office cannot have decided tomorrow."""

    code = "staffing-approval-in-future"
    status = 422
    zh = "机构编制部门核定日期 {on} 尚未到来。"
    en = "The day of the staffing office's decision, {on}, is still to come."


def may_be_filed(*, year: int, this_year: int) -> None:
    """Posts are planned for a year that still runs, or is to come."""
    if year < this_year:
        raise StaffingYearOver(year=year)


def may_approve(*, approver: str, filed_by: str, year: int, this_year: int) -> None:
    """Two pairs of eyes, and in time."""
    if approver == filed_by:
        raise StaffingSelfApproved
    may_be_filed(year=year, this_year=this_year)


def is_short(*, state: str, year: int, this_year: int, headcount: int, actual: int) -> bool:
    """配齐: the posts of this year, once they are approved, are filled."""
    return state == StaffingState.APPROVED and year == this_year and actual < headcount


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, filed_by: str, over: bool
) -> list[str]:
    """What somebody in charge may do now; `over` says whether the year is."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    if caller == filed_by or over:
        return [action for action in actions if action != "approve"]
    return actions

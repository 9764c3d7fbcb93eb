"""Decisions about budget lines: values in, `Refused` out."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class Purpose(Term):
    """What the money is for: enforcement and its supervision are budgeted apart."""

    ENFORCEMENT = "enforcement", "行政执法"
    SUPERVISION = "supervision", "行政执法监督"


class Source(Term):
    OWN_BUDGET = "own_budget", "本级财政"
    TRANSFER = "transfer", "上级转移支付"
    OTHER = "other", "其他"


class BudgetState(Term):
    DRAFTED = "drafted", "已编制"
    SUBMITTED = "submitted", "已上报"
    APPROVED = "approved", "已批复"
    EXECUTED = "executed", "执行中"
    CLOSED = "closed", "已决算"
    WITHDRAWN = "withdrawn", "已撤回"


GRANTED = (BudgetState.APPROVED, BudgetState.EXECUTED, BudgetState.CLOSED)
HANDED_IN = (BudgetState.SUBMITTED, *GRANTED)
STANDING = (BudgetState.DRAFTED, *HANDED_IN)

LIFECYCLE = Lifecycle(
    BudgetState.DRAFTED,
    [
        Transition("change", BudgetState.DRAFTED, None, "budget:draft"),
        Transition("submit", BudgetState.DRAFTED, BudgetState.SUBMITTED, "budget:draft"),
        Transition(
            "withdraw",
            BudgetState.DRAFTED,
            BudgetState.WITHDRAWN,
            "budget:draft",
            needs="a reason",
        ),
        Transition(
            "return",
            BudgetState.SUBMITTED,
            BudgetState.DRAFTED,
            "budget:approve",
            needs="a reason",
        ),
        Transition(
            "approve",
            BudgetState.SUBMITTED,
            BudgetState.APPROVED,
            "budget:approve",
            needs="another person than who drafted or submitted",
        ),
        Transition(
            "spend",
            (BudgetState.APPROVED, BudgetState.EXECUTED),
            BudgetState.EXECUTED,
            "budget:spend",
            needs="its year begun, and a reason above what was appropriated",
        ),
        Transition(
            "reverse",
            BudgetState.EXECUTED,
            None,
            "budget:reverse",
            needs="money spent that was entered by mistake, a reason",
        ),
        Transition(
            "close",
            (BudgetState.APPROVED, BudgetState.EXECUTED),
            BudgetState.CLOSED,
            "budget:approve",
        ),
    ],
    terminal=(BudgetState.CLOSED, BudgetState.WITHDRAWN),
)


class BudgetLineExists(Refused):
    """One line a division, body, year, purpose and source."""

    code = "budget-line-exists"
    zh = "该区划（单位）该年度同一用途、同一来源的经费已编制。"
    en = "There is a line of this division, body, year, purpose and source already."


class SupervisionBudgetByOffice(Refused):
    """The supervision of enforcement is paid for by who supervises."""

    code = "supervision-budget-by-office"
    status = 403
    zh = "行政执法监督经费由司法行政部门编制。"
    en = "The budget of supervision is drawn up by the legal office."


class BudgetSelfApproved(Refused):
    """Two pairs of eyes."""

    code = "budget-self-approved"
    zh = "编制人、上报人不得批复自己的经费预算。"
    en = "Who drafted or submitted a budget line cannot approve it."


class BudgetOverspent(Refused):
    """More than was appropriated is spent for a reason only."""

    code = "budget-overspent"
    status = 422
    zh = "支出合计 {spent} 元将超过批复的 {appropriated} 元，须说明理由。"
    en = "With this, {spent} yuan are spent of {appropriated} appropriated: say why."


class SpendingDayInvalid(Refused):
    """Money is spent in the line's year or after it, and not tomorrow."""

    code = "budget-spending-day-invalid"
    status = 422
    zh = "支出日期 {on} 须在 {year} 年度开始之后，且不得晚于今天。"
    en = "The day {on} must be after the year {year} has begun, and not to come."


def may_draft(*, purpose: Purpose, by_office: bool) -> None:
    """执法 and 执法监督 are kept apart, by who answers for each."""
    if purpose is Purpose.SUPERVISION and not by_office:
        raise SupervisionBudgetByOffice


def may_approve(*, approver: str, drafted_by: str, submitted_by: str | None) -> None:
    """Another person than who drafted, or changed it last, and than who submitted."""
    if approver in {drafted_by, submitted_by}:
        raise BudgetSelfApproved


def may_spend(
    *,
    spent: Decimal,
    appropriated: Decimal,
    on: date,
    year: int,
    today: date,
    reason: str | None,
) -> None:
    """`spent` is the sum with this spending."""
    if on > today or on.year < year:
        raise SpendingDayInvalid(on=on.isoformat(), year=year)
    if spent > appropriated and not reason:
        raise BudgetOverspent(spent=f"{spent:.2f}", appropriated=f"{appropriated:.2f}")


def fall(*, last_year: Decimal | None, this_year: Decimal) -> Decimal:
    """By how much a year has less than the one before; 0 where it has not."""
    return max((last_year or Decimal(0)) - this_year, Decimal(0))


def is_flagged(*, falls_by: Decimal, last_year: Decimal | None, percent: int) -> bool:
    """投入稳定: a fall by `percent` of last year or more, by the rule `budget.fall`."""
    return falls_by > 0 and falls_by * 100 >= (last_year or Decimal(0)) * percent


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    authors: Collection[str | None],
    begun: bool,
    spent: Decimal,
) -> list[str]:
    """What somebody in charge may do now; `authors` drafted and submitted, `begun` is the year."""
    barred = set()
    if caller in authors:
        barred.add("approve")
    if not begun:
        barred.add("spend")
    if not spent:
        barred.add("reverse")
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in barred]

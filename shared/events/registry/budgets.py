"""Facts of budget lines. Amounts are text: yuan with two decimals."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Event


class BudgetFact(Event):
    """A budget line as it stands, compared with the year before."""

    subject_field: ClassVar[str] = "budget_id"

    budget_id: UUID
    division: str
    level: Literal["city", "district", "township"]
    organisation: str | None
    year: int
    purpose: str
    """`enforcement` or `supervision`."""
    source: str
    in_budget: bool
    amount: str
    appropriated: str | None
    spent: str
    falls_by: str
    """By how much the division or body has less for the purpose than the year before."""
    flagged: bool
    """Whether that is as much as the rule in force flags."""
    state: str


class BudgetDrafted(BudgetFact):
    type: ClassVar[str] = "registry.budget.drafted.v1"


class BudgetChanged(BudgetFact):
    type: ClassVar[str] = "registry.budget.changed.v1"


class BudgetSubmitted(BudgetFact):
    type: ClassVar[str] = "registry.budget.submitted.v1"


class BudgetReturned(BudgetFact):
    """Back to a draft."""

    type: ClassVar[str] = "registry.budget.returned.v1"


class BudgetWithdrawn(BudgetFact):
    type: ClassVar[str] = "registry.budget.withdrawn.v1"


class BudgetApproved(BudgetFact):
    type: ClassVar[str] = "registry.budget.approved.v1"


class BudgetSpent(BudgetFact):
    type: ClassVar[str] = "registry.budget.spent.v1"


class BudgetSpendingReversed(BudgetFact):
    """Money spent was entered by mistake; `spent` is without it. Why stays with the entry."""

    type: ClassVar[str] = "registry.budget.spending_reversed.v1"

    spending_id: UUID
    reversed_amount: str


class BudgetClosed(BudgetFact):
    type: ClassVar[str] = "registry.budget.closed.v1"


class BudgetMissing(Event):
    """A division has handed in no budget for the coming year; told once a year and division."""

    type: ClassVar[str] = "registry.budget.missing.v1"
    subject_field: ClassVar[str] = "division"

    division: str
    level: Literal["city", "district", "township"]
    year: int
    purposes: list[str]
    """For which of `enforcement` and `supervision`."""

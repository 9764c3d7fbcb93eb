"""Budget lines over HTTP. Amounts are text in yuan with two decimals: see `shared.web.money`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.budgets.rules import (
    BudgetState,
    Purpose,
    Source,
    allowed_actions,
    fall,
    is_flagged,
)
from services.registry.budgets.tables import BudgetLine, BudgetSpending
from services.registry.permissions import in_charge
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.identifiers import CreditCode
from shared.reversals import EntryView
from shared.web.money import Yuan
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView

Amount = Annotated[Yuan, Field(gt=0)]
Year = Annotated[int, Field(ge=2000, le=2100)]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the line", examples=["测算依据不足"]),
]


class BudgetRequest(Input):
    """Money that is asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106",
                    "year": 2027,
                    "purpose": "supervision",
                    "source": "own_budget",
                    "in_budget": True,
                    "amount": "120000.00",
                }
            ]
        }
    )

    division: DivisionCode
    organisation: CreditCode | None = Field(
        default=None, description="The body; left out where it is the division's as a whole"
    )
    year: Year
    purpose: Purpose = Field(description="Enforcement and its supervision are kept apart")
    source: Source = Source.OWN_BUDGET
    in_budget: bool = Field(description="Whether it is part of the fiscal budget (纳入财政预算)")
    amount: Amount = Field(description="What is asked for")


class BudgetPatch(Input):
    """Fields of a draft to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "130000.00"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    in_budget: bool = Field(default_factory=bool)
    amount: Amount = Field(default_factory=lambda: Decimal(1))


class ApprovalRequest(Input):
    """What was appropriated, and by which document."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"appropriated": "110000.00", "document_no": "沙财行〔2026〕8号"}]
        }
    )

    appropriated: Amount
    document_no: Line


class SpendingRequest(Input):
    """Money that was spent; above what was appropriated with a reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": "5600.50", "item": "执法记录仪维护"}]}
    )

    amount: Amount
    item: Line = Field(description="What for")
    on: date | None = Field(default=None, description="Today if left out")
    document_no: Line | None = None
    reason: Reason | None = None


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class BudgetView(ResourceView):
    """A budget line, and how the year compares with the one before."""

    division: str
    level: Level
    organisation: str | None
    year: int
    purpose: Purpose
    source: Source
    in_budget: bool
    amount: Yuan
    appropriated: Yuan | None
    spent: Yuan
    overspent_reason: str | None
    document_no: str | None
    last_year: Yuan | None = Field(
        description="Appropriated the year before to the same division or body for the same"
        " purpose, from all sources; null if nothing is known of it"
    )
    this_year: Yuan = Field(
        description="The same for this year; what is not approved yet counts as asked for"
    )
    falls_by: Yuan = Field(description="By how much this year has less; 0 where it has not")
    flagged: bool = Field(description="Whether that is as much as rule `budget.fall` flags")
    state: BudgetState
    reason: str | None = Field(description="Why it was returned or withdrawn")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls,
        line: BudgetLine,
        years: tuple[Decimal | None, Decimal],
        percent: int,
        actor: Actor,
        today: date,
    ) -> Self:
        """The view of `line` for `actor`; `years` are the sums of last year and of this one."""
        last_year, this_year = years
        falls_by = fall(last_year=last_year, this_year=this_year)
        told: dict[str, Any] = {
            "last_year": last_year,
            "this_year": this_year,
            "falls_by": falls_by,
            "flagged": is_flagged(falls_by=falls_by, last_year=last_year, percent=percent),
            "allowed_actions": [],
        }
        if in_charge(
            actor,
            district=line.district,
            township=line.township,
            organisation=line.organisation or "",
        ):
            told["allowed_actions"] = allowed_actions(
                state=line.state,
                permissions=actor.permissions,
                caller=actor.sub,
                authors={line.drafted_by, line.submitted_by},
                begun=line.year <= today.year,
                spent=line.spent,
            )
        names = cls.model_fields.keys() - told.keys()
        return cls.model_validate({**told, **{name: getattr(line, name) for name in names}})


class SpendingView(EntryView):
    """Money that was spent of a line."""

    id: UUID
    amount: Yuan
    on: date = Field(description="The day on which it was paid")
    item: str
    document_no: str | None
    reason: str | None
    recorded_by: str = Field(description="`sub` of the person")
    recorded_at: datetime

    @classmethod
    def of(cls, spending: BudgetSpending) -> Self:
        """The view of money spent."""
        told = {name: getattr(spending, name) for name in cls.model_fields if name != "on"}
        return cls.model_validate({**told, "on": spending.spent_on})


class BudgetQuery(Paging):
    """Which lines, in which order."""

    sort: Literal["id", "-id", "year", "-year", "updated_at", "-updated_at"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    organisation: CreditCode | None = None
    year: Year | None = None
    purpose: Purpose | None = None
    in_budget: bool | None = None
    state: BudgetState | None = None


class SpendingQuery(Paging):
    """Which part of what was spent; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"

"""Budget lines, and what was spent of each."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.budgets.rules import (
    GRANTED,
    STANDING,
    BudgetLineExists,
    BudgetState,
    Purpose,
    Source,
)
from services.registry.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level
from shared.reversals import Reversible, reversal_check

MONEY = Numeric(16, 2)


class BudgetLine(Versioned, Scoped, Base):
    """Money for enforcement, or for its supervision, of a division or body in a year."""

    __tablename__ = "budget_line"
    __table_args__ = (
        *scope_indexes("budget_line"),
        Index(
            "uq_budget_line_year",
            "division",
            "organisation",
            "year",
            "purpose",
            "source",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(one_of("state", STANDING)),
            info={"refusal": BudgetLineExists},
        ),
        Index("ix_budget_line_organisation", "organisation"),
        CheckConstraint(one_of("state", BudgetState), name="state"),
        CheckConstraint(one_of("purpose", Purpose), name="purpose"),
        CheckConstraint(one_of("source", Source), name="source"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("amount > 0 AND spent >= 0", name="amounts"),
        CheckConstraint(
            f"(appropriated IS NOT NULL) = ({one_of('state', GRANTED)})", name="appropriated"
        ),
        CheckConstraint(
            "spent = 0 OR spent <= appropriated OR overspent_reason IS NOT NULL", name="overspent"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    level: Mapped[str]
    organisation: Mapped[str | None]
    """Credit code of the body; none where it is the division's as a whole."""
    year: Mapped[int]
    purpose: Mapped[str]
    source: Mapped[str]
    in_budget: Mapped[bool]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    """What was asked for."""
    appropriated: Mapped[Decimal | None] = mapped_column(MONEY)
    spent: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    """The sum of its spendings, but for those that were reversed."""
    overspent_reason: Mapped[str | None]
    document_no: Mapped[str | None]
    """Number of the approval."""
    state: Mapped[str]
    drafted_by: Mapped[str]
    """Who drafted it, or changed it last."""
    submitted_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was returned or withdrawn."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class BudgetSpending(Reversible, Base):
    """Money that was spent of a line. Read through the line only, which is scoped."""

    __tablename__ = "budget_spending"
    __table_args__ = (
        Index("ix_budget_spending_budget_id", "budget_id", "id"),
        CheckConstraint("amount > 0", name="amount"),
        reversal_check(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budget_line.id"))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    spent_on: Mapped[date]
    item: Mapped[str]
    document_no: Mapped[str | None]
    reason: Mapped[str | None]
    """Why more than was appropriated was spent."""
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]

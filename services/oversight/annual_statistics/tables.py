"""Annual statistics as they were compiled, confirmed and published."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.annual_statistics.rules import (
    OPEN,
    AnnualStatisticsState,
    StatisticsAlreadyOpen,
)
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes

_STATES = ", ".join(f"'{state}'" for state in OPEN)


class AnnualStatistics(Scoped, Versioned, Base):
    """The statistics of a division and year (行政执法统计年报): frozen when they were compiled."""

    __tablename__ = "annual_statistics"
    __table_args__ = (
        *scope_indexes("annual_statistics"),
        UniqueConstraint("division", "year", "edition", info={"refusal": StatisticsAlreadyOpen}),
        Index(
            "uq_annual_statistics_open",
            "division",
            "year",
            unique=True,
            postgresql_where=text(f"state IN ({_STATES})"),
            info={"refusal": StatisticsAlreadyOpen},
        ),
        Index(
            "uq_annual_statistics_published",
            "division",
            "year",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
        CheckConstraint(one_of("state", AnnualStatisticsState), name="state"),
        CheckConstraint(
            "confirmed_by <> compiled_by AND published_by <> compiled_by", name="two_hands"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    year: Mapped[int]
    edition: Mapped[int]
    """From 1; a later one corrects what was published."""
    state: Mapped[str]
    content: Mapped[dict[str, Any]]
    """As `statistics.actions.content_of` makes it."""
    digest: Mapped[str]
    """SHA-256 of the content."""
    note: Mapped[str | None]
    """What the edition corrects."""
    reason: Mapped[str | None]
    """Why it was returned."""
    due_on: Mapped[date]
    """The last day on which it is published in time."""
    compiled_by: Mapped[str]
    compiled_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    updated_at: Mapped[datetime]

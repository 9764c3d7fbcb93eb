"""What sources said they have of a day, and what was missing here."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.act_reconciliations.rules import ReconciliationState
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes


class ActReconciliation(Scoped, Versioned, Base):
    """A day of a source: one row however often it is reconciled. It lies where its source lies."""

    __tablename__ = "act_reconciliation"
    __table_args__ = (
        *scope_indexes("act_reconciliation"),
        Index("ix_act_reconciliation_organisation", "organisation", "id"),
        UniqueConstraint("source_id", "day"),
        CheckConstraint(one_of("state", ReconciliationState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("act_source.id"))
    source_code: Mapped[str]
    organisation: Mapped[str]
    """Credit code of the body that runs the source."""
    day: Mapped[date]
    """Acts that began on it."""
    state: Mapped[str]
    told: Mapped[int]
    """How many the source says it has."""
    told_digest: Mapped[str | None]
    told_ids: Mapped[list[str] | None]
    here: Mapped[int]
    """How many are here that were not withdrawn."""
    missing: Mapped[list[str]]
    """The source's numbers that are not here."""
    surplus: Mapped[list[str]]
    """Those that are here, and that the source does not have."""
    due_at: Mapped[datetime | None]
    """The first moment that is too late for the answer."""
    overdue_at: Mapped[datetime | None]
    explanation: Mapped[str | None]
    sent_by: Mapped[str]
    reconciled_at: Mapped[datetime]

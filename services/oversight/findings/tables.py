"""Findings of inspections."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base
from shared.db import Versioned, new_id, scope_indexes


class Finding(AboutSubject, Versioned, Base):
    """Something that an inspection found, and what became of it."""

    __tablename__ = "finding"
    __table_args__ = (
        *scope_indexes("finding"),
        Index("ix_finding_recorded_at", "recorded_at"),
        Index("ix_finding_inspection_id", "inspection_id", "id"),
        Index("ix_finding_subject_id", "subject_id", "id"),
        Index("ix_finding_officer_id", "officer_id", "id"),
        Index("ix_finding_organisation", "organisation"),
        Index("ix_finding_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    code: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    severity: Mapped[str]
    legal_basis: Mapped[list[str]]
    officer_id: Mapped[UUID | None]
    officer_name: Mapped[str | None]
    officer_certified: Mapped[bool | None]
    """Whether the officer held a certificate in force on the day of the finding, as far as the
    registry's facts had told: a hint for whoever decides."""
    state: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    comment_due_at: Mapped[datetime]
    comment: Mapped[str | None]
    commented_at: Mapped[datetime | None]
    commented_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was confirmed or withdrawn."""
    rectification_id: Mapped[UUID | None]
    """The order to correct it; `rectification.finding_id` holds the foreign key."""

    @property
    def credit_code(self) -> str:
        return self.organisation

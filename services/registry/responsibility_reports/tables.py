"""The yearly reports on the responsibility system."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.responsibility_reports.rules import Reporter, ReportExists, ReportState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class ResponsibilityReport(Versioned, Scoped, Base):
    """The report of a subject, or of a district, for a year."""

    __tablename__ = "responsibility_report"
    __table_args__ = (
        *scope_indexes("responsibility_report"),
        Index(
            "uq_responsibility_report_subject",
            "subject_id",
            "year",
            unique=True,
            info={"refusal": ReportExists},
        ),
        Index(
            "uq_responsibility_report_district",
            "division",
            "year",
            unique=True,
            postgresql_where=text("subject_id IS NULL"),
            info={"refusal": ReportExists},
        ),
        Index("ix_responsibility_report_organisation", "organisation"),
        CheckConstraint(one_of("state", ReportState), name="state"),
        CheckConstraint(one_of("reported_by", Reporter), name="reported_by"),
        CheckConstraint("to_level IN ('district', 'bureau')", name="to_level"),
        CheckConstraint("(reported_by = 'subject') = (subject_id IS NOT NULL)", name="reporter"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str | None]
    """Credit code of the subject."""
    reported_by: Mapped[str]
    reporter: Mapped[str]
    """Name of the subject or the district."""
    to_level: Mapped[str]
    """Who accepts it."""
    division: Mapped[str]
    year: Mapped[int]
    due_at: Mapped[datetime]
    state: Mapped[str]
    summary: Mapped[str | None]
    document_no: Mapped[str | None]
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was returned, while that lasts."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

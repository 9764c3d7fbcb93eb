"""What divisions report when they are called upon."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.ladder.rules import IssueLevel
from services.escalation.periodic_reports.rules import OUTSTANDING, PeriodicReportState
from services.escalation.report_schedules.rules import ReportKind
from shared.db import Scoped, Versioned, new_id, scope_indexes

IS_OUTSTANDING = f"state in ({', '.join(repr(state.value) for state in OUTSTANDING)})"


class PeriodicReport(Versioned, Scoped, Base):
    """The report of one division: a draft that only it sees, and what it handed in."""

    __tablename__ = "periodic_report"
    __table_args__ = (
        *scope_indexes("periodic_report"),
        CheckConstraint(one_of("kind", ReportKind), name="kind"),
        CheckConstraint(one_of("state", PeriodicReportState), name="state"),
        CheckConstraint(one_of("level", IssueLevel), name="level"),
        CheckConstraint(one_of("from_level", IssueLevel), name="from_level"),
        Index("uq_periodic_report_schedule_id", "schedule_id", "division", unique=True),
        Index("ix_periodic_report_due_at", "due_at", "id", postgresql_where=text(IS_OUTSTANDING)),
        Index("ix_periodic_report_created_at", "created_at"),
        Index("ix_periodic_report_submitted_at", "submitted_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("report_schedule.id"))
    kind: Mapped[str]
    title: Mapped[str]
    programme_id: Mapped[UUID | None]
    division: Mapped[str]
    stands_for: Mapped[list[str]]
    """Its code and those of the divisions that it succeeded, which their tasks and figures bear."""
    reporter: Mapped[str]
    """Name of the division."""
    from_level: Mapped[str]
    """Who reports."""
    level: Mapped[str]
    """Who receives it."""
    sections: Mapped[list[dict[str, Any]]]
    """As the schedule asks for them."""
    due_at: Mapped[datetime]
    """The first moment that is too late."""
    overdue_at: Mapped[datetime | None]
    state: Mapped[str]
    draft: Mapped[dict[str, Any]]
    """`{"sections": {code: {text, figures}}, "statements": {task: text}}`."""
    submission: Mapped[dict[str, Any] | None]
    """What was handed in last, with tasks and figures as they were then (`rules.submission`)."""
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    late: Mapped[bool]
    """Whether it was ever handed in after it was due."""
    remarks: Mapped[str | None]
    """What whoever receives it said last."""
    comments: Mapped[dict[str, Any]]
    """Section → what is to be mended there, since it was returned."""
    urges: Mapped[int] = mapped_column(SmallInteger)
    accepted_by: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

"""Who is to report what until when (报送任务)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.ladder.rules import IssueLevel
from services.escalation.report_schedules.rules import (
    ReportKind,
    ReportScheduleExists,
    ScheduleState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes


class ReportSchedule(Versioned, Scoped, Base):
    """Reports that a level calls for from those below it, who are its parties."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        *scope_indexes("report_schedule"),
        CheckConstraint(one_of("kind", ReportKind), name="kind"),
        CheckConstraint(one_of("state", ScheduleState), name="state"),
        CheckConstraint(one_of("level", IssueLevel), name="level"),
        Index(
            "uq_report_schedule_code",
            "division",
            "programme_id",
            "code",
            unique=True,
            postgresql_nulls_not_distinct=True,
            info={"refusal": ReportScheduleExists},
        ),
        Index("ix_report_schedule_programme_id", "programme_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    basis: Mapped[str | None]
    programme_id: Mapped[UUID | None]
    division: Mapped[str]
    """Whose level calls for them."""
    level: Mapped[str]
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    """The first moment that is too late."""
    sections: Mapped[list[dict[str, Any]]]
    """Each `{code, title, required, hint}`."""
    reporters: Mapped[list[str]]
    """Codes of the divisions that report."""
    state: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]

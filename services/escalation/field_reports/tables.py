"""What contact points and lay monitors report from the field (基层声音)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.field_reports.rules import (
    OPEN,
    FieldReportKind,
    FieldReportState,
    Standing,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes

IS_OPEN = f"state in ({', '.join(repr(state.value) for state in OPEN)})"


class FieldReport(Versioned, Scoped, Base):
    """A report of a contact point (联系点报告), or a lead of a lay monitor (线索)."""

    __tablename__ = "field_report"
    __table_args__ = (
        *scope_indexes("field_report"),
        CheckConstraint(one_of("kind", FieldReportKind), name="kind"),
        CheckConstraint(one_of("state", FieldReportState), name="state"),
        Index("uq_field_report_number", "number", unique=True),
        Index("ix_field_report_kind", "kind", "id"),
        Index("ix_field_report_origin_id", "origin_id", "id"),
        Index("ix_field_report_created_by", "created_by", "id"),
        Index("ix_field_report_created_at", "created_at"),
        Index("ix_field_report_due_at", "due_at", "id", postgresql_where=text(IS_OPEN)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    kind: Mapped[str]
    origin_id: Mapped[UUID]
    """The contact point or the lay monitor."""
    origin_name: Mapped[str]
    title: Mapped[str]
    content: Mapped[str]
    major: Mapped[bool]
    division: Mapped[str]
    """Where it was seen."""
    level: Mapped[str]
    """Who answers it."""
    place: Mapped[str | None]
    occurred_on: Mapped[date | None]
    state: Mapped[str]
    due_at: Mapped[datetime]
    """The first moment that is too late for the answer."""
    due_provisional: Mapped[bool]
    overdue_at: Mapped[datetime | None]
    created_by: Mapped[str]
    """Of a lead: the monitor, who sees what becomes of it."""
    created_at: Mapped[datetime]
    issue_id: Mapped[UUID | None]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            level=self.level,
            scope=self.scope,
            has_issue=self.issue_id is not None,
        )

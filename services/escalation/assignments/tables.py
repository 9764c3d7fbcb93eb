"""What of an issue was assigned to whom (交办)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.assignments.rules import AssignmentState
from services.escalation.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Assignment(Versioned, Scoped, Base):
    """Something to do for an issue, by the office of a division or by a body, until a day."""

    __tablename__ = "assignment"
    __table_args__ = (
        *scope_indexes("assignment"),
        CheckConstraint(one_of("state", AssignmentState), name="state"),
        Index("ix_assignment_issue_id", "issue_id", "id"),
        Index("ix_assignment_assigned_at", "assigned_at"),
        Index("ix_assignment_due_at", "due_at", postgresql_where=text("state = 'assigned'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    issue_number: Mapped[str]
    issue_title: Mapped[str]
    division: Mapped[str]
    """Whose office does it, or where the body is."""
    assignee: Mapped[str | None]
    """Credit code of the body, if it is one; then it is a party."""
    assignee_name: Mapped[str | None]
    requirement: Mapped[str]
    by_division: Mapped[str]
    """Who assigned: the level of this division had the issue."""
    state: Mapped[str]
    due_at: Mapped[datetime]
    due_provisional: Mapped[bool]
    overdue_at: Mapped[datetime | None]
    urges: Mapped[int] = mapped_column(SmallInteger, default=0)
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[str]
    report: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[str | None]
    remarks: Mapped[str | None]
    """What who assigned said last."""
    ended_at: Mapped[datetime | None]

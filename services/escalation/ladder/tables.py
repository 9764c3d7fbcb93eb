"""What happened to an issue, step by step."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base
from shared.db import new_id


class IssueHistory(Base):
    """One line of what happened to an issue; seen by whoever may see the issue."""

    __tablename__ = "issue_history"
    __table_args__ = (Index("ix_issue_history_issue_id", "issue_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    """`sub` of the person, or `system`."""
    by_name: Mapped[str]
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    from_level: Mapped[str | None]
    to_level: Mapped[str]
    text: Mapped[str | None]
    due_at: Mapped[datetime | None]
    """The deadline from then on."""

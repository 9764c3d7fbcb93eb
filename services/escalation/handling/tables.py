"""What was decided on issues (决定)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base
from shared.db import new_id


class IssueDecision(Base):
    """A decision on an issue (决定); after a reopening there are several. Seen with the issue."""

    __tablename__ = "issue_decision"
    __table_args__ = (Index("ix_issue_decision_issue_id", "issue_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    decision: Mapped[str]
    measures: Mapped[list[str]] = mapped_column(default=list)
    level: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    decided_by_name: Mapped[str]

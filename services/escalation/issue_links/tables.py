"""Which issues belong together. A link is seen by whoever may see both."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base
from services.escalation.issue_links.rules import IssueLinkedAlready
from shared.db import new_id


class IssueLink(Base):
    """`issue_id` is related to, a part of, or merged into `other_id`."""

    __tablename__ = "issue_link"
    __table_args__ = (
        Index(
            "uq_issue_link_issue_id_other_id",
            "issue_id",
            "other_id",
            unique=True,
            info={"refusal": IssueLinkedAlready},
        ),
        Index("ix_issue_link_other_id", "other_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    kind: Mapped[str]
    note: Mapped[str | None]
    linked_at: Mapped[datetime]
    linked_by: Mapped[str]

"""Files of issues: what is known of each. Who reads the issue reads them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.issue_attachments.rules import IssueAttachmentKind


class IssueAttachment(Base):
    """A file of an issue. It never changes."""

    __tablename__ = "issue_attachment"
    __table_args__ = (
        Index("ix_issue_attachment_issue_id", "issue_id", "id"),
        CheckConstraint(one_of("kind", IssueAttachmentKind), name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    added_by_name: Mapped[str]

    @property
    def key(self) -> str:
        """Where the file is in the store: nothing of its name."""
        return key_of(self.id)


def key_of(id: UUID) -> str:
    return f"issue-attachments/{id.hex[-2:]}/{id}"

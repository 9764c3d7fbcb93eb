"""Files of what is handed on: what is known of each. Who sees which says `actions.seen_of`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.db import Base, one_of


class Attachment(Base):
    """A file of a matter. It never changes."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_target_id", "target_id", "id"),
        CheckConstraint(one_of("kind", AttachmentKind), name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    target: Mapped[str]
    target_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    body: Mapped[str | None]
    """Credit code of the body that added it; None: an office did."""

    @property
    def key(self) -> str:
        """Where the file is in the store: nothing of its name."""
        return key_of(self.id)


def key_of(id: UUID) -> str:
    return f"attachments/{id.hex[-2:]}/{id}"

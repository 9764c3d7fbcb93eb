"""Evidence: what is known of each file. Who sees the thing that it belongs to sees it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from services.oversight.evidence.rules import EvidenceReplaced


class Evidence(Base):
    """A file, one edition of it. A trigger lets nothing change but that it becomes sealed."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_target_id", "target_id", "id"),
        Index("ix_evidence_seal_id", "seal_id"),
        Index(
            "uq_evidence_series_id_edition",
            "series_id",
            "edition",
            unique=True,
            info={"refusal": EvidenceReplaced},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    target: Mapped[str]
    target_id: Mapped[UUID]
    series_id: Mapped[UUID]
    """Of all editions: the id of the first."""
    edition: Mapped[int]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    note: Mapped[str | None]
    seal_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_seal.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[str]

    @property
    def key(self) -> str:
        """Where the file is in the store: nothing of its name."""
        return key_of(self.id)


def key_of(id: UUID) -> str:
    return f"evidence/{id.hex[-2:]}/{id}"

"""Sealed sets of evidence. Who sees the thing that a set belongs to sees it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from shared.db import new_id


class EvidenceSeal(Base):
    """A set of files that changes no more (封存); the database refuses, too."""

    __tablename__ = "evidence_seal"
    __table_args__ = (
        Index("ix_evidence_seal_target_id", "target_id", "id"),
        Index(
            "uq_evidence_seal_target_id_edition",
            "target_id",
            "edition",
            unique=True,
            postgresql_where=text("edition IS NOT NULL"),
        ),
        CheckConstraint("edition IS NULL OR target = 'inspection'", name="edition"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    target: Mapped[str]
    target_id: Mapped[UUID]
    edition: Mapped[int | None]
    """Of all the evidence of an inspection: 1 when its visit ended, one more with each late file.
    None for a part of something."""
    files: Mapped[int]
    digest: Mapped[str]
    reason: Mapped[str]
    sealed_at: Mapped[datetime]
    sealed_by: Mapped[str]

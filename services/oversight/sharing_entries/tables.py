"""Entries of the sharing catalogue."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.sharing_entries.rules import SharingDirection, SharingState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class SharingEntry(Scoped, Versioned, Base):
    """What a body supplies or receives (共享目录条目)."""

    __tablename__ = "sharing_entry"
    __table_args__ = (
        *scope_indexes("sharing_entry"),
        Index("ix_sharing_entry_organisation", "organisation", "id"),
        Index("ix_sharing_entry_source_id", "source_id"),
        CheckConstraint(one_of("direction", SharingDirection), name="direction"),
        CheckConstraint(one_of("state", SharingState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    organisation: Mapped[str]
    """Credit code of the body."""
    organisation_name: Mapped[str]
    division: Mapped[str]
    direction: Mapped[str]
    data: Mapped[str]
    """What: 行政处罚案件信息, say."""
    items: Mapped[list[str]]
    """Its data items (数据项)."""
    basis: Mapped[str]
    every_days: Mapped[int]
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("act_source.id"))
    """By which it supplies."""
    state: Mapped[str]
    reason: Mapped[str | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    ended_at: Mapped[datetime | None]

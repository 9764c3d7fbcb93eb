"""Editions of checklists. They are the same for all: no division owns one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.checklists.rules import ChecklistDraftOpen, ChecklistState
from services.oversight.db import Base, one_of
from shared.db import Versioned, new_id


class Checklist(Versioned, Base):
    """One edition of a checklist (检查表模板): items with weights and their legal basis."""

    __tablename__ = "checklist"
    __table_args__ = (
        Index(
            "uq_checklist_edition",
            "code",
            "edition",
            unique=True,
            info={"refusal": ChecklistDraftOpen},
        ),
        Index(
            "uq_checklist_draft",
            "code",
            unique=True,
            postgresql_where=text("state = 'draft'"),
            info={"refusal": ChecklistDraftOpen},
        ),
        Index(
            "uq_checklist_published",
            "code",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
        CheckConstraint(one_of("state", ChecklistState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    edition: Mapped[int]
    title: Mapped[str]
    domains: Mapped[list[str]]
    items: Mapped[list[dict[str, Any]]]
    """`{code, text, weight, basis}` each, in order."""
    state: Mapped[str]
    authors: Mapped[list[str]]
    """`sub` of each who wrote or changed the draft."""
    drafted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]

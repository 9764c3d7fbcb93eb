"""Experiences, and which divisions adopted them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.experiences.rules import ExperienceState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.search import Searched, search_index


class Experience(Searched, Versioned, Scoped, Base):
    """A practice that others can copy (可复制可推广经验); once published, everybody reads it."""

    __tablename__ = "experience"
    __table_args__ = (
        *scope_indexes("experience"),
        search_index("experience"),
        Index("ix_experience_state", "state", "id"),
        Index("ix_experience_tags", "tags", postgresql_using="gin"),
        CheckConstraint(one_of("state", ExperienceState), name="state"),
        CheckConstraint("NOT (accepted_by = ANY (authors))", name="two_hands"),
        CheckConstraint(
            "published_by <> accepted_by AND NOT (published_by = ANY (authors))",
            name="three_hands",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    practice: Mapped[str]
    results: Mapped[str]
    tags: Mapped[list[str]]
    state: Mapped[str]
    authors: Mapped[list[str]]
    accepted_by: Mapped[str | None]
    opinion: Mapped[str | None]
    """Of who accepted or returned it."""
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was withdrawn."""
    adoptions: Mapped[list[dict[str, Any]]]
    """`{division, note, adopted_on, adopted_by}` each, once a division: the row is locked then."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str, ...]:
        return self.title, *self.tags

    def adopted_in(self, division: str) -> bool:
        """Whether a division adopted it."""
        return any(one["division"] == division for one in self.adoptions)

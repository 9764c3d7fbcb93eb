"""Guidance sessions: what departments do to guide townships."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.guidances.rules import GuidanceKind, GuidanceState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Guidance(Versioned, Scoped, Base):
    """A guidance session (业务指导) of a department for townships, which read it as parties."""

    __tablename__ = "guidance"
    __table_args__ = (
        *scope_indexes("guidance"),
        Index("ix_guidance_organisation", "organisation"),
        Index("ix_guidance_domains", "domains", postgresql_using="gin"),
        Index("ix_guidance_townships", "townships", postgresql_using="gin"),
        Index("ix_guidance_planned_on", "planned_on", "id"),
        CheckConstraint(one_of("kind", GuidanceKind), name="kind"),
        CheckConstraint(one_of("state", GuidanceState), name="state"),
        CheckConstraint("cardinality(townships) > 0", name="townships"),
        CheckConstraint(
            "state NOT IN ('held', 'reviewed') OR num_nulls(held_on, participants) = 0",
            name="held",
        ),
        CheckConstraint("participants > 0", name="participants"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    """The district whose department guides, or the city."""
    townships: Mapped[list[str]]
    kind: Mapped[str]
    topic: Mapped[str]
    domains: Mapped[list[str]]
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    department: Mapped[str]
    organisation: Mapped[str | None]
    """Credit code of the department, where it is a subject."""
    planned_on: Mapped[date]
    state: Mapped[str]
    held_on: Mapped[date | None]
    held_by: Mapped[str | None]
    """Who recorded it."""
    participants: Mapped[int | None]
    material: Mapped[str | None]
    """Where the material is: a number of a file, a link."""
    remarks: Mapped[str | None]
    """What the review says."""
    reason: Mapped[str | None]
    """Why it was cancelled."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

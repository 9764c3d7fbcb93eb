"""Grassroots contact points, and the visits to each."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.contact_points.rules import (
    ContactPointKind,
    ContactPointNameTaken,
    ContactPointState,
)
from services.registry.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as
from shared.search import Searched, search_index

PHONE_CONTEXT = "contact_point.liaison_phone"
"""What a phone is sealed for."""


class ContactPoint(Searched, Versioned, Scoped, Base):
    """A place where supervision listens (基层行政执法联系点)."""

    __tablename__ = "contact_point"
    __table_args__ = (
        *scope_indexes("contact_point"),
        search_index("contact_point"),
        Index(
            "uq_contact_point_live_name",
            "division",
            "name",
            unique=True,
            postgresql_where=text("state <> 'closed'"),
            info={"refusal": ContactPointNameTaken},
        ),
        CheckConstraint(one_of("kind", ContactPointKind), name="kind"),
        CheckConstraint(one_of("state", ContactPointState), name="state"),
        CheckConstraint("(state = 'open') = (due_at IS NOT NULL)", name="due"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    kind: Mapped[str]
    division: Mapped[str]
    address: Mapped[str | None]
    host: Mapped[str]
    """The organisation at which it is set up."""
    liaison: Mapped[str]
    liaison_phone: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as(PHONE_CONTEXT))
    """Sealed (`shared.sealing`)."""
    state: Mapped[str]
    created_by: Mapped[str]
    opened_on: Mapped[date | None]
    """The first day on which it was open."""
    last_visited_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    """When the next visit is too late; while it is open."""
    reason: Mapped[str | None]
    """Why it was suspended or closed, while that lasts."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str, ...]:
        return self.name, self.host


class ContactVisit(Base):
    """A visit to a contact point. Read through the contact point only, which is scoped."""

    __tablename__ = "contact_visit"
    __table_args__ = (Index("ix_contact_visit_contact_point_id", "contact_point_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    contact_point_id: Mapped[UUID] = mapped_column(ForeignKey("contact_point.id"))
    visited_on: Mapped[date]
    visitors: Mapped[list[str]]
    topics: Mapped[list[str]]
    heard: Mapped[str | None]
    """What was said there."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]

"""What a conference resolved that somebody does until a day (议定事项)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock, Clocked
from services.escalation.db import Base, one_of
from services.escalation.resolutions.rules import REMINDER, ResolutionState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Resolution(Versioned, Scoped, Clocked, Base):
    """Something that a body does for a conference; it is a party."""

    __tablename__ = "resolution"
    clock = Clock("resolution.due", "resolution.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("resolution"),
        CheckConstraint(one_of("state", ResolutionState), name="state"),
        Index("ix_resolution_conference_id", "conference_id", "id"),
        Index("ix_resolution_due_at", "due_at", postgresql_where=text("state = 'assigned'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"))
    number: Mapped[str]
    """Of the conference."""
    division: Mapped[str]
    level: Mapped[str]
    owner: Mapped[str]
    """Credit code of the body that does it."""
    owner_name: Mapped[str]
    owner_division: Mapped[str]
    requirement: Mapped[str]
    state: Mapped[str]
    assigned_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    report: Mapped[str | None]
    reported_by: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    remarks: Mapped[str | None]
    """What the level that convened said last."""
    urges: Mapped[int] = mapped_column(SmallInteger, default=0)
    ended_at: Mapped[datetime | None]

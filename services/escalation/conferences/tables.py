"""Joint conferences and exchange meetings, and who is invited to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock, Clocked
from services.escalation.conferences.rules import (
    REMINDER,
    ConferenceKind,
    ConferenceState,
    MemberAnswer,
    MemberKind,
)
from services.escalation.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Conference(Versioned, Scoped, Clocked, Base):
    """A conference of the level of its division. Who is invited is party once it is called."""

    __tablename__ = "conference"
    clock = Clock("conference.minutes_due", "conference.minutes_due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("conference"),
        CheckConstraint(one_of("state", ConferenceState), name="state"),
        CheckConstraint(one_of("kind", ConferenceKind), name="kind"),
        Index("uq_conference_number", "number", unique=True),
        Index("ix_conference_starts_at", "starts_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    """For people: 渝联会〔2026〕3号."""
    kind: Mapped[str]
    title: Mapped[str]
    division: Mapped[str]
    """Whose level convenes it."""
    level: Mapped[str]
    starts_at: Mapped[datetime]
    venue: Mapped[str]
    agenda: Mapped[list[dict[str, Any]]]
    """`{title, presenter, reference}` an item, in their order."""
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was postponed or cancelled."""
    held_at: Mapped[datetime | None]
    minutes: Mapped[str | None]
    """A draft until `issued_at` is set."""
    decisions: Mapped[list[str]] = mapped_column(default=list)
    resolved: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """What the draft resolves; the minutes issued, each is a resolution."""
    minutes_by: Mapped[str | None]
    remarks: Mapped[str | None]
    """Why the draft was returned."""
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    unresolved: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How many resolutions are not done."""
    closed_at: Mapped[datetime | None]


class ConferenceMember(Base):
    """A body that is invited; seen with the conference."""

    __tablename__ = "conference_member"
    __table_args__ = (
        CheckConstraint(one_of("kind", MemberKind), name="kind"),
        CheckConstraint(one_of("answer", MemberAnswer), name="answer"),
    )

    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]
    kind: Mapped[str]
    division: Mapped[str]
    answer: Mapped[str | None]
    delegate: Mapped[str | None]
    """Who comes for it."""
    answered_at: Mapped[datetime | None]
    attended: Mapped[bool | None]

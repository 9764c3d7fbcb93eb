"""Circulars, and each office or body that one is addressed to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer, Text

from services.notify.circulars.rules import CircularState, ReceiptState
from services.notify.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes

# The key of the addressee of the message that brings it, made by the database from the columns.
ADDRESSEE = """CASE reach
    WHEN 'city' THEN role || '@'
    WHEN 'district' THEN role || '@' || district
    WHEN 'township' THEN role || '@' || township
    WHEN 'organisation' THEN role || '#' || organisation
END"""


class Circular(Versioned, Scoped, Base):
    """A circular of an office to those in its division (通报)."""

    __tablename__ = "circular"
    __table_args__ = (
        *scope_indexes("circular"),
        Index("uq_circular_number", "division", "number", unique=True),
        CheckConstraint(one_of("state", CircularState), name="state"),
        CheckConstraint("NOT (issued_by = ANY (authors))", name="two_hands"),
        CheckConstraint("NOT (reviewed_by = ANY (authors))", name="reviewed_by_another"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    """Whose office issues it."""
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    items: Mapped[list[dict[str, Any]]]
    """`{name, division, organisation, matter}` each: whom it is about."""
    anonymous: Mapped[bool]
    offices: Mapped[list[dict[str, Any]]]
    """`{role, division, below}` each: to whom it goes."""
    bodies: Mapped[list[str]] = mapped_column(ARRAY(Text()), deferred=True)
    """Credit codes of the bodies that it goes to."""
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    progress: Mapped[list[dict[str, Any]]] = mapped_column(deferred=True)
    """What `progress.actions.cite` found when the period was named."""
    state: Mapped[str]
    authors: Mapped[list[str]]
    reviewed_by: Mapped[str | None]
    issued_by: Mapped[str | None]
    number: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """Until when it is to be acknowledged."""
    reminder_hours: Mapped[list[int]] = mapped_column(ARRAY(Integer()), default=list)
    """From `due_at`, as the rule was when it was issued."""
    recipients: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    """Why it was returned, recalled or discarded, whichever came last."""
    fact_id: Mapped[UUID | None]
    """The fact that it was issued."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CircularRecipient(Scoped, Base):
    """An office or a body that a circular was issued to, and who acknowledged it there and when.

    Its id is that of the message that brings it. Nothing that all recipients share is written when
    one of them acknowledges, so that none waits for another.
    """

    __tablename__ = "circular_recipient"
    __table_args__ = (
        *scope_indexes("circular_recipient"),
        Index("uq_circular_recipient_addressee", "circular_id", "addressee", unique=True),
        Index("ix_circular_recipient_addressee", "addressee", "circular_id"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    circular_id: Mapped[UUID] = mapped_column(ForeignKey("circular.id"))
    reach: Mapped[str]
    role: Mapped[str]
    organisation: Mapped[str | None]
    addressee: Mapped[str] = mapped_column(Computed(ADDRESSEE, persisted=True))
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    """`sub`"""
    acknowledged_name: Mapped[str | None]
    """What the person was called then."""

    @property
    def state(self) -> ReceiptState:
        """What it has done with the circular."""
        done = self.acknowledged_at is not None
        return ReceiptState.ACKNOWLEDGED if done else ReceiptState.PENDING


class CircularNumber(Base):
    """The last number of a division's circulars in a year."""

    __tablename__ = "circular_number"

    division: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]

"""What is sent to people beside the inbox, and every attempt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base, one_of
from services.notify.dispatches.rules import DispatchState
from shared.db import new_id
from shared.sealing import sealed_as


class Dispatch(Base):
    """One letter to one address. Seen by those who may ask who has taken note of its message."""

    __tablename__ = "dispatch"
    __table_args__ = (
        Index("uq_dispatch_address", "message_id", "channel", "address_hash", unique=True),
        Index(
            "ix_dispatch_due",
            "channel",
            "next_attempt_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_dispatch_created_at", "created_at"),
        CheckConstraint(one_of("state", DispatchState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    sub: Mapped[str]
    name: Mapped[str]
    channel: Mapped[str]
    address: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("dispatch.address"))
    """Sealed."""
    address_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed: nobody gets a message twice over one channel."""
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("dispatch.content"))
    """Title, text and link as JSON; sealed."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    """Of what is pending; while an attempt runs, when it is taken for lost."""
    created_at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    """When it was taken, rejected, given up or dropped."""


class DispatchAttempt(Base):
    """One attempt, and what came of it."""

    __tablename__ = "dispatch_attempt"
    __table_args__ = (Index("ix_dispatch_attempt_dispatch_id", "dispatch_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    """What SMTP or HTTP answered, if anything did."""
    error: Mapped[str | None]

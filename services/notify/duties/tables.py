"""Duties: what a person or office has to do, as the facts of all services say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Computed, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base
from services.notify.messages.tables import Addressed
from shared.db import new_id, scope_indexes


class Duty(Addressed, Base):
    """One thing that one addressee has to do. A projection: only facts change it."""

    __tablename__ = "duty"
    __table_args__ = (
        Index("uq_duty_thing", "thing", "name", "addressee", unique=True),
        Index(
            "ix_duty_open", "addressee", "sorted_at", "id", postgresql_where=text("done_at IS NULL")
        ),
        Index("ix_duty_done_at", "done_at"),
        *scope_indexes("duty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    """That of the table of duties (`data/duties.toml`)."""
    thing: Mapped[UUID]
    """What it is about."""
    kind: Mapped[str]
    urgency: Mapped[str]
    title: Mapped[str]
    link: Mapped[str]
    event: Mapped[str]
    """Type of the fact that opened it last."""
    caused_by: Mapped[UUID]
    """Id of that fact."""
    told_to: Mapped[str]
    """Audience of that fact: what is internal is seen by the addressee alone."""
    stream_index: Mapped[int] = mapped_column(BigInteger)
    """Place of the last fact that moved it, in its owner's log: an earlier one moves it no more."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    sorted_at: Mapped[datetime] = mapped_column(
        Computed("coalesce(due_at, '9999-12-31 00:00:00+00'::timestamptz)", persisted=True)
    )
    """What is due first stands first, what has no date last."""
    done_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    """Id of the fact that closed it."""
    closing_event: Mapped[str | None]

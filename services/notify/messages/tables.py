"""Messages, each kept once for a role in a place, and who has taken note of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from services.notify.db import Base
from shared.db import Scoped, new_id, scope_indexes

# The same key as `rules.Addressee.key`. The database makes it from the columns, so it follows when
# a township moves to another district.
ADDRESSEE = """CASE reach
    WHEN 'city' THEN role || '@'
    WHEN 'district' THEN role || '@' || district
    WHEN 'township' THEN role || '@' || township
    WHEN 'organisation' THEN role || '#' || organisation
    WHEN 'person' THEN '=' || person
END"""


class Addressed(Scoped):
    """A row for a role in a place, for that role in one body, or for one person."""

    reach: Mapped[str]
    role: Mapped[str | None]
    organisation: Mapped[str | None]
    """Credit code, where one body is meant."""
    person: Mapped[str | None]
    """`sub`, where one person is meant."""

    @declared_attr
    @classmethod
    def addressee(cls) -> Mapped[str]:
        """NULL, and so refused, where the columns do not say whom they reach."""
        return mapped_column(Computed(ADDRESSEE, persisted=True))


class Message(Addressed, Base):
    """What a fact means to those who hold a role in a place. Never changed."""

    __tablename__ = "message"
    __table_args__ = (
        # The inbox moves its mark with the effects; this says the same where a race could break it.
        Index("uq_message_cause", "caused_by", "rule", "addressee", unique=True),
        Index("ix_message_addressee", "addressee", "id"),
        *scope_indexes("message"),
        Index("ix_message_addressed_at", "addressed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rule: Mapped[str]
    """Name of the rule that made it."""
    kind: Mapped[str]
    urgency: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    confidential: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether only our own services were told: then its words stay within."""
    link: Mapped[str]
    event: Mapped[str]
    """Type of the fact that it tells of."""
    caused_by: Mapped[UUID]
    """Id of that fact."""
    occurred_at: Mapped[datetime]
    addressed_at: Mapped[datetime]
    fact_id: Mapped[UUID] = mapped_column(unique=True)
    """Our own fact that says it was addressed: its place in the log is the place in the stream."""


class MessageReceipt(Base):
    """One person has read a message, perhaps confirmed having taken note, perhaps archived it."""

    __tablename__ = "message_receipt"
    __table_args__ = (
        Index("uq_message_receipt_person", "message_id", "sub", unique=True),
        Index("ix_message_receipt_message_id", "message_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    sub: Mapped[str]
    name: Mapped[str]
    """What the person was called then."""
    read_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was put into the archive and taken out again: part of the version."""

"""Facts of messages and of who has taken note of them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class MessageAddressed(Event):
    """A message was addressed to a role in a division, to a body there or to one person."""

    type: ClassVar[str] = "notify.message.addressed.v1"
    subject_field: ClassVar[str] = "message_id"
    # Who is told what is nobody else's business, another agency's in the same division least.
    audience: ClassVar[Audience] = "internal"

    message_id: UUID
    kind: str
    role: str | None
    """None where one person is meant."""
    division: str
    organisation: str | None
    about: str
    """Path of the resource it is about."""
    caused_by: UUID
    """Id of the fact it tells of."""


class MessageRead(Event):
    """A person has read a message, for the first time."""

    type: ClassVar[str] = "notify.message.read.v1"
    subject_field: ClassVar[str] = "message_id"
    # Proof that somebody knew, and no listener's concern.
    audience: ClassVar[Audience] = "audit"

    message_id: UUID
    by: str
    """`sub` of the person."""
    at: datetime


class MessageArchived(Event):
    """A person has put a message into the own archive, or taken it out."""

    type: ClassVar[str] = "notify.message.archived.v1"
    subject_field: ClassVar[str] = "message_id"
    # Nobody's concern but the person's.
    audience: ClassVar[Audience] = "audit"

    message_id: UUID
    by: str
    """`sub` of the person."""
    at: datetime
    archived: bool


class MessageAcknowledged(Event):
    """A person confirmed having taken note."""

    type: ClassVar[str] = "notify.message.acknowledged.v1"
    subject_field: ClassVar[str] = "message_id"
    audience: ClassVar[Audience] = "internal"

    message_id: UUID
    by: str
    """`sub` of the person."""
    at: datetime

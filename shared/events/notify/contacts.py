"""Facts of how people are reached, for the auditor: never the address."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class ContactChanged(Event):
    """A person's address as it stands after `action`."""

    type: ClassVar[str] = "notify.contact.changed.v1"
    subject_field: ClassVar[str] = "contact_id"
    audience: ClassVar[Audience] = "audit"

    contact_id: UUID
    by: str
    channel: str
    state: str
    action: str


class PreferenceChanged(Event):
    """A person chose what to be sent."""

    type: ClassVar[str] = "notify.preference.changed.v1"
    subject_field: ClassVar[str] = "by"
    audience: ClassVar[Audience] = "audit"

    by: str
    subscriptions: int | None
    """How many; none: what the roles get."""

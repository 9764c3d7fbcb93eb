"""Facts of cases that judicial organs hand back (反向移送), for our own services."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class ReverseTransferFact(Event):
    """One as it stands; what it is about stays with those who may read the row."""

    subject_field: ClassVar[str] = "reverse_transfer_id"
    audience: ClassVar[Audience] = "internal"

    reverse_transfer_id: UUID
    number: str
    division: str
    level: Level
    """Of the division."""
    sender: str | None
    """Credit code of the judicial organ, if it uses the system."""
    sender_name: str
    organisation: str
    """Credit code of the body that it is handed to."""
    receiver_name: str
    state: str
    due_step: str | None
    due_at: datetime | None


class ReverseTransferRegistered(ReverseTransferFact):
    """The body decides by `due_at`."""

    type: ClassVar[str] = "escalation.reverse_transfer.registered.v1"


class ReverseTransferAccepted(ReverseTransferFact):
    """The body deals with it and replies by `due_at`."""

    type: ClassVar[str] = "escalation.reverse_transfer.accepted.v1"

    late: bool


class ReverseTransferDeclined(ReverseTransferFact):
    type: ClassVar[str] = "escalation.reverse_transfer.declined.v1"

    late: bool


class ReverseTransferReplied(ReverseTransferFact):
    type: ClassVar[str] = "escalation.reverse_transfer.replied.v1"

    late: bool
    package_id: UUID


class ReverseTransferDueSoon(ReverseTransferFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.reverse_transfer.due_soon.v1"

    step_name: str


class ReverseTransferOverdue(ReverseTransferFact):
    """What was due was not done in time."""

    type: ClassVar[str] = "escalation.reverse_transfer.overdue.v1"

    step_name: str
    passed_at: datetime

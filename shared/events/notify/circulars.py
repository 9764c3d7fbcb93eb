"""Facts of circulars (通报)."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Audience, Event


class CircularFact(Event):
    """A circular as it stands; who is named in it is only in the circular itself."""

    subject_field: ClassVar[str] = "circular_id"

    circular_id: UUID
    division: str
    """Of the office that issues it."""
    level: Literal["city", "district", "township"]
    kind: str
    state: str


class _Drafting(CircularFact):
    # What is being written is the office's own.
    audience: ClassVar[Audience] = "internal"


class CircularDrafted(_Drafting):
    type: ClassVar[str] = "notify.circular.drafted.v1"


class CircularChanged(_Drafting):
    type: ClassVar[str] = "notify.circular.changed.v1"


class CircularSubmitted(_Drafting):
    """Put to another person of the office to be reviewed."""

    type: ClassVar[str] = "notify.circular.submitted.v1"


class CircularReturned(_Drafting):
    """To be changed and submitted again."""

    type: ClassVar[str] = "notify.circular.returned.v1"


class CircularApproved(_Drafting):
    type: ClassVar[str] = "notify.circular.approved.v1"


class CircularDiscarded(_Drafting):
    type: ClassVar[str] = "notify.circular.discarded.v1"


class CircularIssued(CircularFact):
    """From now on its recipients are told, and have until `due_at` to acknowledge it."""

    type: ClassVar[str] = "notify.circular.issued.v1"

    number: str
    recipients: int
    due_at: datetime
    cites: list[UUID]
    """The facts of frozen figures that a progress circular rests on."""


class CircularRecalled(CircularFact):
    type: ClassVar[str] = "notify.circular.recalled.v1"

    number: str


class CircularReminded(CircularFact):
    """Those who had not acknowledged were told again."""

    type: ClassVar[str] = "notify.circular.reminded.v1"
    audience: ClassVar[Audience] = "internal"

    unacknowledged: int
    recipients: int
    overdue: bool
    """Whether the time to acknowledge it was over."""


class CircularAcknowledged(Event):
    """An office or a body that it was addressed to confirmed having taken note."""

    type: ClassVar[str] = "notify.circular.acknowledged.v1"
    subject_field: ClassVar[str] = "circular_id"
    audience: ClassVar[Audience] = "internal"

    circular_id: UUID
    recipient_id: UUID
    role: str
    division: str
    organisation: str | None
    by: str
    """`sub` of the person."""
    at: datetime

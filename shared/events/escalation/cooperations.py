"""Facts of what enforcement bodies ask of each other, for our own services."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class CooperationFact(Event):
    """A request as it stands; what is asked stays with those who may read the row."""

    subject_field: ClassVar[str] = "cooperation_id"
    audience: ClassVar[Audience] = "internal"

    cooperation_id: UUID
    number: str
    division: str
    level: Level
    """Of the division."""
    organisation: str
    """Credit code of the body that asks."""
    sender_name: str
    receiver: str | None
    """Credit code of the body that is asked, if it uses the system."""
    receiver_name: str
    state: str
    needed_by: date
    due_step: str | None
    due_at: datetime | None
    late: bool = False
    """It was done after the deadline."""


class CooperationDrafted(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.drafted.v1"


class CooperationRequested(CooperationFact):
    """It was approved and sent."""

    type: ClassVar[str] = "escalation.cooperation.requested.v1"

    package_id: UUID


class CooperationReceived(CooperationFact):
    """The other body has it and answers by `due_at`."""

    type: ClassVar[str] = "escalation.cooperation.received.v1"


class CooperationAccepted(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.accepted.v1"


class CooperationRefused(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.refused.v1"

    ground: str
    ground_name: str


class CooperationDone(CooperationFact):
    """The other body told what it did."""

    type: ClassVar[str] = "escalation.cooperation.done.v1"


class CooperationSentBack(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.sent_back.v1"


class CooperationClosed(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.closed.v1"


class CooperationWithdrawn(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.withdrawn.v1"


class CooperationUrged(CooperationFact):
    type: ClassVar[str] = "escalation.cooperation.urged.v1"


class CooperationDueSoon(CooperationFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.cooperation.due_soon.v1"

    step_name: str


class CooperationOverdue(CooperationFact):
    """What was due was not done in time."""

    type: ClassVar[str] = "escalation.cooperation.overdue.v1"

    step_name: str

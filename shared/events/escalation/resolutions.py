"""Facts of what conferences resolved; the words stay with those who read the row."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.escalation import Level


class ResolutionFact(Event):
    """A resolution as it stands."""

    subject_field: ClassVar[str] = "resolution_id"

    resolution_id: UUID
    conference_id: UUID
    number: str
    """Of the conference."""
    division: str
    level: Level
    """Who convened."""
    organisation: str
    """Credit code of the body that does it."""
    owner_name: str
    state: str
    due_at: datetime | None


class ResolutionAssigned(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.assigned.v1"


class ResolutionReported(ResolutionFact):
    """The owner tells what was done; the level that convened says whether it is."""

    type: ClassVar[str] = "escalation.resolution.reported.v1"


class ResolutionDone(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.done.v1"


class ResolutionSentBack(ResolutionFact):
    """It is not done; `due_at` is the new day."""

    type: ClassVar[str] = "escalation.resolution.sent_back.v1"


class ResolutionPostponed(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.postponed.v1"


class ResolutionUrged(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.urged.v1"


class ResolutionWithdrawn(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.withdrawn.v1"


class ResolutionDueSoon(ResolutionFact):
    type: ClassVar[str] = "escalation.resolution.due_soon.v1"


class ResolutionOverdue(ResolutionFact):
    """The day passed and nothing was reported."""

    type: ClassVar[str] = "escalation.resolution.overdue.v1"

"""Facts of what was assigned to others for an issue."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.escalation import Level


class AssignmentFact(Event):
    """An assignment as it stands; the words stay with those who may read the row."""

    subject_field: ClassVar[str] = "assignment_id"

    assignment_id: UUID
    issue_id: UUID
    number: str
    """Of the issue."""
    division: str
    level: Level
    """Of the division."""
    by_level: Level
    """Who assigned."""
    organisation: str | None
    """Credit code of the body that does it; None: the office of the division does."""
    by_office: bool
    state: str
    due_at: datetime


class AssignmentMade(AssignmentFact):
    type: ClassVar[str] = "escalation.assignment.made.v1"


class AssignmentReported(AssignmentFact):
    type: ClassVar[str] = "escalation.assignment.reported.v1"


class AssignmentAccepted(AssignmentFact):
    type: ClassVar[str] = "escalation.assignment.accepted.v1"


class AssignmentSentBack(AssignmentFact):
    """It is not done; `due_at` is the new deadline."""

    type: ClassVar[str] = "escalation.assignment.sent_back.v1"


class AssignmentUrged(AssignmentFact):
    type: ClassVar[str] = "escalation.assignment.urged.v1"


class AssignmentWithdrawn(AssignmentFact):
    type: ClassVar[str] = "escalation.assignment.withdrawn.v1"


class AssignmentOverdue(AssignmentFact):
    """The deadline passed and nothing was reported."""

    type: ClassVar[str] = "escalation.assignment.overdue.v1"

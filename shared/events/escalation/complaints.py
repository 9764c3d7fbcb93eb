"""Facts of complaints, for our own services: the body complained of listens, too.

Who complained, and the words, stay with those who may read the row.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class ComplaintFact(Event):
    """A complaint as it stands."""

    subject_field: ClassVar[str] = "complaint_id"
    audience: ClassVar[Audience] = "internal"

    complaint_id: UUID
    number: str
    channel: str
    kind: str
    kind_name: str
    against: str | None
    """Credit code of the body complained of."""
    act_number: str | None
    officer_certificate_no: str | None
    division: str
    level: Level
    """Who decides on it."""
    state: str
    organisation: str | None
    """Credit code of the body that looks into it."""
    due_at: datetime
    """The first moment that is too late for the answer."""


class ComplaintReceived(ComplaintFact):
    type: ClassVar[str] = "escalation.complaint.received.v1"


class ComplaintAccepted(ComplaintFact):
    type: ClassVar[str] = "escalation.complaint.accepted.v1"


class ComplaintRefused(ComplaintFact):
    """It is not for us, and the complainant was told why."""

    type: ClassVar[str] = "escalation.complaint.refused.v1"

    ground: str


class ComplaintAssigned(ComplaintFact):
    """`organisation` looks into it."""

    type: ClassVar[str] = "escalation.complaint.assigned.v1"


class ComplaintReported(ComplaintFact):
    """The handling body told what it found; the answer is to be given."""

    type: ClassVar[str] = "escalation.complaint.reported.v1"


class ComplaintExtensionRequested(ComplaintFact):
    type: ClassVar[str] = "escalation.complaint.extension_requested.v1"


class ComplaintExtended(ComplaintFact):
    """`due_at` has moved."""

    type: ClassVar[str] = "escalation.complaint.extended.v1"


class ComplaintExtensionRefused(ComplaintFact):
    type: ClassVar[str] = "escalation.complaint.extension_refused.v1"


class ComplaintEscalated(ComplaintFact):
    """An issue was raised of it, which goes its own way; the complainant is still answered."""

    type: ClassVar[str] = "escalation.complaint.escalated.v1"

    issue_id: UUID


class ComplaintAnswered(ComplaintFact):
    """The complainant was answered; the outcome is for the supervision of the body."""

    type: ClassVar[str] = "escalation.complaint.answered.v1"

    outcome: str
    outcome_name: str
    late: bool


class ComplaintClosed(ComplaintFact):
    type: ClassVar[str] = "escalation.complaint.closed.v1"

    satisfied: bool | None


class ComplaintDueSoon(ComplaintFact):
    """The answer falls due soon."""

    type: ClassVar[str] = "escalation.complaint.due_soon.v1"


class ComplaintOverdue(ComplaintFact):
    """The deadline passed and the complainant is not answered."""

    type: ClassVar[str] = "escalation.complaint.overdue.v1"

    level_above: Level
    """Who is told so; the Bureau's own is its own."""


class ComplainantRevealed(Event):
    """Who complained was shown to the fact's `actor`; never who it is."""

    type: ClassVar[str] = "escalation.complaint.complainant_revealed.v1"
    subject_field: ClassVar[str] = "complaint_id"
    audience: ClassVar[Audience] = "audit"

    complaint_id: UUID
    reason: str

"""Findings."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class FindingFact(Event):
    """A finding as it stands."""

    subject_field: ClassVar[str] = "finding_id"

    finding_id: UUID
    inspection_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    officer_id: UUID | None
    code: str
    severity: str
    title: str
    division: str
    state: str
    authority_level: Level = "district"
    """Whose body inspects and decides."""


class FindingRecorded(FindingFact):
    """The subject has been told and may comment until `comment_due_at`."""

    type: ClassVar[str] = "oversight.finding.recorded.v1"

    comment_due_at: datetime


class FindingCommented(FindingFact):
    """The subject gave its view."""

    type: ClassVar[str] = "oversight.finding.commented.v1"


class FindingConfirmed(FindingFact):
    type: ClassVar[str] = "oversight.finding.confirmed.v1"


class FindingWithdrawn(FindingFact):
    type: ClassVar[str] = "oversight.finding.withdrawn.v1"

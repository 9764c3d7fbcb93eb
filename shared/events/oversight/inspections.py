"""Inspections."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class InspectionFact(Event):
    """An inspection as it stands."""

    subject_field: ClassVar[str] = "inspection_id"

    inspection_id: UUID
    subject_id: UUID
    organisation: str
    """Credit code of the inspected subject."""
    subject_name: str
    kind: str
    mode: str
    theme: str
    division: str
    state: str
    inspectors: list[str]
    """`sub` of each inspector."""
    campaign_id: UUID | None = None
    """The campaign that it is held under."""
    assigned_by: str = ""
    """`sub` of whoever set it up."""
    follows_id: UUID | None = None
    """The rectification that it looks back on."""


class InspectionPrepared(InspectionFact):
    """An unannounced inspection as it stands before the inspectors are on site.

    It takes the place of the other facts until then, and is told at the division of the inspecting
    body: nothing that reaches the inspected subject says that somebody is coming.
    """

    type: ClassVar[str] = "oversight.inspection.prepared.v1"
    audience: ClassVar[Audience] = "internal"

    step: str = ""
    """What happened, as the other facts name it."""


class InspectionAssigned(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.assigned.v1"


class InspectionAccepted(InspectionFact):
    """The inspectors took it on."""

    type: ClassVar[str] = "oversight.inspection.accepted.v1"


class InspectionNotified(InspectionFact):
    """The subject was told of it and of the day."""

    type: ClassVar[str] = "oversight.inspection.notified.v1"

    planned_on: date


class InspectionReassigned(InspectionFact):
    """An inspector recused themselves or was challenged, and another took the place."""

    type: ClassVar[str] = "oversight.inspection.reassigned.v1"


class InspectionRecusalRequested(InspectionFact):
    """Somebody asks that `inspector` be taken off; until it is decided, they do nothing more."""

    type: ClassVar[str] = "oversight.inspection.recusal_requested.v1"

    inspector: str
    due_at: datetime


class InspectionRecusalRefused(InspectionFact):
    """`inspector` stays."""

    type: ClassVar[str] = "oversight.inspection.recusal_refused.v1"

    inspector: str


class InspectionRecusalOverdue(InspectionFact):
    """A request for a recusal has not been decided in time."""

    type: ClassVar[str] = "oversight.inspection.recusal_overdue.v1"


class InspectionStarted(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.started.v1"


class InspectionEvidenceSealed(InspectionFact):
    """The visit is over, and its evidence was sealed as one set; later files are told by
    `oversight.evidence.sealed`."""

    type: ClassVar[str] = "oversight.inspection.evidence_sealed.v1"

    seal_id: UUID
    files: int
    digest: str
    """SHA-256 of the sorted SHA-256 of the files, each on a line."""


class InspectionSigned(InspectionFact):
    """The findings were signed; no further one is added."""

    type: ClassVar[str] = "oversight.inspection.signed.v1"

    findings: int


class InspectionCompleted(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.completed.v1"

    findings: int


class InspectionCancelled(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.cancelled.v1"

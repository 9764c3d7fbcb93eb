"""Facts of oversight: inspections, findings, rectifications."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Audience, Event

Level = Literal["township", "district", "bureau"]


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


class InspectionPrepared(InspectionFact):
    """An unannounced inspection as it stands before the inspectors are on site.

    It takes the place of the other facts until then, and is told at the division of the inspecting
    body: nothing that reaches the inspected subject says that somebody is coming.
    """

    type: ClassVar[str] = "oversight.inspection.prepared.v1"
    audience: ClassVar[Audience] = "internal"


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


class InspectionStarted(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.started.v1"


class InspectionSigned(InspectionFact):
    """The findings were signed; no further one is added."""

    type: ClassVar[str] = "oversight.inspection.signed.v1"

    findings: int


class InspectionCompleted(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.completed.v1"

    findings: int


class InspectionCancelled(InspectionFact):
    type: ClassVar[str] = "oversight.inspection.cancelled.v1"


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


class RectificationFact(Event):
    """An order to correct, as it stands."""

    subject_field: ClassVar[str] = "rectification_id"

    rectification_id: UUID
    finding_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    requirement: str
    severity: str
    legal_basis: list[str]
    division: str
    state: str
    due_at: datetime
    authority_level: Level = "district"
    """Whose body gave the order and judges what was done."""


class RectificationOrdered(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.ordered.v1"


class RectificationReceived(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.received.v1"


class RectificationBegun(RectificationFact):
    """The subject is at work on it."""

    type: ClassVar[str] = "oversight.rectification.begun.v1"


class RectificationExtensionRequested(RectificationFact):
    """The subject asks for more time; `due_at` is still the old day."""

    type: ClassVar[str] = "oversight.rectification.extension_requested.v1"

    days: int


class RectificationExtensionRefused(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.extension_refused.v1"


class RectificationExtended(RectificationFact):
    """The one extension was approved; `due_at` is the new day."""

    type: ClassVar[str] = "oversight.rectification.extended.v1"


class RectificationSubmitted(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.submitted.v1"


class RectificationVerified(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.verified.v1"


class RectificationRejected(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.rejected.v1"


class RectificationOverdue(RectificationFact):
    """The deadline passed without a submission that holds."""

    type: ClassVar[str] = "oversight.rectification.overdue.v1"

"""Inspections."""

from datetime import date
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

"""Facts of guidance sessions."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class GuidanceSessionFact(Event):
    """A session in which a department guides townships."""

    subject_field: ClassVar[str] = "guidance_id"

    guidance_id: UUID
    division: str
    """The district whose department guides, or the city."""
    townships: list[str]
    kind: str
    topic: str
    domains: list[str]
    department: str
    organisation: str | None
    """Credit code of the department, if it is a subject."""
    planned_on: date
    state: str
    held_on: date | None
    participants: int | None


class GuidanceSessionPlanned(GuidanceSessionFact):
    type: ClassVar[str] = "registry.guidance_session.planned.v1"


class GuidanceSessionChanged(GuidanceSessionFact):
    type: ClassVar[str] = "registry.guidance_session.changed.v1"


class GuidanceSessionHeld(GuidanceSessionFact):
    type: ClassVar[str] = "registry.guidance_session.held.v1"


class GuidanceSessionReviewed(GuidanceSessionFact):
    type: ClassVar[str] = "registry.guidance_session.reviewed.v1"


class GuidanceSessionCancelled(GuidanceSessionFact):
    type: ClassVar[str] = "registry.guidance_session.cancelled.v1"

    reason: str

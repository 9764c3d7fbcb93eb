"""Facts of guidance links."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class GuidanceLinkFact(Event):
    """A department that guides a township, in a domain or with one item."""

    subject_field: ClassVar[str] = "guidance_link_id"

    guidance_link_id: UUID
    division: str
    """The township."""
    domain: str | None
    item_code: str | None
    guided: str
    """The domain or the item, in Chinese."""
    department_id: UUID | None
    department: str
    organisation: str | None
    """Credit code of the department, if it is a subject."""
    state: str
    assigned_on: date
    ended_on: date | None


class GuidanceAssigned(GuidanceLinkFact):
    type: ClassVar[str] = "registry.guidance.assigned.v1"


class GuidanceEnded(GuidanceLinkFact):
    type: ClassVar[str] = "registry.guidance.ended.v1"

    reason: str

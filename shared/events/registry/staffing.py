"""Facts of staffing plans."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Event


class StaffingFact(Event):
    """The posts of one kind of body in a division and year, and how many are filled."""

    subject_field: ClassVar[str] = "staffing_id"

    staffing_id: UUID
    division: str
    level: Literal["city", "district", "township"]
    body_kind: str
    """`supervision_authority` or `enforcement_subject`."""
    year: int
    headcount: int
    actual: int
    state: str


class StaffingFiled(StaffingFact):
    type: ClassVar[str] = "registry.staffing.filed.v1"


class StaffingChanged(StaffingFact):
    type: ClassVar[str] = "registry.staffing.changed.v1"


class StaffingApproved(StaffingFact):
    type: ClassVar[str] = "registry.staffing.approved.v1"


class StaffingAdjusted(StaffingFact):
    """The staffing office decided anew."""

    type: ClassVar[str] = "registry.staffing.adjusted.v1"


class StaffingWithdrawn(StaffingFact):
    type: ClassVar[str] = "registry.staffing.withdrawn.v1"


class StaffingClosed(StaffingFact):
    """The year is over."""

    type: ClassVar[str] = "registry.staffing.closed.v1"


class StaffingShort(StaffingFact):
    """Posts of this year are vacant; told once, until they are filled."""

    type: ClassVar[str] = "registry.staffing.short.v1"


class StaffingFilled(StaffingFact):
    """All posts are filled after it was told that some were vacant."""

    type: ClassVar[str] = "registry.staffing.filled.v1"

"""Facts of leading groups; who is in them stays with the registry."""

from typing import ClassVar
from uuid import UUID

from shared.events import Event


class LeadingGroupFact(Event):
    """A leading group and its office as they stand."""

    subject_field: ClassVar[str] = "leading_group_id"

    leading_group_id: UUID
    division: str
    name: str
    co_located_with: str | None
    state: str
    members: int
    office_staff: int


class LeadingGroupProposed(LeadingGroupFact):
    type: ClassVar[str] = "registry.leading_group.proposed.v1"


class LeadingGroupChanged(LeadingGroupFact):
    """Fields, or who is in the group or its office."""

    type: ClassVar[str] = "registry.leading_group.changed.v1"


class LeadingGroupEstablished(LeadingGroupFact):
    type: ClassVar[str] = "registry.leading_group.established.v1"


class LeadingGroupDissolved(LeadingGroupFact):
    type: ClassVar[str] = "registry.leading_group.dissolved.v1"

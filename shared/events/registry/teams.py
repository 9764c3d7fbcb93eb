"""Facts of the townships' teams."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TeamFact(Event):
    """A team as it stands."""

    subject_field: ClassVar[str] = "team_id"

    team_id: UUID
    subject_id: UUID
    organisation: str
    """Credit code of the subject in whose name it enforces."""
    division: str
    name: str
    leader: str | None
    domains: list[str]
    units: list[str]
    """Names of the units that were merged."""
    state: str


class TeamPlanned(TeamFact):
    type: ClassVar[str] = "registry.team.planned.v1"


class TeamChanged(TeamFact):
    """The plan was changed."""

    type: ClassVar[str] = "registry.team.changed.v1"


class TeamFormed(TeamFact):
    type: ClassVar[str] = "registry.team.formed.v1"


class TeamReorganised(TeamFact):
    type: ClassVar[str] = "registry.team.reorganised.v1"


class TeamDissolved(TeamFact):
    """All who served in it returned."""

    type: ClassVar[str] = "registry.team.dissolved.v1"

    officer_ids: list[UUID]


class TeamAssignmentFact(TeamFact):
    """An officer's time in the team."""

    officer_id: UUID
    home_subject_id: UUID
    from_on: date
    to_on: date | None
    """The last day that was agreed on."""
    ended_on: date | None


class TeamOfficerAssigned(TeamAssignmentFact):
    type: ClassVar[str] = "registry.team.officer_assigned.v1"


class TeamOfficerRecalled(TeamAssignmentFact):
    """Recalled, or returned after the last day."""

    type: ClassVar[str] = "registry.team.officer_recalled.v1"

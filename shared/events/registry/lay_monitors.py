"""Facts of lay monitors and grid cells."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class LayMonitorFact(Event):
    """A lay monitor as they stand; never what was found about them, nor why they left."""

    subject_field: ClassVar[str] = "lay_monitor_id"

    lay_monitor_id: UUID
    name: str
    source: str
    specialities: list[str]
    division: str
    level: str
    state: str
    account: str | None
    """`sub` of the monitor, once they have an account."""
    term_from: date | None
    term_to: date | None


class LayMonitorNominated(LayMonitorFact):
    type: ClassVar[str] = "registry.lay_monitor.nominated.v1"


class LayMonitorChanged(LayMonitorFact):
    """Fields, grid cells, or leave: `state` says whether they serve."""

    type: ClassVar[str] = "registry.lay_monitor.changed.v1"


class LayMonitorVetted(LayMonitorFact):
    type: ClassVar[str] = "registry.lay_monitor.vetted.v1"


class LayMonitorRefused(LayMonitorFact):
    type: ClassVar[str] = "registry.lay_monitor.refused.v1"


class LayMonitorAppointed(LayMonitorFact):
    type: ClassVar[str] = "registry.lay_monitor.appointed.v1"


class LayMonitorEnded(LayMonitorFact):
    """The term is over, or they resigned."""

    type: ClassVar[str] = "registry.lay_monitor.ended.v1"


class LayMonitorDismissed(LayMonitorFact):
    type: ClassVar[str] = "registry.lay_monitor.dismissed.v1"


class LayMonitorAssignmentReversed(LayMonitorFact):
    """They were assigned to a grid cell by mistake. Why stays with the entry."""

    type: ClassVar[str] = "registry.lay_monitor.assignment_reversed.v1"

    assignment_id: UUID
    grid_id: UUID


class LayMonitorActivityLogged(LayMonitorFact):
    """What they did; the account of it stays with the registry."""

    type: ClassVar[str] = "registry.lay_monitor.activity_logged.v1"

    activity_id: UUID
    activity: str
    done_on: date
    reference: str | None


class GridFact(Event):
    """A grid cell as it stands."""

    subject_field: ClassVar[str] = "grid_id"

    grid_id: UUID
    division: str
    code: str
    name: str


class GridDefined(GridFact):
    type: ClassVar[str] = "registry.grid.defined.v1"


class GridChanged(GridFact):
    type: ClassVar[str] = "registry.grid.changed.v1"

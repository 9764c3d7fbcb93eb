"""Lay monitors and grid cells over HTTP. Of an identity number nothing goes out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.lay_monitors.rules import (
    ActivityKind,
    Bar,
    MonitorSource,
    MonitorState,
    allowed_actions,
)
from services.registry.lay_monitors.tables import Grid, LayMonitor, LayMonitorGrid
from services.registry.permissions import acts_in
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import IdentityNumber
from shared.reversals import EntryView
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the record", examples=["工作变动,不再担任"]),
]


def _domains_once(items: list[Domain]) -> list[Domain]:
    return list(dict.fromkeys(items))


Specialities = Annotated[
    list[Domain],
    Field(max_length=len(Domain), description="Domains of enforcement that they know"),
    AfterValidator(_domains_once),
]

_EXAMPLE: JsonDict = {
    "name": "赵某",
    "source": "lawyer",
    "affiliation": "某律师事务所",
    "specialities": ["urban_management"],
    "division": "500106104",
    "identity_no": "500112199001010017",
}


class GridRequest(Input):
    """A grid cell of a division."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"division": "500106104", "code": "QMG-03", "name": "关口片区网格"}]
        }
    )

    division: DivisionCode
    code: Annotated[
        str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,39}$"), Field(examples=["QMG"])
    ]
    name: Line


class GridPatch(Input):
    """Another name; the code stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "关口北片区网格"}]})

    name: Line


class GridView(ResourceView):
    """A grid cell, and how many serve in it."""

    division: str
    code: str
    name: str
    monitors: int = Field(description="Lay monitors who are appointed and assigned to it")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(description="What the caller may do now: `change` is PATCH")

    @classmethod
    def of(cls, grid: Grid, monitors: int, actor: Actor) -> Self:
        """The view of `grid` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(grid, name)
            for name in cls.model_fields
            if name not in {"monitors", "allowed_actions"}
        }
        managed = actor.may("grid:manage") and acts_in(actor, grid.district, grid.township)
        return cls.model_validate(
            {**told, "monitors": monitors, "allowed_actions": ["change"] if managed else []}
        )


class GridQuery(Paging):
    """Which grid cells, in which order."""

    sort: Literal["code", "-code", "id", "-id"] = "code"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    covered: bool | None = Field(
        default=None, description="Whether an appointed lay monitor is assigned to it"
    )


class NominationRequest(Input):
    """Somebody who is to become a lay monitor."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Line
    source: MonitorSource
    affiliation: Line | None = Field(default=None, description="Where they work")
    specialities: Specialities = Field(default_factory=list)
    division: DivisionCode
    account: Line | None = Field(default=None, description="Their own account's `sub`")
    identity_no: IdentityNumber | None = Field(
        default=None,
        description="Kept as a keyed hash, by which enforcement staff are told; never shown",
    )


class LayMonitorPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"affiliation": "某大学法学院"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    source: MonitorSource = Field(default_factory=lambda: MonitorSource.OTHER)
    affiliation: Line | None = Field(default_factory=lambda: None)
    specialities: Specialities = Field(default_factory=list)
    account: Line | None = Field(default_factory=lambda: None)


class BarCheck(Input):
    """What came out when a bar was looked into."""

    bar: Bar
    found: bool
    source: Line | None = Field(default=None, description="Who was asked, or which record")


class VettingRequest(Input):
    """Each bar that rule lay_monitor.bars names, looked into."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "checks": [
                        {"bar": "punished", "found": False, "source": "公安机关复函"},
                        {"bar": "dismissed_from_office", "found": False},
                        {"bar": "dishonest", "found": False, "source": "信用平台查询"},
                        {"bar": "enforcement_staff", "found": False},
                    ]
                }
            ]
        }
    )

    checks: list[BarCheck] = Field(min_length=1, max_length=20)
    identity_no: IdentityNumber | None = Field(
        default=None,
        description="Needed here if it was not given at the nomination; kept as a keyed hash",
    )


class AppointmentRequest(Input):
    """For how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"term_to": "2028-06-30"}]})

    term_from: date | None = Field(default=None, description="Today if left out")
    term_to: date = Field(description="The last day")


class AssignmentRequest(Input):
    """The grid cells that the monitor is assigned to from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"grid_ids": ["019ab3a0-0000-7000-8000-000000000001"]}]}
    )

    grid_ids: list[UUID] = Field(max_length=50)


class LayMonitorReason(Input):
    """Why."""

    reason: Reason


class ActivityRequest(Input):
    """What the monitor did."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "patrol", "summary": "巡查农贸市场,未见不文明执法。"}]
        }
    )

    kind: ActivityKind
    done_on: date | None = Field(default=None, description="Today if left out")
    summary: Prose
    reference: Line | None = Field(
        default=None, description="Of the lead, inspection or file, where that is kept"
    )


class ActivityView(View):
    """What a lay monitor did."""

    id: UUID
    kind: ActivityKind
    done_on: date
    summary: str
    reference: str | None
    logged_by: str = Field(description="`sub` of who wrote it down")
    created_at: datetime


class AssignedGrid(View):
    """A grid cell that a monitor is assigned to."""

    id: UUID
    code: str
    name: str
    assignment_id: UUID = Field(description="Of the entry, by which it is reversed")


class AssignmentView(EntryView):
    """That a monitor is, or was, assigned to a grid cell."""

    id: UUID
    grid_id: UUID
    code: str
    name: str
    assigned_at: datetime | None
    assigned_by: str | None = Field(description="`sub` of the person")
    ended_at: datetime | None = Field(description="When the monitor was assigned elsewhere instead")

    @classmethod
    def of(cls, entry: LayMonitorGrid, grid: Grid) -> Self:
        """The view of an assignment to `grid`."""
        told = {
            name: getattr(entry, name) for name in cls.model_fields if name not in {"code", "name"}
        }
        return cls.model_validate({**told, "code": grid.code, "name": grid.name})


class LayMonitorView(ResourceView):
    """A lay monitor."""

    name: str
    source: MonitorSource
    affiliation: str | None
    specialities: list[Domain]
    division: str
    account: str | None
    state: MonitorState
    grids: list[AssignedGrid]
    checks: list[BarCheck] = Field(description="What was looked into when they were vetted")
    term_from: date | None
    term_to: date | None = Field(description="The last day of the term")
    ended_on: date | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls, monitor: LayMonitor, assigned: Sequence[tuple[LayMonitorGrid, Grid]], actor: Actor
    ) -> Self:
        """The view of `monitor` for `actor`, with the grid cells `assigned`."""
        told: dict[str, Any] = {
            name: getattr(monitor, name)
            for name in cls.model_fields
            if name not in {"grids", "allowed_actions"}
        }
        actions = allowed_actions(
            state=monitor.state,
            permissions=actor.permissions,
            caller=actor.sub,
            nominated_by=monitor.nominated_by,
            in_charge=acts_in(actor, monitor.district, monitor.township),
            own=monitor.account == actor.sub,
            assigned=bool(assigned),
        )
        grids = [
            AssignedGrid(id=grid.id, code=grid.code, name=grid.name, assignment_id=entry.id)
            for entry, grid in assigned
        ]
        return cls.model_validate({**told, "grids": grids, "allowed_actions": actions})


class LayMonitorQuery(Paging):
    """Which lay monitors, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    state: MonitorState | None = None
    source: MonitorSource | None = None
    speciality: Domain | None = None
    grid_id: UUID | None = Field(default=None, description="Assigned to this grid cell")
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the affiliation, or pinyin initials"
    )


class AssignmentQuery(Paging):
    """Which part of where a monitor was assigned; the newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"


class ActivityQuery(Paging):
    """Which part of what a monitor did; the newest first unless said otherwise."""

    sort: Literal["done_on", "-done_on"] = "-done_on"
    kind: ActivityKind | None = None

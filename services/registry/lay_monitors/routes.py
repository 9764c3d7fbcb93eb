"""Lay monitors and grid cells over HTTP: see `lay_monitors.rules` for the life of a monitor."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.lay_monitors import actions
from services.registry.lay_monitors.schemas import (
    ActivityQuery,
    ActivityRequest,
    ActivityView,
    AppointmentRequest,
    AssignmentQuery,
    AssignmentRequest,
    AssignmentView,
    GridPatch,
    GridQuery,
    GridRequest,
    GridView,
    LayMonitorPatch,
    LayMonitorQuery,
    LayMonitorReason,
    LayMonitorView,
    NominationRequest,
    VettingRequest,
)
from services.registry.lay_monitors.tables import Grid, LayMonitor
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.reversals import ReversalRequest
from shared.web import router as router_of
from shared.web.paging import Page

monitors = router_of("/registry/v1/lay-monitors", "lay monitors")
grids = router_of("/registry/v1/grids", "lay monitors")
routers: list[APIRouter] = [monitors, grids]


async def _grid_view(session: Session, grid: Grid, actor: Actor) -> GridView:
    serving = await actions.monitors_in(session, [grid])
    return GridView.of(grid, serving.get(grid.id, 0), actor)


async def _view(session: Session, monitor: LayMonitor, actor: Actor) -> LayMonitorView:
    assigned = await actions.grids_of(session, [monitor])
    return LayMonitorView.of(monitor, assigned[monitor.id], actor)


@grids.get("")
async def list_grids(
    session: ReadSession,
    actor: Annotated[Actor, May("grid:read")],
    query: Annotated[GridQuery, Query()],
) -> Page[GridView]:
    """The grid cells (网格) that the caller may see, and how many lay monitors serve in each."""
    rows, cursor, count = await actions.grid_page(session, actor, query)
    serving = await actions.monitors_in(session, rows)
    items = [GridView.of(row, serving.get(row.id, 0), actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@grids.post("", status_code=201)
async def define_grid(
    session: Session, actor: Annotated[Actor, May("grid:manage")], body: GridRequest
) -> GridView:
    """Define a grid cell in the caller's division."""
    return await _grid_view(session, await actions.define_grid(session, actor, body), actor)


@grids.get("/{id}")
async def get_grid(
    session: ReadSession, actor: Annotated[Actor, May("grid:read")], id: UUID
) -> GridView:
    """One grid cell."""
    return await _grid_view(session, await load(session, Grid, id, actor), actor)


@grids.patch("/{id}")
async def change_grid(
    session: Session, actor: Annotated[Actor, May("grid:manage")], id: UUID, body: GridPatch
) -> GridView:
    """Give a grid cell another name."""
    grid = await actions.change_grid(session, actor, id, body.name)
    return await _grid_view(session, grid, actor)


@monitors.get("")
async def list_lay_monitors(
    session: ReadSession,
    actor: Annotated[Actor, May("lay_monitor:read")],
    query: Annotated[LayMonitorQuery, Query()],
) -> Page[LayMonitorView]:
    """The lay monitors (行政执法监督员) that the caller may see; a monitor sees the own record."""
    rows, cursor, count = await actions.page(session, actor, query)
    assigned = await actions.grids_of(session, rows)
    items = [LayMonitorView.of(row, assigned[row.id], actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@monitors.post("", status_code=201)
async def nominate_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:nominate")],
    body: NominationRequest,
) -> LayMonitorView:
    """Nominate somebody (提名); staff on post are refused if the identity number is given."""
    return await _view(session, await actions.nominate(session, actor, body), actor)


@monitors.get("/{id}")
async def get_lay_monitor(
    session: ReadSession, actor: Annotated[Actor, May("lay_monitor:read")], id: UUID
) -> LayMonitorView:
    """One lay monitor."""
    return await _view(session, await load(session, LayMonitor, id, actor), actor)


@monitors.patch("/{id}")
async def change_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:nominate")],
    id: UUID,
    body: LayMonitorPatch,
) -> LayMonitorView:
    """Change a record, or attach the monitor's own account to it."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@monitors.post("/{id}/vet")
async def vet_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:vet")],
    id: UUID,
    body: VettingRequest,
) -> LayMonitorView:
    """Record that no bar to an appointment was found (审查); never by who nominated."""
    return await _view(session, await actions.vet(session, actor, id, body), actor)


@monitors.post("/{id}/refuse")
async def refuse_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:vet")],
    id: UUID,
    body: LayMonitorReason,
) -> LayMonitorView:
    """Refuse the appointment (不予聘任)."""
    return await _view(session, await actions.refuse(session, actor, id, body.reason), actor)


@monitors.post("/{id}/appoint")
async def appoint_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:appoint")],
    id: UUID,
    body: AppointmentRequest,
) -> LayMonitorView:
    """Appoint for a term (聘任), which ends by itself after its last day."""
    return await _view(session, await actions.appoint(session, actor, id, body), actor)


@monitors.post("/{id}/assign")
async def assign_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:assign")],
    id: UUID,
    body: AssignmentRequest,
) -> LayMonitorView:
    """Assign the monitor to these grid cells (网格化), and to no others any more."""
    return await _view(session, await actions.assign(session, actor, id, body.grid_ids), actor)


@monitors.get("/{id}/assignments")
async def list_lay_monitor_assignments(
    session: ReadSession,
    actor: Annotated[Actor, May("lay_monitor:read")],
    id: UUID,
    query: Annotated[AssignmentQuery, Query()],
) -> Page[AssignmentView]:
    """Where the monitor is and was assigned, also what was reversed since (更正)."""
    rows, cursor, count = await actions.assignments(session, actor, id, query)
    items = [AssignmentView.of(entry, grid) for entry, grid in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@monitors.post("/{id}/reverse")
async def reverse_lay_monitor_assignment(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:reverse")],
    id: UUID,
    body: ReversalRequest,
) -> LayMonitorView:
    """Take back an assignment that was a mistake: it stays on record and counts no more."""
    return await _view(session, await actions.reverse(session, actor, id, body), actor)


@monitors.post("/{id}/leave")
async def send_lay_monitor_on_leave(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:leave")],
    id: UUID,
    body: LayMonitorReason,
) -> LayMonitorView:
    """The monitor does not serve for the time being; the term goes on."""
    return await _view(session, await actions.leave(session, actor, id, body.reason), actor)


@monitors.post("/{id}/resume")
async def resume_lay_monitor(
    session: Session, actor: Annotated[Actor, May("lay_monitor:leave")], id: UUID
) -> LayMonitorView:
    """The monitor serves again."""
    return await _view(session, await actions.resume(session, actor, id), actor)


@monitors.post("/{id}/resign")
async def resign_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:end")],
    id: UUID,
    body: LayMonitorReason,
) -> LayMonitorView:
    """Record that the monitor gave it up before the end of the term (辞聘)."""
    return await _view(session, await actions.resign(session, actor, id, body.reason), actor)


@monitors.post("/{id}/dismiss")
async def dismiss_lay_monitor(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:dismiss")],
    id: UUID,
    body: LayMonitorReason,
) -> LayMonitorView:
    """Dismiss the monitor (解聘)."""
    return await _view(session, await actions.dismiss(session, actor, id, body.reason), actor)


@monitors.get("/{id}/activities")
async def list_lay_monitor_activities(
    session: ReadSession,
    actor: Annotated[Actor, May("lay_monitor:read")],
    id: UUID,
    query: Annotated[ActivityQuery, Query()],
) -> Page[ActivityView]:
    """What the monitor did (履职记录): patrols, inspections, leads given."""
    rows, cursor, count = await actions.activities(session, actor, id, query)
    items = [ActivityView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@monitors.post("/{id}/activities", status_code=201)
async def log_lay_monitor_activity(
    session: Session,
    actor: Annotated[Actor, May("lay_monitor:log")],
    id: UUID,
    body: ActivityRequest,
) -> LayMonitorView:
    """Log what the monitor did: the monitor themselves, or the office in charge."""
    return await _view(session, await actions.log(session, actor, id, body), actor)

"""The verbs of lay monitors and grid cells: load, decide, change, publish."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.divisions.actions import place_of
from services.registry.lay_monitors import rules
from services.registry.lay_monitors.schemas import (
    ActivityQuery,
    ActivityRequest,
    AppointmentRequest,
    AssignmentQuery,
    GridQuery,
    GridRequest,
    LayMonitorPatch,
    LayMonitorQuery,
    NominationRequest,
    VettingRequest,
)
from services.registry.lay_monitors.tables import (
    Grid,
    LayMonitor,
    LayMonitorActivity,
    LayMonitorGrid,
)
from services.registry.officers.actions import identity_index, is_on_post
from services.registry.officers.rules import has_been
from services.registry.permissions import acts_in
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.lay_monitors import (
    GridChanged,
    GridDefined,
    GridFact,
    LayMonitorActivityLogged,
    LayMonitorAppointed,
    LayMonitorAssignmentReversed,
    LayMonitorChanged,
    LayMonitorDismissed,
    LayMonitorEnded,
    LayMonitorFact,
    LayMonitorNominated,
    LayMonitorRefused,
    LayMonitorVetted,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.divisions import level_of
from shared.law.tables import rule
from shared.reversals import ReversalRequest, take_back
from shared.search import matches
from shared.timers import cancel, schedule
from shared.web.paging import paginate

END = "lay_monitor.end"
"""The timer that ends an appointment after its last day."""
BARS_RULE = "lay_monitor.bars"
TERM_RULE = "lay_monitor.term"

_GRID_SORTS = {"id": Grid.id, "code": Grid.code}
_SORTS = {"id": LayMonitor.id, "name": LayMonitor.name, "updated_at": LayMonitor.updated_at}

Assigned = tuple[LayMonitorGrid, Grid]
"""An assignment, and to where."""

# ---------------------------------------------------------------- grid cells


async def grid_page(
    session: AsyncSession, actor: Actor, query: GridQuery
) -> tuple[list[Grid], str | None, int | None]:
    """The caller's grid cells that match, one page of them."""
    statement = select(Grid).where(visible(Grid, actor))
    if query.division:
        statement = statement.where(in_division(Grid, query.division))
    if query.covered is not None:
        served = exists().where(
            LayMonitorGrid.grid_id == Grid.id,
            LayMonitorGrid.goes_on(),
            LayMonitorGrid.lay_monitor_id == LayMonitor.id,
            LayMonitor.state == rules.MonitorState.APPOINTED,
            unscoped(LayMonitor, reason="whether a visible grid cell is served, not by whom"),
        )
        statement = statement.where(served if query.covered else not_(served))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_GRID_SORTS, id=Grid.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def monitors_in(session: AsyncSession, grids: Iterable[Grid]) -> dict[UUID, int]:
    """How many serve in each of `grids`."""
    statement = (
        select(LayMonitorGrid.grid_id, func.count().label("number"))
        .join(LayMonitor, LayMonitor.id == LayMonitorGrid.lay_monitor_id)
        .where(
            LayMonitorGrid.grid_id.in_([grid.id for grid in grids]),
            LayMonitorGrid.goes_on(),
            LayMonitor.state == rules.MonitorState.APPOINTED,
            unscoped(LayMonitor, reason="how many serve in a visible grid cell, not who"),
        )
        .group_by(LayMonitorGrid.grid_id)
    )
    return {row.grid_id: row.number for row in await session.execute(statement)}


async def define_grid(session: AsyncSession, actor: Actor, request: GridRequest) -> Grid:
    """A grid cell of a division of the caller's."""
    scope = await place_of(session, actor, request.division)
    moment = now(session)
    grid = Grid(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        created_at=moment,
        updated_at=moment,
    )
    session.add(grid)
    return await _grid_done(session, grid, GridDefined)


async def change_grid(session: AsyncSession, actor: Actor, id: UUID, name: str) -> Grid:
    """Another name; one that is the same leaves no trace."""
    grid = await load(session, Grid, id, actor, lock=True)
    if not acts_in(actor, grid.district, grid.township):
        raise NotInCharge
    if grid.name == name:
        return grid
    grid.name, grid.updated_at = name, now(session)
    return await _grid_done(session, grid, GridChanged)


async def _grid_done(session: AsyncSession, grid: Grid, event: type[GridFact]) -> Grid:
    await session.flush()
    told = {"grid_id": grid.id, "division": grid.division, "code": grid.code, "name": grid.name}
    publish(session, event.model_validate(told), at=grid)
    return grid


# ---------------------------------------------------------------- lay monitors


async def page(
    session: AsyncSession, actor: Actor, query: LayMonitorQuery
) -> tuple[list[LayMonitor], str | None, int | None]:
    """The lay monitors that match and that the caller may see, one page of them."""
    statement = select(LayMonitor).where(visible(LayMonitor, actor))
    if query.state:
        statement = statement.where(LayMonitor.state == query.state)
    if query.source:
        statement = statement.where(LayMonitor.source == query.source)
    if query.speciality:
        statement = statement.where(LayMonitor.specialities.contains([query.speciality]))
    if query.grid_id:
        statement = statement.where(
            exists().where(
                LayMonitorGrid.lay_monitor_id == LayMonitor.id,
                LayMonitorGrid.grid_id == query.grid_id,
                LayMonitorGrid.goes_on(),
            )
        )
    if query.division:
        statement = statement.where(in_division(LayMonitor, query.division))
    if query.q:
        statement = statement.where(matches(LayMonitor, query.q))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=LayMonitor.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def grids_of(
    session: AsyncSession, monitors: Iterable[LayMonitor]
) -> dict[UUID, list[Assigned]]:
    """The grid cells of each of `monitors`, by code."""
    found: dict[UUID, list[Assigned]] = {monitor.id: [] for monitor in monitors}
    statement = (
        select(LayMonitorGrid, Grid)
        .join(Grid, Grid.id == LayMonitorGrid.grid_id)
        .where(
            LayMonitorGrid.lay_monitor_id.in_(found),
            LayMonitorGrid.goes_on(),
            unscoped(Grid, reason="where a visible monitor serves is shown with the monitor"),
        )
        .order_by(Grid.code)
    )
    for entry, grid in await session.execute(statement):
        found[entry.lay_monitor_id].append((entry, grid))
    return found


async def assignments(
    session: AsyncSession, actor: Actor, id: UUID, query: AssignmentQuery
) -> tuple[list[Assigned], str | None, int | None]:
    """Where a visible monitor is and was assigned."""
    await load(session, LayMonitor, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(LayMonitorGrid, Grid)
        .join(Grid, Grid.id == LayMonitorGrid.grid_id)
        .where(
            LayMonitorGrid.lay_monitor_id == id,
            unscoped(Grid, reason="where a visible monitor served is shown with the monitor"),
        ),
        sort=query.sort,
        columns={"id": LayMonitorGrid.id},
        id=LayMonitorGrid.id,
        paging=query,
    )
    return [(row[0], row[1]) for row in rows], cursor, count


async def activities(
    session: AsyncSession, actor: Actor, id: UUID, query: ActivityQuery
) -> tuple[list[LayMonitorActivity], str | None, int | None]:
    """What a visible monitor did."""
    await load(session, LayMonitor, id, actor)
    statement = select(LayMonitorActivity).where(LayMonitorActivity.lay_monitor_id == id)
    if query.kind:
        statement = statement.where(LayMonitorActivity.kind == query.kind)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"done_on": LayMonitorActivity.done_on},
        id=LayMonitorActivity.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def nominate(session: AsyncSession, actor: Actor, request: NominationRequest) -> LayMonitor:
    """Somebody is to become a lay monitor in a division of the caller's."""
    scope = await place_of(session, actor, request.division)
    index = None
    if request.identity_no is not None:
        index = identity_index(session, request.identity_no.get_secret_value())
    await _check_not_on_post(session, index)
    moment = now(session)
    monitor = LayMonitor(
        **request.model_dump(exclude={"identity_no"}),
        identity_index=index,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        nominated_by=actor.sub,
        checks=[],
        created_at=moment,
        updated_at=moment,
    )
    session.add(monitor)
    return await _done(session, monitor, LayMonitorNominated)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: LayMonitorPatch
) -> LayMonitor:
    """Change fields; a change that changes nothing leaves no trace."""
    monitor = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in told.items() if getattr(monitor, name) != value}
    if not changes:
        return monitor
    for name, value in changes.items():
        setattr(monitor, name, value)
    return await _done(session, monitor, LayMonitorChanged)


async def vet(session: AsyncSession, actor: Actor, id: UUID, request: VettingRequest) -> LayMonitor:
    """Each bar was looked into, and none was found."""
    monitor = await _take(session, actor, id, "vet")
    found: dict[str, bool] = {}
    for check in request.checks:
        found[check.bar] = check.found or found.get(check.bar, False)
    bars = (await rule(session, BARS_RULE)).value["bars"]
    rules.may_vet(caller=actor.sub, nominated_by=monitor.nominated_by, bars=bars, found=found)
    index = monitor.identity_index
    if request.identity_no is not None:
        told = identity_index(session, request.identity_no.get_secret_value())
        rules.may_be_known_by(told=told, known=index)
        index = told
    rules.is_known(known=index is not None, bars=bars)
    await _check_not_on_post(session, index)
    monitor.identity_index = index
    monitor.vetted_by = actor.sub
    monitor.checks = [check.model_dump(mode="json") for check in request.checks]
    return await _done(session, monitor, LayMonitorVetted, step="vet")


async def refuse(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> LayMonitor:
    """They are not appointed."""
    monitor = await _take(session, actor, id, "refuse")
    monitor.reason = reason
    return await _done(session, monitor, LayMonitorRefused, step="refuse")


async def appoint(
    session: AsyncSession, actor: Actor, id: UUID, request: AppointmentRequest
) -> LayMonitor:
    """They serve until the last day of the term."""
    monitor = await _take(session, actor, id, "appoint")
    day = today(session)
    longest = (await rule(session, TERM_RULE)).value["longest_years"]
    term_from = request.term_from or day
    rules.may_serve(term_from=term_from, term_to=request.term_to, today=day, longest_years=longest)
    # Once more: somebody may have gone on post since.
    await _check_not_on_post(session, monitor.identity_index, to_stay=True)
    await schedule(session, END, monitor.id, end_of(request.term_to))
    monitor.term_from, monitor.term_to = term_from, request.term_to
    return await _done(session, monitor, LayMonitorAppointed, step="appoint")


async def assign(
    session: AsyncSession, actor: Actor, id: UUID, grid_ids: Iterable[UUID]
) -> LayMonitor:
    """To these grid cells, and to no others any more."""
    monitor = await _take(session, actor, id, "assign")
    wanted = set(grid_ids)
    for grid_id in wanted:
        grid = await load(session, Grid, grid_id, actor)
        within = monitor.district in (None, grid.district) and monitor.township in (
            None,
            grid.township,
        )
        rules.may_cover(grid=grid.code, within=within)
    present = set(
        await session.scalars(
            select(LayMonitorGrid.grid_id).where(
                LayMonitorGrid.lay_monitor_id == id, LayMonitorGrid.goes_on()
            )
        )
    )
    if wanted == present:
        return monitor
    moment = now(session)
    await session.execute(
        update(LayMonitorGrid)
        .where(
            LayMonitorGrid.lay_monitor_id == id,
            LayMonitorGrid.grid_id.in_(present - wanted),
            LayMonitorGrid.goes_on(),
        )
        .values(ended_at=moment)
    )
    session.add_all(
        LayMonitorGrid(
            lay_monitor_id=id, grid_id=grid_id, assigned_by=actor.sub, assigned_at=moment
        )
        for grid_id in sorted(wanted - present)
    )
    return await _done(session, monitor, LayMonitorChanged)


async def reverse(
    session: AsyncSession, actor: Actor, id: UUID, request: ReversalRequest
) -> LayMonitor:
    """An assignment that should not have been made: they never served there."""
    monitor = await _take(session, actor, id, "reverse")
    of_monitor = LayMonitorGrid.lay_monitor_id == id, LayMonitorGrid.ended_at.is_(None)
    entry = await take_back(session, actor, LayMonitorGrid, request, *of_monitor)
    told: dict[str, Any] = {"assignment_id": entry.id, "grid_id": entry.grid_id}
    return await _done(session, monitor, LayMonitorAssignmentReversed, **told)


async def leave(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> LayMonitor:
    """For the time being they do not serve; the term goes on."""
    monitor = await _take(session, actor, id, "leave")
    monitor.reason = reason
    return await _done(session, monitor, LayMonitorChanged, step="leave")


async def resume(session: AsyncSession, actor: Actor, id: UUID) -> LayMonitor:
    """They serve again."""
    monitor = await _take(session, actor, id, "resume")
    monitor.reason = None
    return await _done(session, monitor, LayMonitorChanged, step="resume")


async def resign(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> LayMonitor:
    """They give it up before the term is over."""
    monitor = await _take(session, actor, id, "resign")
    return await _finish(session, monitor, "resign", reason, LayMonitorEnded)


async def dismiss(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> LayMonitor:
    """They are told to stop."""
    monitor = await _take(session, actor, id, "dismiss")
    return await _finish(session, monitor, "dismiss", reason, LayMonitorDismissed)


async def end(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the term of the monitor `ref` is over."""
    monitor = await session.get(LayMonitor, ref, with_for_update=True)
    if monitor is None or monitor.state not in rules.SERVING:
        return
    await _finish(session, monitor, "end", None, LayMonitorEnded)


async def log(
    session: AsyncSession, actor: Actor, id: UUID, request: ActivityRequest
) -> LayMonitor:
    """What the monitor did, written down by themselves or by the office."""
    monitor = await load(session, LayMonitor, id, actor, lock=True)
    own = monitor.account == actor.sub
    if not own and not acts_in(actor, monitor.district, monitor.township):
        raise NotInCharge
    rules.LIFECYCLE.may("activities", monitor.state)
    day = today(session)
    has_been(request.done_on or day, today=day)
    rules.may_log(kind=request.kind, reference=request.reference)
    activity = LayMonitorActivity(
        lay_monitor_id=monitor.id,
        **request.model_dump(exclude={"done_on"}),
        done_on=request.done_on or day,
        logged_by=actor.sub,
        created_at=now(session),
    )
    session.add(activity)
    monitor.updated_at = now(session)
    await session.flush()
    told = {
        "activity_id": activity.id,
        "activity": activity.kind,
        "done_on": activity.done_on,
        "reference": activity.reference,
    }
    fact = LayMonitorActivityLogged.model_validate({**_facts_of(monitor), **told})
    publish(session, fact, at=monitor)
    return monitor


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> LayMonitor:
    """The locked monitor, if the state allows `action` and the caller is in charge."""
    monitor = await load(session, LayMonitor, id, actor, lock=True)
    if not acts_in(actor, monitor.district, monitor.township):
        raise NotInCharge
    rules.LIFECYCLE.may(action, monitor.state)
    return monitor


async def _check_not_on_post(
    session: AsyncSession, index: bytes | None, *, to_stay: bool = False
) -> None:
    bars = (await rule(session, BARS_RULE)).value["bars"]
    on_post = index is not None and await is_on_post(session, index, to_stay=to_stay)
    rules.may_monitor(on_post=on_post, bars=bars)


async def _finish(
    session: AsyncSession,
    monitor: LayMonitor,
    step: str,
    reason: str | None,
    event: type[LayMonitorFact],
) -> LayMonitor:
    await cancel(session, END, monitor.id)
    monitor.reason, monitor.ended_on = reason, today(session)
    return await _done(session, monitor, event, step=step)


async def _done(
    session: AsyncSession,
    monitor: LayMonitor,
    event: type[LayMonitorFact],
    *,
    step: str | None = None,
    **told: Any,
) -> LayMonitor:
    """Write the row in its new state and version, and the fact; `told` is what it says beyond."""
    if step is not None:
        monitor.state = rules.LIFECYCLE.next(step, monitor.state)
    monitor.updated_at = now(session)
    await session.flush()
    publish(session, event.model_validate({**_facts_of(monitor), **told}), at=monitor)
    return monitor


def _facts_of(monitor: LayMonitor) -> dict[str, Any]:
    names = (
        *("name", "source", "specialities", "division", "state", "account"),
        *("term_from", "term_to"),
    )
    return {
        "lay_monitor_id": monitor.id,
        "level": level_of(monitor.division),
        **{name: getattr(monitor, name) for name in names},
    }

"""Focus tasks over HTTP: see `focus_tasks.rules` for the life of one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.focus_tasks import actions
from services.registry.focus_tasks.schemas import (
    CompletionRequest,
    FocusTaskQuery,
    FocusTaskView,
    MilestoneRequest,
    MilestoneView,
    PilotTaskQuery,
    ProgressQuery,
    ProgressReportView,
    ProgressRequest,
    TaskPatch,
    TaskQuery,
)
from services.registry.focus_tasks.tables import FocusTask
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.law.divisions import DivisionCode
from shared.reversals import ReversalRequest
from shared.web import router as router_of
from shared.web.paging import Page

programmes = router_of("/registry/v1/programmes", "focus tasks")
pilots = router_of("/registry/v1/pilots", "focus tasks")
tasks = router_of("/registry/v1/tasks", "focus tasks")
milestones = router_of("/registry/v1/milestones", "focus tasks")
routers: list[APIRouter] = [programmes, pilots, tasks, milestones]


async def _views(
    session: AsyncSession, rows: Sequence[FocusTask], actor: Actor
) -> list[FocusTaskView]:
    found = await actions.milestones_of(session, rows)
    return [FocusTaskView.of(row, found[row.id], actor, today(session)) for row in rows]


async def _view(session: AsyncSession, task: FocusTask, actor: Actor) -> FocusTaskView:
    return (await _views(session, [task], actor))[0]


@programmes.get("/{id}/tasks")
async def list_programme_tasks(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    id: UUID,
    query: Annotated[TaskQuery, Query()],
) -> Page[FocusTaskView]:
    """The focus tasks (重点任务) of a programme: a district sees its own, the Bureau all."""
    rows, cursor, count = await actions.of_programme(session, actor, id, query)
    return Page(items=await _views(session, rows, actor), next_cursor=cursor, count=count)


@pilots.get("/{code}/tasks")
async def list_pilot_tasks(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    code: DivisionCode,
    query: Annotated[PilotTaskQuery, Query()],
) -> Page[FocusTaskView]:
    """The focus tasks of a district, by the code it bore as a pilot."""
    rows, cursor, count = await actions.of_pilot(session, actor, code, query)
    return Page(items=await _views(session, rows, actor), next_cursor=cursor, count=count)


@tasks.get("")
async def list_tasks(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    query: Annotated[FocusTaskQuery, Query()],
) -> Page[FocusTaskView]:
    """The focus tasks (重点任务) of all programmes: a district sees its own, the Bureau all."""
    rows, cursor, count = await actions.of_all(session, actor, query)
    return Page(items=await _views(session, rows, actor), next_cursor=cursor, count=count)


@tasks.get("/{id}")
async def get_task(
    session: ReadSession, actor: Annotated[Actor, May("task:read")], id: UUID
) -> FocusTaskView:
    """One focus task with its milestones (节点)."""
    return await _view(session, await load(session, FocusTask, id, actor), actor)


@tasks.patch("/{id}")
async def change_task(
    session: Session, actor: Annotated[Actor, May("task:plan")], id: UUID, body: TaskPatch
) -> FocusTaskView:
    """Tag a focus task with the other programmes that it counts for (与法治政府建设任务结合)."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@tasks.post("/{id}/progress")
async def report_task_progress(
    session: Session,
    actor: Annotated[Actor, May("task:report")],
    id: UUID,
    body: ProgressRequest,
) -> FocusTaskView:
    """Say how far a focus task has come; one that is blocked needs a note.

    A task of which nothing is reported for longer than the rule task.stall allows is told as
    stalled, once; the next report ends that.
    """
    return await _view(session, await actions.report(session, actor, id, body), actor)


@tasks.get("/{id}/progress")
async def list_task_progress(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    id: UUID,
    query: Annotated[ProgressQuery, Query()],
) -> Page[ProgressReportView]:
    """The progress log (进展台账): each report of a focus task, by whom and when."""
    rows, cursor, count = await actions.log(session, actor, id, query)
    items = [ProgressReportView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@tasks.post("/{id}/milestones", status_code=201)
async def add_task_milestone(
    session: Session,
    actor: Annotated[Actor, May("task:plan")],
    id: UUID,
    body: MilestoneRequest,
) -> FocusTaskView:
    """Set a focus task a milestone (节点), due by a day within the programme."""
    return await _view(session, await actions.plan(session, actor, id, body), actor)


@tasks.post("/{id}/reverse")
async def reverse_task_milestone(
    session: Session,
    actor: Annotated[Actor, May("task:reverse")],
    id: UUID,
    body: ReversalRequest,
) -> FocusTaskView:
    """Take back a milestone that was set, or told to be reached, by mistake.

    It stays on record and counts no more; one of the same title may be set anew.
    """
    return await _view(session, await actions.reverse(session, actor, id, body), actor)


@milestones.get("/{id}")
async def get_milestone(
    session: ReadSession, actor: Annotated[Actor, May("task:read")], id: UUID
) -> MilestoneView:
    """One milestone of a focus task."""
    found, task = await actions.milestone(session, actor, id)
    return MilestoneView.of(found, task, actor, today(session))


@milestones.post("/{id}/complete")
async def complete_milestone(
    session: Session,
    actor: Annotated[Actor, May("task:report")],
    id: UUID,
    body: CompletionRequest,
) -> MilestoneView:
    """A milestone is reached, today or on an earlier day."""
    reached, task = await actions.complete(session, actor, id, body)
    return MilestoneView.of(reached, task, actor, today(session))

"""Pilot programmes and focus tasks over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.programmes import actions
from services.registry.programmes.schemas import (
    FocusTaskView,
    ParticipantRequest,
    PilotTaskQuery,
    ProgrammeQuery,
    ProgrammeRequest,
    ProgrammeView,
    ProgressRequest,
    TaskQuery,
)
from services.registry.programmes.tables import FocusTask, Programme
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.law.divisions import DivisionCode
from shared.web import router as router_of
from shared.web.paging import Page

programmes = router_of("/registry/v1/programmes", "programmes")
pilots = router_of("/registry/v1/pilots", "programmes")
tasks = router_of("/registry/v1/tasks", "programmes")
routers: list[APIRouter] = [programmes, pilots, tasks]


async def _view(session: Session, programme: Programme, actor: Actor) -> ProgrammeView:
    participants = await actions.participants_of(session, [programme])
    return ProgrammeView.of(programme, participants[programme.id], actor)


@programmes.get("")
async def list_programmes(
    session: ReadSession,
    actor: Annotated[Actor, May("programme:read")],
    query: Annotated[ProgrammeQuery, Query()],
) -> Page[ProgrammeView]:
    """The pilot programmes (试点工作); they rest on public notices, so every caller sees all."""
    rows, cursor, count = await actions.page(session, query)
    participants = await actions.participants_of(session, rows)
    items = [ProgrammeView.of(row, participants[row.id], actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@programmes.post("", status_code=201)
async def open_programme(
    session: Session, actor: Annotated[Actor, May("programme:manage")], body: ProgrammeRequest
) -> ProgrammeView:
    """Open a programme with its pilots and their focus tasks; it closes after its last day."""
    return await _view(session, await actions.open_programme(session, body), actor)


@programmes.get("/{id}")
async def get_programme(
    session: ReadSession, actor: Annotated[Actor, May("programme:read")], id: UUID
) -> ProgrammeView:
    """One programme and who takes part."""
    return await _view(session, await actions.read(session, id), actor)


@programmes.post("/{id}/participants", status_code=201)
async def join_programme(
    session: Session,
    actor: Annotated[Actor, May("programme:join")],
    id: UUID,
    body: ParticipantRequest,
) -> ProgrammeView:
    """Take part: as a pilot by the Bureau's word, from outside the pilot voluntarily (参照执行)."""
    return await _view(session, await actions.join(session, actor, id, body), actor)


@programmes.post("/{id}/close")
async def close_programme(
    session: Session, actor: Annotated[Actor, May("programme:manage")], id: UUID
) -> ProgrammeView:
    """Close a programme before its last day is over; unfinished focus tasks end with it."""
    return await _view(session, await actions.close(session, id), actor)


@programmes.get("/{id}/tasks")
async def list_programme_tasks(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    id: UUID,
    query: Annotated[TaskQuery, Query()],
) -> Page[FocusTaskView]:
    """The focus tasks (重点任务) of a programme: a district sees its own, the Bureau all."""
    rows, cursor, count = await actions.tasks(session, actor, id, query)
    items = [FocusTaskView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@pilots.get("/{code}/tasks")
async def list_pilot_tasks(
    session: ReadSession,
    actor: Annotated[Actor, May("task:read")],
    code: DivisionCode,
    query: Annotated[PilotTaskQuery, Query()],
) -> Page[FocusTaskView]:
    """The focus tasks of a district, by the code it bore as a pilot."""
    asked = TaskQuery.model_validate(query.model_dump())
    rows, cursor, count = await actions.pilot_tasks(session, actor, code, asked)
    items = [FocusTaskView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@tasks.get("/{id}")
async def get_task(
    session: ReadSession, actor: Annotated[Actor, May("task:read")], id: UUID
) -> FocusTaskView:
    """One focus task."""
    return FocusTaskView.of(await load(session, FocusTask, id, actor), actor)


@tasks.post("/{id}/progress")
async def report_task_progress(
    session: Session,
    actor: Annotated[Actor, May("task:report")],
    id: UUID,
    body: ProgressRequest,
) -> FocusTaskView:
    """Say how far a focus task has come; one that is blocked needs a note."""
    return FocusTaskView.of(await actions.report(session, actor, id, body), actor)

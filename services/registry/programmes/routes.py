"""Pilot programmes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.programmes import actions
from services.registry.programmes.schemas import (
    LeaveRequest,
    ParticipantQuery,
    ParticipantRequest,
    ParticipantView,
    ProgrammeQuery,
    ProgrammeRequest,
    ProgrammeView,
)
from services.registry.programmes.tables import Programme
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/programmes", "programmes")


async def _view(session: Session, programme: Programme, actor: Actor) -> ProgrammeView:
    participants = await actions.participants_of(session, [programme])
    return ProgrammeView.of(programme, participants[programme.id], actor)


@router.get("")
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


@router.post("", status_code=201)
async def open_programme(
    session: Session, actor: Annotated[Actor, May("programme:manage")], body: ProgrammeRequest
) -> ProgrammeView:
    """Open a programme with its pilots and their focus tasks; it closes after its last day."""
    return await _view(session, await actions.open_programme(session, body), actor)


@router.get("/{id}")
async def get_programme(
    session: ReadSession, actor: Annotated[Actor, May("programme:read")], id: UUID
) -> ProgrammeView:
    """One programme and who takes part."""
    return await _view(session, await actions.read(session, id), actor)


@router.post("/{id}/participants", status_code=201)
async def join_programme(
    session: Session,
    actor: Annotated[Actor, May("programme:join")],
    id: UUID,
    body: ParticipantRequest,
) -> ProgrammeView:
    """Take part: as a pilot by the Bureau's word, from outside the pilot voluntarily (参照执行)."""
    return await _view(session, await actions.join(session, actor, id, body), actor)


@router.get("/{id}/participants")
async def list_programme_participants(
    session: ReadSession,
    actor: Annotated[Actor, May("programme:read")],
    id: UUID,
    query: Annotated[ParticipantQuery, Query()],
) -> Page[ParticipantView]:
    """Who takes part in a programme or has left it: pilots (试点) and voluntary ones (参照执行)."""
    rows, cursor, count = await actions.participants(session, id, query)
    items = [ParticipantView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/leave")
async def leave_programme(
    session: Session,
    actor: Annotated[Actor, May("programme:join")],
    id: UUID,
    body: LeaveRequest,
) -> ProgrammeView:
    """A voluntary participant leaves, with a reason; its unfinished focus tasks end (退出参照)."""
    return await _view(session, await actions.leave(session, actor, id, body), actor)


@router.post("/{id}/close")
async def close_programme(
    session: Session, actor: Annotated[Actor, May("programme:manage")], id: UUID
) -> ProgrammeView:
    """Close a programme before its last day is over; what goes on in it ends too."""
    return await _view(session, await actions.close(session, id), actor)

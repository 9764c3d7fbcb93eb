"""Sources of acts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.act_sources import actions
from services.oversight.act_sources.schemas import (
    ActSourceView,
    MappingFilters,
    MappingRequest,
    MappingView,
    SourceFilters,
    SourcePatch,
    SourceReasonRequest,
    SourceRequest,
)
from services.oversight.act_sources.tables import ActSource
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/act-sources", "act-sources")

Reader = Annotated[Actor, May("act_source:read")]
Registrar = Annotated[Actor, May("act_source:register")]


def _view(row: ActSource, actor: Actor) -> ActSourceView:
    return ActSourceView.of(row, actor, in_charge=actions.in_charge(actor, row))


@router.post("", status_code=201)
async def register_act_source(
    session: Session, actor: Registrar, body: SourceRequest
) -> ActSourceView:
    """Let an agency's system supply acts (数据源登记): for which bodies, from which accounts.

    By the legal office of its division, for what lies in that division.
    """
    return _view(await actions.register(session, actor, body), actor)


@router.get("")
async def list_act_sources(
    session: ReadSession, actor: Reader, filters: Annotated[SourceFilters, Query()]
) -> Page[ActSourceView]:
    """The sources that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, filters)
    return Page(items=[_view(row, actor) for row in rows], next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_act_source(session: ReadSession, actor: Reader, id: UUID) -> ActSourceView:
    """One source."""
    return _view(await load(session, ActSource, id, actor), actor)


@router.patch("/{id}")
async def change_act_source(
    session: Session, actor: Registrar, id: UUID, body: SourcePatch
) -> ActSourceView:
    """What a source is from now on, and for whom it reports; what it has reported stays."""
    return _view(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/map")
async def map_act_source(
    session: Session, actor: Registrar, id: UUID, body: MappingRequest
) -> ActSourceView:
    """Lay down how the source's codes read here (代码对照), as a new edition.

    A batch is read by the edition that was in force when its work began, and names it.
    """
    return _view(await actions.map_codes(session, actor, id, body), actor)


@router.get("/{id}/mappings")
async def list_act_mappings(
    session: ReadSession,
    actor: Reader,
    id: UUID,
    filters: Annotated[MappingFilters, Query()],
) -> Page[MappingView]:
    """The editions of a source's mapping."""
    rows, cursor, count = await actions.mappings(session, actor, id, filters)
    return Page(items=[MappingView.of(row) for row in rows], next_cursor=cursor, count=count)


@router.post("/{id}/suspend")
async def suspend_act_source(
    session: Session, actor: Registrar, id: UUID, body: SourceReasonRequest
) -> ActSourceView:
    """Take nothing from a source for a time; what is queued already is worked."""
    return _view(await actions.suspend(session, actor, id, body), actor)


@router.post("/{id}/resume")
async def resume_act_source(session: Session, actor: Registrar, id: UUID) -> ActSourceView:
    """Take from a source again."""
    return _view(await actions.resume(session, actor, id), actor)


@router.post("/{id}/close")
async def close_act_source(
    session: Session, actor: Registrar, id: UUID, body: SourceReasonRequest
) -> ActSourceView:
    """End a source for good; its acts stay."""
    return _view(await actions.close(session, actor, id, body), actor)

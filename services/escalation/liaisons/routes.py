"""Liaison over HTTP: the roster and its log."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.liaisons import actions
from services.escalation.liaisons.schemas import (
    EndLiaisonRequest,
    LiaisonEntryQuery,
    LiaisonEntryView,
    LiaisonQuery,
    LiaisonRequest,
    LiaisonView,
    LogLiaisonRequest,
)
from services.escalation.liaisons.tables import Liaison, LiaisonEntry
from services.escalation.matters.actions import overdue_is
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/liaisons", "liaisons")

Reader = Annotated[Actor, May("liaison:read")]
Keeper = Annotated[Actor, May("liaison:keep")]


@router.post("", status_code=201)
async def propose_liaison(session: Session, actor: Keeper, body: LiaisonRequest) -> LiaisonView:
    """Put a standing liaison (常态联络) on the roster of the caller's office.

    Of the petition office with police, procuratorate, courts or justice. Another person of the
    office confirms it.
    """
    return _view(session, await actions.propose(session, actor, body), actor)


@router.get("")
async def list_liaisons(
    session: ReadSession, actor: Reader, query: Annotated[LiaisonQuery, Query()]
) -> Page[LiaisonView]:
    """The roster (联络名册) that the caller may see; `overdue`: nothing heard for too long."""
    moment = now(session)
    statement = select(Liaison).where(visible(Liaison, actor))
    if query.state is not None:
        statement = statement.where(Liaison.state == query.state)
    if query.partner is not None:
        statement = statement.where(Liaison.partner == query.partner)
    if query.division is not None:
        place = in_division(Liaison, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        statement = statement.where(overdue_is(Liaison, query.overdue, moment))
    rows, cursor, count = await paginate(
        session,
        statement,
        **clocks.order(Liaison, query.sort),
        paging=query,
    )
    items = [_view(session, row, actor) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_liaison(session: ReadSession, actor: Reader, id: UUID) -> LiaisonView:
    """One line of the roster."""
    return _view(session, await load(session, Liaison, id, actor), actor)


@router.get("/{id}/entries")
async def list_liaison_entries(
    session: ReadSession, actor: Reader, id: UUID, query: Annotated[LiaisonEntryQuery, Query()]
) -> Page[LiaisonEntryView]:
    """The log (联络台账) of one liaison, newest first."""
    await load(session, Liaison, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(LiaisonEntry).where(LiaisonEntry.liaison_id == id),
        sort=query.sort,
        columns={"id": LiaisonEntry.id},
        id=LiaisonEntry.id,
        paging=query,
    )
    items = [LiaisonEntryView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/confirm")
async def confirm_liaison(session: Session, actor: Keeper, id: UUID) -> LiaisonView:
    """Confirm it, as another person of the office than who proposed it."""
    return _view(session, await actions.confirm(session, actor, id), actor)


@router.post("/{id}/log", status_code=201)
async def log_liaison(
    session: Session, actor: Keeper, id: UUID, body: LogLiaisonRequest
) -> LiaisonEntryView:
    """Log a meeting, a call, a notice (联络记录); the next contact is due by `liaison.contact`."""
    return LiaisonEntryView.model_validate(await actions.log(session, actor, id, body))


@router.post("/{id}/end")
async def end_liaison(
    session: Session, actor: Keeper, id: UUID, body: EndLiaisonRequest
) -> LiaisonView:
    """End it (终止联络); the log stays."""
    return _view(session, await actions.end(session, actor, id, body.reason), actor)


def _view(session: Session, row: Liaison, actor: Actor) -> LiaisonView:
    phone = actions.phone_of(session, row, actor)
    return LiaisonView.of(row, actor, now(session), phone=phone)

"""Reverse transfers over HTTP: what judicial organs hand back to enforcement bodies."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.matters.actions import overdue_is, seen
from services.escalation.reverse_transfers import actions
from services.escalation.reverse_transfers.schemas import (
    DecideReverseTransferRequest,
    ReplyReverseTransferRequest,
    ReverseTransferQuery,
    ReverseTransferRequest,
    ReverseTransferView,
)
from services.escalation.reverse_transfers.tables import ReverseTransfer
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/reverse-transfers", "reverse-transfers")

Reader = Annotated[Actor, May("reverse_transfer:read")]
Decider = Annotated[Actor, May("reverse_transfer:decide")]


@router.post("", status_code=201)
async def register_reverse_transfer(
    session: Session,
    actor: Annotated[Actor, May("reverse_transfer:register")],
    body: ReverseTransferRequest,
) -> ReverseTransferView:
    """Register a case that a judicial organ hands back (反向移送), as the organ or as the body.

    The body decides within the rule `reverse_transfer.decide` whether it deals with it.
    """
    row = await actions.register(session, actor, body)
    return ReverseTransferView.of(row, actor, now(session))


@router.get("")
async def list_reverse_transfers(
    session: ReadSession, actor: Reader, query: Annotated[ReverseTransferQuery, Query()]
) -> Page[ReverseTransferView]:
    """The reverse transfers between whom the caller is, or that it supervises; newest first."""
    moment = now(session)
    statement = select(ReverseTransfer).where(seen(ReverseTransfer, actor))
    if query.state is not None:
        statement = statement.where(ReverseTransfer.state == query.state)
    if query.organ is not None:
        statement = statement.where(ReverseTransfer.organ == query.organ)
    if query.division is not None:
        place = in_division(ReverseTransfer, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        statement = statement.where(overdue_is(ReverseTransfer, query.overdue, moment))
    days = in_days(ReverseTransfer.created_at, query.created_from, query.created_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(ReverseTransfer, query.sort),
        paging=query,
    )
    items = [ReverseTransferView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_reverse_transfer(
    session: ReadSession, actor: Reader, id: UUID
) -> ReverseTransferView:
    """One reverse transfer, with all that was done."""
    row = await load(session, ReverseTransfer, id, actor, seen=seen(ReverseTransfer, actor))
    return ReverseTransferView.of(row, actor, now(session))


@router.post("/{id}/accept")
async def accept_reverse_transfer(
    session: Session, actor: Decider, id: UUID, body: DecideReverseTransferRequest
) -> ReverseTransferView:
    """Deal with it (立案处理), decided by another person of the body than who registered it."""
    row = await actions.accept(session, actor, id, body.reason)
    return ReverseTransferView.of(row, actor, now(session))


@router.post("/{id}/decline")
async def decline_reverse_transfer(
    session: Session, actor: Decider, id: UUID, body: DecideReverseTransferRequest
) -> ReverseTransferView:
    """Do not deal with it (不予处理); the organ is told why by the reply."""
    row = await actions.decline(session, actor, id, body.reason)
    return ReverseTransferView.of(row, actor, now(session))


@router.post("/{id}/reply")
async def reply_reverse_transfer(
    session: Session,
    actor: Annotated[Actor, May("reverse_transfer:reply")],
    id: UUID,
    body: ReplyReverseTransferRequest,
) -> ReverseTransferView:
    """Tell the organ in writing what came of it (回复), as a package that it confirms."""
    row = await actions.reply(session, actor, id, body)
    return ReverseTransferView.of(row, actor, now(session))

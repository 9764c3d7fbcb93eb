"""Cooperation over HTTP: what enforcement bodies ask of each other."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.cooperations import actions
from services.escalation.cooperations.schemas import (
    AnswerCooperationRequest,
    CooperationQuery,
    CooperationReasonRequest,
    CooperationRequest,
    CooperationView,
    RefuseCooperationRequest,
    SendCooperationRequest,
)
from services.escalation.cooperations.tables import Cooperation
from services.escalation.matters.actions import overdue_is, seen
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/cooperations", "cooperations")

Reader = Annotated[Actor, May("cooperation:read")]


@router.post("", status_code=201)
async def request_cooperation(
    session: Session, actor: Annotated[Actor, May("cooperation:request")], body: CooperationRequest
) -> CooperationView:
    """Draft a request for assistance (执法协作) of the caller's body to another.

    It says who bears the cost and by when it is needed. Another person of the body sends it.
    """
    return CooperationView.of(await actions.draft(session, actor, body), actor, now(session))


@router.get("")
async def list_cooperations(
    session: ReadSession, actor: Reader, query: Annotated[CooperationQuery, Query()]
) -> Page[CooperationView]:
    """The requests for cooperation that the caller made, was asked, or supervises; newest first."""
    moment = now(session)
    statement = select(Cooperation).where(seen(Cooperation, actor))
    if query.state is not None:
        statement = statement.where(Cooperation.state == query.state)
    if query.bearer is not None:
        statement = statement.where(Cooperation.bearer == query.bearer)
    if query.division is not None:
        place = in_division(Cooperation, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        statement = statement.where(overdue_is(Cooperation, query.overdue, moment))
    days = in_days(Cooperation.created_at, query.created_from, query.created_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Cooperation, query.sort),
        paging=query,
    )
    items = [CooperationView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_cooperation(session: ReadSession, actor: Reader, id: UUID) -> CooperationView:
    """One request, with all that was done."""
    return CooperationView.of(
        await load(session, Cooperation, id, actor, seen=seen(Cooperation, actor)),
        actor,
        now(session),
    )


@router.post("/{id}/send")
async def send_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:approve")],
    id: UUID,
    body: SendCooperationRequest,
) -> CooperationView:
    """Approve and send the request (发函), as another person of the body, as a package."""
    row = await actions.send(session, actor, id, body)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/accept")
async def accept_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:answer")],
    id: UUID,
    body: AnswerCooperationRequest,
) -> CooperationView:
    """Say that it is done (同意协作) by the day asked for."""
    row = await actions.accept(session, actor, id, body)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/refuse")
async def refuse_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:answer")],
    id: UUID,
    body: RefuseCooperationRequest,
) -> CooperationView:
    """Refuse it (不予协作), on a ground and with the reason."""
    row = await actions.refuse(session, actor, id, body)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/report")
async def report_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:answer")],
    id: UUID,
    body: AnswerCooperationRequest,
) -> CooperationView:
    """Tell what was done (反馈协作结果)."""
    row = await actions.report(session, actor, id, body)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/send-back")
async def send_back_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:request")],
    id: UUID,
    body: CooperationReasonRequest,
) -> CooperationView:
    """It is not done yet (退回): the body goes on with it."""
    row = await actions.send_back(session, actor, id, body.reason)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/close")
async def close_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:request")],
    id: UUID,
) -> CooperationView:
    """Take the result as it is (办结)."""
    row = await actions.close(session, actor, id)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:request")],
    id: UUID,
    body: CooperationReasonRequest,
) -> CooperationView:
    """Withdraw the request (撤回)."""
    row = await actions.withdraw(session, actor, id, body.reason)
    return CooperationView.of(row, actor, now(session))


@router.post("/{id}/urge")
async def urge_cooperation(
    session: Session,
    actor: Annotated[Actor, May("cooperation:request")],
    id: UUID,
    body: CooperationReasonRequest,
) -> CooperationView:
    """Urge the other body (催办)."""
    row = await actions.urge(session, actor, id, body.reason)
    return CooperationView.of(row, actor, now(session))

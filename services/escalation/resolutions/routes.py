"""Resolutions over HTTP: see `resolutions.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.resolutions import actions
from services.escalation.resolutions.schemas import (
    NewDayRequest,
    RemarksOnResolution,
    ReportResolutionRequest,
    ResolutionQuery,
    ResolutionView,
)
from services.escalation.resolutions.tables import Resolution
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/resolutions", "conferences")

Reader = Annotated[Actor, May("resolution:read")]
Checker = Annotated[Actor, May("resolution:check")]


@router.get("")
async def list_resolutions(
    session: ReadSession, actor: Reader, query: Annotated[ResolutionQuery, Query()]
) -> Page[ResolutionView]:
    """What conferences resolved that the caller may see, newest first."""
    moment = now(session)
    statement = select(Resolution).where(visible(Resolution, actor))
    for column, value in (
        (Resolution.conference_id, query.conference_id),
        (Resolution.state, query.state),
        (Resolution.owner, query.owner),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(Resolution, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else overdue.is_not(True))
    days = in_days(Resolution.assigned_at, query.assigned_from, query.assigned_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Resolution, query.sort),
        paging=query,
    )
    items = [ResolutionView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_resolution(session: ReadSession, actor: Reader, id: UUID) -> ResolutionView:
    """One resolution."""
    return ResolutionView.of(await load(session, Resolution, id, actor), actor, now(session))


@router.post("/{id}/report")
async def report_resolution(
    session: Session,
    actor: Annotated[Actor, May("resolution:report")],
    id: UUID,
    body: ReportResolutionRequest,
) -> ResolutionView:
    """Tell what was done (报告落实情况), as the body that owns it."""
    row = await actions.report(session, actor, id, body.report)
    return ResolutionView.of(row, actor, now(session))


@router.post("/{id}/accept")
async def accept_resolution(session: Session, actor: Checker, id: UUID) -> ResolutionView:
    """Find it done, as another person than who reported it."""
    row = await actions.accept(session, actor, id)
    return ResolutionView.of(row, actor, now(session))


@router.post("/{id}/send-back")
async def send_back_resolution(
    session: Session, actor: Checker, id: UUID, body: NewDayRequest
) -> ResolutionView:
    """It is not done: it is to be done by another day."""
    row = await actions.send_back(session, actor, id, body.remarks, body.due_on)
    return ResolutionView.of(row, actor, now(session))


@router.post("/{id}/postpone")
async def postpone_resolution(
    session: Session, actor: Checker, id: UUID, body: NewDayRequest
) -> ResolutionView:
    """Give it another day."""
    row = await actions.postpone(session, actor, id, body.remarks, body.due_on)
    return ResolutionView.of(row, actor, now(session))


@router.post("/{id}/urge")
async def urge_resolution(
    session: Session, actor: Checker, id: UUID, body: RemarksOnResolution
) -> ResolutionView:
    """Urge the owner (督办)."""
    row = await actions.urge(session, actor, id, body.remarks)
    return ResolutionView.of(row, actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_resolution(
    session: Session, actor: Checker, id: UUID, body: RemarksOnResolution
) -> ResolutionView:
    """It need not be done any more."""
    row = await actions.withdraw(session, actor, id, body.remarks)
    return ResolutionView.of(row, actor, now(session))

"""Contact points over HTTP: see `contact_points.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.contact_points import actions
from services.registry.contact_points.schemas import (
    ContactPointPatch,
    ContactPointQuery,
    ContactPointReason,
    ContactPointRequest,
    ContactPointView,
    CoverageQuery,
    CoverageView,
    VisitQuery,
    VisitRequest,
    VisitView,
)
from services.registry.contact_points.tables import ContactPoint
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/contact-points", "contact points")


def _view(session: Session, point: ContactPoint, actor: Actor) -> ContactPointView:
    return ContactPointView.of(point, actor, session.info["seal"], now(session))


@router.get("")
async def list_contact_points(
    session: ReadSession,
    actor: Annotated[Actor, May("contact_point:read")],
    query: Annotated[ContactPointQuery, Query()],
) -> Page[ContactPointView]:
    """The grassroots contact points (基层行政执法联系点) that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def propose_contact_point(
    session: Session,
    actor: Annotated[Actor, May("contact_point:propose")],
    body: ContactPointRequest,
) -> ContactPointView:
    """Propose a contact point in the caller's division; another person opens it."""
    return _view(session, await actions.propose(session, actor, body), actor)


@router.get("/coverage")
async def read_contact_point_coverage(
    session: ReadSession,
    actor: Annotated[Actor, May("contact_point:read")],
    query: Annotated[CoverageQuery, Query()],
) -> CoverageView:
    """Which townships of a district have an open contact point; for the city, by district."""
    return await actions.coverage(session, actor, query.district)


@router.get("/{id}")
async def get_contact_point(
    session: ReadSession, actor: Annotated[Actor, May("contact_point:read")], id: UUID
) -> ContactPointView:
    """One contact point; the liaison's phone is masked."""
    return _view(session, await load(session, ContactPoint, id, actor), actor)


@router.patch("/{id}")
async def change_contact_point(
    session: Session,
    actor: Annotated[Actor, May("contact_point:propose")],
    id: UUID,
    body: ContactPointPatch,
) -> ContactPointView:
    """Change what it is called, its host or its liaison, until it is closed."""
    return _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/open")
async def open_contact_point(
    session: Session, actor: Annotated[Actor, May("contact_point:open")], id: UUID
) -> ContactPointView:
    """Open a proposed contact point; never by the person who proposed it."""
    return _view(session, await actions.open_point(session, actor, id), actor)


@router.post("/{id}/suspend")
async def suspend_contact_point(
    session: Session,
    actor: Annotated[Actor, May("contact_point:suspend")],
    id: UUID,
    body: ContactPointReason,
) -> ContactPointView:
    """Suspend it for the time being: no visits are due."""
    return _view(session, await actions.suspend(session, actor, id, body.reason), actor)


@router.post("/{id}/resume")
async def resume_contact_point(
    session: Session, actor: Annotated[Actor, May("contact_point:suspend")], id: UUID
) -> ContactPointView:
    """End a suspension; the next visit is due in the following period."""
    return _view(session, await actions.resume(session, actor, id), actor)


@router.post("/{id}/close")
async def close_contact_point(
    session: Session,
    actor: Annotated[Actor, May("contact_point:close")],
    id: UUID,
    body: ContactPointReason,
) -> ContactPointView:
    """Close it for good, or drop the proposal."""
    return _view(session, await actions.close(session, actor, id, body.reason), actor)


@router.get("/{id}/visits")
async def list_contact_point_visits(
    session: ReadSession,
    actor: Annotated[Actor, May("contact_point:read")],
    id: UUID,
    query: Annotated[VisitQuery, Query()],
) -> Page[VisitView]:
    """The visits to the contact point (走访): who went, on what topics, and what was heard."""
    rows, cursor, count = await actions.visits(session, actor, id, query)
    items = [VisitView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/visits", status_code=201)
async def record_contact_point_visit(
    session: Session,
    actor: Annotated[Actor, May("contact_point:visit")],
    id: UUID,
    body: VisitRequest,
) -> ContactPointView:
    """Record a visit (走访); by rule contact_point.visit the next is due in the period after."""
    return _view(session, await actions.visit(session, actor, id, body), actor)

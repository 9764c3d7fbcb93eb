"""Guidance sessions over HTTP: see `guidances.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.guidances import actions
from services.registry.guidances.schemas import (
    CancelRequest,
    GuidancePatch,
    GuidanceQuery,
    GuidanceRequest,
    GuidanceView,
    HoldRequest,
    ReviewRequest,
)
from services.registry.guidances.tables import Guidance
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/guidances", "guidance")


@router.get("")
async def list_guidances(
    session: ReadSession,
    actor: Annotated[Actor, May("guidance:read")],
    query: Annotated[GuidanceQuery, Query()],
) -> Page[GuidanceView]:
    """The guidance sessions (业务指导) that the caller may see; a township sees those for it."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [GuidanceView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def plan_guidance(
    session: Session, actor: Annotated[Actor, May("guidance:plan")], body: GuidanceRequest
) -> GuidanceView:
    """Plan a session for townships: by case, shadowing, online, on site and so on."""
    return GuidanceView.of(await actions.plan(session, actor, body), actor)


@router.get("/{id}")
async def get_guidance(
    session: ReadSession, actor: Annotated[Actor, May("guidance:read")], id: UUID
) -> GuidanceView:
    """One guidance session."""
    return GuidanceView.of(await load(session, Guidance, id, actor), actor)


@router.patch("/{id}")
async def change_guidance(
    session: Session, actor: Annotated[Actor, May("guidance:plan")], id: UUID, body: GuidancePatch
) -> GuidanceView:
    """Change a session that is planned."""
    return GuidanceView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/hold")
async def hold_guidance(
    session: Session, actor: Annotated[Actor, May("guidance:plan")], id: UUID, body: HoldRequest
) -> GuidanceView:
    """Record that the session was held, and how many took part."""
    return GuidanceView.of(await actions.hold(session, actor, id, body), actor)


@router.post("/{id}/review")
async def review_guidance(
    session: Session, actor: Annotated[Actor, May("guidance:review")], id: UUID, body: ReviewRequest
) -> GuidanceView:
    """Say what the session was good for (评价); never by the person who recorded it."""
    return GuidanceView.of(await actions.review(session, actor, id, body.remarks), actor)


@router.post("/{id}/cancel")
async def cancel_guidance(
    session: Session, actor: Annotated[Actor, May("guidance:plan")], id: UUID, body: CancelRequest
) -> GuidanceView:
    """Cancel a planned session, for a reason."""
    return GuidanceView.of(await actions.cancel(session, actor, id, body.reason), actor)

"""Gateways over HTTP: the operator's business."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.notify.dispatches import actions as dispatches
from services.notify.gateways import actions
from services.notify.gateways.schemas import (
    GatewayQuery,
    GatewayRequest,
    GatewaySecretView,
    GatewayView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/gateways", "channels")

Operator = Annotated[Actor, May("gateway:manage")]


@router.get("")
async def list_gateways(
    session: ReadSession, actor: Operator, query: Annotated[GatewayQuery, Query()]
) -> Page[GatewayView]:
    """The gateways to SMS and enterprise chat (短信、政务即时通讯网关)."""
    rows, cursor, count = await actions.page(session, query)
    items = [GatewayView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def register_gateway(
    session: Session, actor: Operator, request: Request, body: GatewayRequest
) -> GatewaySecretView:
    """Register the one gateway of a channel. The secret is in this answer and never again.

    For each person it is sent `{channel, to, title, text, link}` as JSON, signed as webhooks are
    (`webhook-id`, `webhook-timestamp`, `webhook-signature`); a 2xx within 15 s says that it was
    taken, 410 or 422 that this address takes nothing, anything else that it is to be tried again.
    """
    plain: bool = request.app.state.settings.development
    row, secret = await actions.register(session, actor, body, plain=plain)
    return GatewaySecretView.of(row, actor, secret=secret)


@router.get("/{id}")
async def get_gateway(session: ReadSession, actor: Operator, id: UUID) -> GatewayView:
    """One gateway."""
    return GatewayView.of(await actions.read(session, id), actor)


@router.post("/{id}/disable")
async def disable_gateway(session: Session, actor: Operator, id: UUID) -> GatewayView:
    """Send nothing there; what is not sent yet waits."""
    return GatewayView.of(await actions.move(session, id, "disable"), actor)


@router.post("/{id}/enable")
async def enable_gateway(session: Session, actor: Operator, id: UUID) -> GatewayView:
    """Go on, with what has waited."""
    return GatewayView.of(await actions.move(session, id, "enable"), actor)


@router.post("/{id}/remove")
async def remove_gateway(session: Session, actor: Operator, id: UUID) -> GatewayView:
    """End it; what waits for it is not sent."""
    return GatewayView.of(await dispatches.remove_gateway(session, id), actor)

"""Webhooks over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.notify.webhooks import actions
from services.notify.webhooks.schemas import (
    ResendRequest,
    ResentView,
    WebhookPatch,
    WebhookQuery,
    WebhookRequest,
    WebhookSecretView,
    WebhookView,
)
from services.notify.webhooks.tables import Webhook
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/webhooks", "webhooks")

Reader = Annotated[Actor, May("webhook:read")]
Manager = Annotated[Actor, May("webhook:manage")]


def _view(row: Webhook, actor: Actor) -> WebhookView:
    return WebhookView.of(row, actor, in_charge=actions.in_charge(actor, row.division, row.scope))


def _plain(request: Request) -> bool:
    development: bool = request.app.state.settings.development
    return development


@router.get("")
async def list_webhooks(
    session: ReadSession, actor: Reader, query: Annotated[WebhookQuery, Query()]
) -> Page[WebhookView]:
    """The webhooks of the caller's divisions: which system is sent what, and whether it arrives."""
    rows, cursor, count = await actions.page(session, actor, query)
    return Page(items=[_view(row, actor) for row in rows], next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def register_webhook(
    session: Session, actor: Manager, request: Request, body: WebhookRequest
) -> WebhookSecretView:
    """Subscribe a system to facts of a division: each is sent by Standard Webhooks, signed.

    The secret is in this answer and never again. Sent are public facts that lie in the division;
    what is internal does not go out. The receiver answers 2xx within 15 s; else it is tried again
    after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h. 410 stops it, and so do five days without
    one success; what comes meanwhile is kept. Redirects are not followed.
    """
    row, secret = await actions.register(session, actor, body, plain=_plain(request))
    return WebhookSecretView.of(row, actor, in_charge=True, secret=secret)


@router.get("/{id}")
async def get_webhook(session: ReadSession, actor: Reader, id: UUID) -> WebhookView:
    """One webhook."""
    return _view(await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_webhook(
    session: Session, actor: Manager, request: Request, id: UUID, body: WebhookPatch
) -> WebhookView:
    """Change the address or what is sent."""
    row = await actions.change(session, actor, id, body, plain=_plain(request))
    return _view(row, actor)


@router.post("/{id}/rotate")
async def rotate_webhook_secret(session: Session, actor: Manager, id: UUID) -> WebhookSecretView:
    """Get a new secret. For a day both sign, so that the receiver can change over."""
    row, secret = await actions.rotate(session, actor, id)
    return WebhookSecretView.of(row, actor, in_charge=True, secret=secret)


@router.post("/{id}/disable")
async def disable_webhook(session: Session, actor: Manager, id: UUID) -> WebhookView:
    """Send nothing for now; what comes is kept."""
    return _view(await actions.disable(session, actor, id), actor)


@router.post("/{id}/enable")
async def enable_webhook(session: Session, actor: Manager, id: UUID) -> WebhookView:
    """Go on, with all that was kept meanwhile."""
    return _view(await actions.enable(session, actor, id), actor)


@router.post("/{id}/remove")
async def remove_webhook(session: Session, actor: Manager, id: UUID) -> WebhookView:
    """End it. What was sent and when stays to be read."""
    return _view(await actions.remove(session, actor, id), actor)


@router.post("/{id}/resend")
async def resend_webhook(
    session: Session, actor: Manager, id: UUID, body: ResendRequest
) -> ResentView:
    """Send again all since a time that did not arrive, or all of it."""
    return ResentView(deliveries=await actions.resend(session, actor, id, body))

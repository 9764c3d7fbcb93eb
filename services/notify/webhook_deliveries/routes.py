"""What was sent to webhooks, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.notify.webhook_deliveries import actions
from services.notify.webhook_deliveries.schemas import (
    WebhookDeliveryDetailView,
    WebhookDeliveryQuery,
    WebhookDeliveryView,
)
from services.notify.webhooks import actions as webhooks
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1", "webhooks")

Reader = Annotated[Actor, May("webhook:read")]


@router.get("/webhooks/{id}/deliveries")
async def list_webhook_deliveries(
    session: ReadSession,
    actor: Reader,
    id: UUID,
    query: Annotated[WebhookDeliveryQuery, Query()],
) -> Page[WebhookDeliveryView]:
    """What is and was sent to a webhook."""
    rows, cursor, count = await actions.page(session, actor, id, query)
    items = [WebhookDeliveryView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/webhook-deliveries/{id}")
async def get_webhook_delivery(
    session: ReadSession, actor: Reader, id: UUID
) -> WebhookDeliveryDetailView:
    """One delivery, with every attempt: when, how long, what was answered."""
    return WebhookDeliveryDetailView.with_attempts(*await actions.read(session, actor, id))


@router.post("/webhook-deliveries/{id}/resend")
async def resend_webhook_delivery(
    session: Session, actor: Annotated[Actor, May("webhook:manage")], id: UUID
) -> WebhookDeliveryView:
    """Send one delivery again, whatever came of it."""
    return WebhookDeliveryView.of(await webhooks.resend_one(session, actor, id))

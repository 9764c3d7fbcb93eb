"""notify: the right person knows in time, and it can be shown that they did."""

from fastapi import FastAPI

from services.notify.circular_receipts import actions as circular_receipts
from services.notify.circular_receipts.routes import router as circular_recipients
from services.notify.circulars import actions as circular_actions
from services.notify.circulars.routes import router as circulars
from services.notify.circulars.rules import LIFECYCLE as CIRCULAR
from services.notify.circulars.rules import RECEIPT as CIRCULAR_RECEIPT
from services.notify.circulars.rules import (
    AudienceRole,
    CircularKind,
    CircularState,
    ReceiptState,
)
from services.notify.db import Base
from services.notify.duties.reactions import reactions as duties_of
from services.notify.duties.routes import router as duties
from services.notify.figures import MEASURES
from services.notify.messages.reactions import reactions as messages_of
from services.notify.messages.reactions import rules_of
from services.notify.messages.routes import router as messages
from services.notify.messages.rules import Kind, Reach, State, Urgency
from services.notify.permissions import PERMISSIONS
from services.notify.progress.reactions import REACTIONS as PROGRESS
from services.notify.streams.routes import router as streams
from services.notify.webhook_deliveries.actions import send_for_ever
from services.notify.webhook_deliveries.routes import router as webhook_deliveries
from services.notify.webhooks.reactions import REACTIONS as WEBHOOKS
from services.notify.webhooks.routes import router as webhooks
from services.notify.webhooks.rules import LIFECYCLE as WEBHOOK
from services.notify.webhooks.rules import DeliveryState, WebhookState, WebhookStop
from shared.service import Service, create_service
from shared.settings import Settings

RULES = rules_of()

SERVICE = Service(
    name="notify",
    title="xiejian notify",
    summary="Messages to those who have to know: inbox, read and acknowledged, stream, circulars",
    base=Base,
    permissions=PERMISSIONS,
    routers=[
        messages,
        duties,
        streams,
        circulars,
        circular_recipients,
        webhooks,
        webhook_deliveries,
    ],
    vocabulary=[
        Kind,
        Urgency,
        Reach,
        State,
        CircularKind,
        CircularState,
        AudienceRole,
        ReceiptState,
        WebhookState,
        WebhookStop,
        DeliveryState,
    ],
    lifecycles={
        "a circular": CIRCULAR,
        "a circular, for a recipient": CIRCULAR_RECEIPT,
        "a webhook": WEBHOOK,
    },
    figures=MEASURES,
    reactions=[*messages_of(RULES), *duties_of(RULES), *PROGRESS, *WEBHOOKS],
    workers=[send_for_ever],
    timers={
        circular_actions.DELIVER: circular_receipts.deliver,
        circular_actions.REMIND: circular_receipts.remind,
        circular_actions.RECALL: circular_receipts.tell_recall,
    },
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)

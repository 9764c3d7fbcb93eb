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
from services.notify.contacts.routes import router as contacts
from services.notify.contacts.rules import LIFECYCLE as CONTACT
from services.notify.contacts.rules import ContactState
from services.notify.db import Base
from services.notify.dispatches.actions import send_for_ever as send_letters
from services.notify.dispatches.routes import router as dispatches
from services.notify.dispatches.rules import LIFECYCLE as DISPATCH
from services.notify.dispatches.rules import DispatchState
from services.notify.duties.reactions import reactions as duties_of
from services.notify.duties.routes import router as duties
from services.notify.figures import MEASURES
from services.notify.forwarding.actions import forward_for_ever
from services.notify.gateways.routes import router as gateways
from services.notify.gateways.rules import LIFECYCLE as GATEWAY
from services.notify.gateways.rules import Channel, GatewayState
from services.notify.holders.routes import router as holders
from services.notify.messages.reactions import reactions as messages_of
from services.notify.messages.reactions import rules_of
from services.notify.messages.routes import router as messages
from services.notify.messages.rules import Kind, Reach, State, Urgency
from services.notify.permissions import PERMISSIONS
from services.notify.progress.reactions import REACTIONS as PROGRESS
from services.notify.streams.routes import router as streams
from services.notify.templates.routes import router as templates
from services.notify.templates.rules import LIFECYCLE as TEMPLATE
from services.notify.templates.rules import TemplateName, TemplateState
from services.notify.webhook_deliveries.actions import send_for_ever
from services.notify.webhook_deliveries.routes import router as webhook_deliveries
from services.notify.webhooks.reactions import REACTIONS as WEBHOOKS
from services.notify.webhooks.routes import router as webhooks
from services.notify.webhooks.rules import LIFECYCLE as WEBHOOK
from services.notify.webhooks.rules import DeliveryState, WebhookState, WebhookStop
from shared.service import Service, create_service
from shared.settings import Settings

RULES = rules_of()


def channels_of(settings: Settings) -> dict[str, str]:
    """What readiness says of e-mail: `off` is no failure."""
    return {"email": "on" if settings.smtp_host else "off"}


SERVICE = Service(
    name="notify",
    title="xiejian notify",
    summary="Messages to those who have to know: inbox, read and acknowledged, stream, circulars",
    base=Base,
    permissions=PERMISSIONS,
    routers=[
        messages,
        dispatches,
        duties,
        streams,
        circulars,
        circular_recipients,
        webhooks,
        webhook_deliveries,
        contacts,
        holders,
        gateways,
        templates,
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
        Channel,
        ContactState,
        DispatchState,
        GatewayState,
        TemplateName,
        TemplateState,
    ],
    lifecycles={
        "a circular": CIRCULAR,
        "a circular, for a recipient": CIRCULAR_RECEIPT,
        "a webhook": WEBHOOK,
        "a contact": CONTACT,
        "what is sent to a person": DISPATCH,
        "a gateway": GATEWAY,
        "a template": TEMPLATE,
    },
    figures=MEASURES,
    reactions=[*messages_of(RULES), *duties_of(RULES), *PROGRESS, *WEBHOOKS],
    workers=[send_for_ever, forward_for_ever, send_letters],
    says=channels_of,
    timers={
        circular_actions.DELIVER: circular_receipts.deliver,
        circular_actions.REMIND: circular_receipts.remind,
        circular_actions.RECALL: circular_receipts.tell_recall,
    },
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)

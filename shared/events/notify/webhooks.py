"""Facts of webhooks: who is sent what, and when it does not arrive."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class WebhookFact(Event):
    """A webhook as it stands; its address and secret are nobody else's business."""

    subject_field: ClassVar[str] = "webhook_id"
    audience: ClassVar[Audience] = "internal"

    webhook_id: UUID
    division: str
    state: str


class WebhookRegistered(WebhookFact):
    type: ClassVar[str] = "notify.webhook.registered.v1"


class WebhookChanged(WebhookFact):
    type: ClassVar[str] = "notify.webhook.changed.v1"


class WebhookSecretRotated(WebhookFact):
    """Both secrets sign until `previous_until`."""

    type: ClassVar[str] = "notify.webhook.secret_rotated.v1"

    previous_until: datetime


class WebhookDisabled(WebhookFact):
    """By its owner, by its receiver (410), or since nothing had arrived for days."""

    type: ClassVar[str] = "notify.webhook.disabled.v1"

    why: str


class WebhookEnabled(WebhookFact):
    type: ClassVar[str] = "notify.webhook.enabled.v1"


class WebhookRemoved(WebhookFact):
    type: ClassVar[str] = "notify.webhook.removed.v1"


class WebhookResent(WebhookFact):
    """Deliveries were put to be sent once more."""

    type: ClassVar[str] = "notify.webhook.resent.v1"

    deliveries: int


class WebhookGaveUp(WebhookFact):
    """A delivery was tried as often as it is; it can be sent again by hand."""

    type: ClassVar[str] = "notify.webhook.gave_up.v1"

    delivery_id: UUID
    fact_id: UUID
    attempts: int

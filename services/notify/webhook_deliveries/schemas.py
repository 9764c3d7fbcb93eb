"""What was sent to a webhook, over HTTP."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.notify.webhooks.rules import DeliveryState
from services.notify.webhooks.tables import WebhookAttempt, WebhookDelivery
from shared.web.paging import Paging
from shared.web.schemas import View


class WebhookDeliveryQuery(Paging):
    """Which deliveries of a webhook, the newest first."""

    state: DeliveryState | None = None


class WebhookDeliveryView(View):
    """One fact that is or was sent to a webhook."""

    id: UUID
    webhook_id: UUID
    fact_id: UUID = Field(description="Sent as `webhook-id`: the same with every attempt")
    type: str
    state: DeliveryState
    attempts: int = Field(description="Since it was last put to be sent")
    next_attempt_at: datetime | None = Field(description="Of what is pending")
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: WebhookDelivery, **more: object) -> Self:
        """`more` are the fields of a wider view."""
        told = {name: getattr(row, name, None) for name in cls.model_fields}
        if row.state != DeliveryState.PENDING:
            told["next_attempt_at"] = None
        return cls.model_validate({**told, **more})


class WebhookAttemptView(View):
    at: datetime
    duration_ms: int
    status: int | None = Field(description="Of the answer, if there was one")
    error: str | None = Field(description="What went wrong, if it was not the status")


class WebhookDeliveryDetailView(WebhookDeliveryView):
    """A delivery with every attempt at it."""

    tried: list[WebhookAttemptView]

    @classmethod
    def with_attempts(cls, row: WebhookDelivery, attempts: list[WebhookAttempt]) -> Self:
        """The newest attempt last."""
        return cls.of(row, tried=[WebhookAttemptView.model_validate(one) for one in attempts])

"""Webhooks of other systems, what is sent to each, and every attempt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base, one_of
from services.notify.webhooks.rules import DeliveryState, WebhookState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as


class Webhook(Versioned, Scoped, Base):
    """A system's subscription to facts of a division, and where it receives them."""

    __tablename__ = "webhook"
    __table_args__ = (
        *scope_indexes("webhook"),
        CheckConstraint(one_of("state", WebhookState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    description: Mapped[str]
    url: Mapped[str]
    types: Mapped[list[str]]
    """Empty: all that can be subscribed to; the same of the next two."""
    kinds: Mapped[list[str]]
    severities: Mapped[list[str]]
    state: Mapped[str]
    stopped: Mapped[str | None]
    """Why nothing is sent (`WebhookStop`)."""
    secret: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("webhook.secret"))
    """Sealed."""
    previous_secret: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=sealed_as("webhook.secret")
    )
    previous_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    """The first failure since the last success."""
    alerted_at: Mapped[datetime | None]
    """When its office was told of a delivery that was given up, since the last success."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One fact for one webhook. Seen by those who see the webhook."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("uq_webhook_delivery_fact", "webhook_id", "fact_id", unique=True),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text("state = 'pending'"),
        ),
        CheckConstraint(one_of("state", DeliveryState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    fact_id: Mapped[UUID]
    """Also the id under which it is sent: the receiver knows it again."""
    type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The fact as its owner logged it."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    """Since it was last put to be sent."""
    next_attempt_at: Mapped[datetime]
    """Of what is pending; while an attempt runs, when it is taken for lost."""
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One attempt at a delivery, and what came of it."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_delivery_id", "delivery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id"))
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    """Of the answer, if there was one."""
    error: Mapped[str | None]
    """What went wrong, if it was not the status."""

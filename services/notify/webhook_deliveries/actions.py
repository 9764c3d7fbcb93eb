"""Sending to webhooks, by `adapters.sending`."""

import logging
import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.adapters.outbound import Outbound, Outcome
from services.notify.adapters.sending import CLAIM, Sending
from services.notify.webhook_deliveries.schemas import WebhookDeliveryQuery
from services.notify.webhooks import actions as webhooks
from services.notify.webhooks import rules
from services.notify.webhooks.rules import DeliveryState, WebhookState, WebhookStop
from services.notify.webhooks.tables import Webhook, WebhookAttempt, WebhookDelivery
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import Database
from shared.refusals import NotFound
from shared.web.paging import paginate

log = logging.getLogger(__name__)

KEPT = timedelta(days=180)
"""How long it is kept what was sent, given up, or held for a webhook that is stopped."""


async def page(
    session: AsyncSession, actor: Actor, id: UUID, query: WebhookDeliveryQuery
) -> tuple[list[WebhookDelivery], str | None, int | None]:
    """What is and was sent to a webhook of the caller's."""
    await load(session, Webhook, id, actor)
    table = WebhookDelivery
    statement = select(table).where(table.webhook_id == id)
    if query.state is not None:
        statement = statement.where(table.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort="-id", columns={"id": table.id}, id=table.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(
    session: AsyncSession, actor: Actor, id: UUID
) -> tuple[WebhookDelivery, list[WebhookAttempt]]:
    """One delivery and every attempt at it, the newest last."""
    row = await session.scalar(
        select(WebhookDelivery)
        .join(Webhook)
        .where(WebhookDelivery.id == id, visible(Webhook, actor))
    )
    if row is None:
        raise NotFound
    attempts = await session.scalars(
        select(WebhookAttempt).where(WebhookAttempt.delivery_id == id).order_by(WebhookAttempt.id)
    )
    return row, list(attempts)


class Claim(NamedTuple):
    """A delivery that is this process's to send now."""

    id: UUID
    webhook_id: UUID
    fact_id: UUID
    body: bytes
    url: str
    secrets: list[bytes]

    @property
    def receiver(self) -> UUID:
        return self.webhook_id


class Sender(Sending[Claim]):
    """Sends to webhooks, each of which is a receiver."""

    def __init__(self, database: Database, outbound: Outbound) -> None:
        super().__init__(database)
        self._outbound = outbound

    async def forget_some(self, session: AsyncSession, most: int) -> int:
        """What is long over, whatever came of it, and all of webhooks that were removed."""
        table, moment = WebhookDelivery, now(session)
        over = and_(
            table.created_at < moment - KEPT,
            table.state != DeliveryState.PENDING,
        )
        of_removed = and_(
            Webhook.state == WebhookState.REMOVED,
            table.next_attempt_at <= moment,  # none is on its way
        )
        old = select(table.id).join(Webhook).where(or_(over, of_removed))
        ids = list(await session.scalars(old.limit(most)))
        await session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)))
        await session.execute(delete(table).where(table.id.in_(ids)))
        return len(ids)

    async def claim(self, session: AsyncSession) -> list[Claim]:
        table, moment = WebhookDelivery, now(session)
        due = (
            table.webhook_id == Webhook.id,
            table.state == DeliveryState.PENDING,
            table.next_attempt_at <= moment,
        )
        webhooks_due = await session.scalars(
            select(Webhook).where(Webhook.state == WebhookState.ACTIVE, exists().where(*due))
        )
        claims = []
        for webhook in webhooks_due:
            free = self.free(webhook.id)
            if free <= 0:
                continue
            try:
                secrets = webhooks.secrets_of(session, webhook, moment)
            except ValueError as error:
                log.error("webhook %s cannot be signed for: %s", webhook.id, error)
                continue
            first = (
                select(table.id)
                .where(
                    table.webhook_id == webhook.id,
                    table.state == DeliveryState.PENDING,
                    table.next_attempt_at <= moment,
                )
                .order_by(table.next_attempt_at)
                .limit(free)
                .with_for_update(skip_locked=True)
                .cte()  # read once: as a subselect it could be read again and claim more
            )
            mine = await session.execute(
                update(table)
                .where(table.id.in_(select(first.c.id)))
                .values(next_attempt_at=moment + CLAIM)
                .returning(table.id, table.webhook_id, table.fact_id, table.body)
                .execution_options(synchronize_session=False)
            )
            claims += [Claim(*row, webhook.url, secrets) for row in mine]
        return claims

    async def send(self, claim: Claim) -> Outcome:
        id, at = str(claim.fact_id), datetime.now(UTC)  # receivers hold it against the real time
        headers = rules.headers(claim.secrets, id, int(at.timestamp()), claim.body)
        return await self._outbound.post(claim.url, headers, claim.body)

    async def record(self, session: AsyncSession, claim: Claim, outcome: Outcome) -> None:
        """Write down an attempt, and what follows from it."""
        moment = now(session)
        session.add(
            WebhookAttempt(
                delivery_id=claim.id,
                at=moment - timedelta(milliseconds=outcome.duration_ms),
                duration_ms=outcome.duration_ms,
                status=outcome.status,
                error=outcome.error,
            )
        )
        webhook = await session.get_one(Webhook, claim.webhook_id)
        if not outcome.arrived or webhook.failing_since is not None:
            # Before the delivery, as everybody does who stops a webhook.
            await session.refresh(webhook, with_for_update=True)
        row = await session.get_one(WebhookDelivery, claim.id, with_for_update=True)
        row.attempts += 1
        if outcome.arrived:
            row.state, row.delivered_at = DeliveryState.DELIVERED, moment
            if webhook.failing_since is not None:
                webhook.failing_since = webhook.alerted_at = None
            return
        again = rules.next_attempt(row.attempts, moment, random.random())  # noqa: S311 - no secret
        if again is None:
            row.state = DeliveryState.FAILED
            webhooks.gave_up(session, webhook, row)
        else:
            row.next_attempt_at = again
        if webhook.failing_since is None:
            webhook.failing_since = moment
        await session.flush()
        if webhook.state != WebhookState.ACTIVE:
            if row.state == DeliveryState.PENDING:
                row.state = DeliveryState.HELD  # stopped while it was on its way
        elif outcome.status == rules.GONE:
            await webhooks.stop(session, webhook, WebhookStop.GONE)
        elif rules.has_failed_for_long(webhook.failing_since, moment):
            await webhooks.stop(session, webhook, WebhookStop.FAILING)


async def send_for_ever(app: FastAPI) -> None:
    """The worker of a process."""
    async with Outbound(rules.networks(app.state.settings.webhook_networks)) as outbound:
        await Sender(app.state.database, outbound).run()

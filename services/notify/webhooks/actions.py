"""The verbs of webhooks: register, change, rotate the secret, stop and go on; offer a fact."""

import base64
import os
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.messages import actions as messages
from services.notify.messages.rules import Draft
from services.notify.webhooks import rules
from services.notify.webhooks.rules import DeliveryState, WebhookState, WebhookStop
from services.notify.webhooks.schemas import (
    ResendRequest,
    WebhookPatch,
    WebhookQuery,
    WebhookRequest,
)
from services.notify.webhooks.tables import Webhook, WebhookDelivery
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events import Event
from shared.events.notify import webhooks as facts
from shared.events.notify.webhooks import WebhookFact
from shared.facts import publish
from shared.facts.inbox import Fact
from shared.law.divisions import DivisionUnknown
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.refusals import NotFound, Refused
from shared.sealing import Seal
from shared.web.paging import paginate

SEALED_AS = "webhook.secret"


class WebhookOfAnother(Refused):
    """It is seen, but kept by another division."""

    code = "webhook-of-another-division"
    status = 403
    zh = "该推送不由您所在单位管理。"
    en = "The webhook is not in the hands of your division."


def in_charge(actor: Actor, division: str, scope: Scope) -> bool:
    """Whether a webhook's division is the caller's, or lies below it."""
    return len(actor.division) <= len(division) and sees_scope(
        actor, scope.district, scope.township
    )


async def page(
    session: AsyncSession, actor: Actor, query: WebhookQuery
) -> tuple[list[Webhook], str | None, int | None]:
    """The webhooks of the caller's divisions."""
    statement = select(Webhook).where(visible(Webhook, actor))
    if query.state is not None:
        statement = statement.where(Webhook.state == query.state)
    if query.division:
        statement = statement.where(in_division(Webhook, query.division, direct=query.direct))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": Webhook.id}, id=Webhook.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Webhook:
    """One webhook of the caller's divisions."""
    return await load(session, Webhook, id, actor)


async def register(
    session: AsyncSession, actor: Actor, request: WebhookRequest, *, plain: bool
) -> tuple[Webhook, str]:
    """A new subscription, and its secret. `plain` lets it lead to http."""
    scope = await scope_of(session, request.division)
    if not in_charge(actor, request.division, scope):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    rules.may_lead_to(request.url, plain=plain)
    rules.may_subscribe(request.types)
    moment, (secret, sealed) = now(session), new_secret(session)
    row = Webhook(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        secret=sealed,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    await _done(session, row, facts.WebhookRegistered)
    return row, secret


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: WebhookPatch, *, plain: bool
) -> Webhook:
    """Change fields; what changes nothing leaves no trace."""
    row = await _step(session, actor, id, "change")
    for name, value in patch.model_dump(exclude_unset=True).items():
        setattr(row, name, value)
    if not session.is_modified(row):
        return row
    rules.may_lead_to(row.url, plain=plain)
    rules.may_subscribe(row.types)
    return await _done(session, row, facts.WebhookChanged)


async def rotate(session: AsyncSession, actor: Actor, id: UUID) -> tuple[Webhook, str]:
    """A new secret; the former one signs beside it for a day."""
    row = await _step(session, actor, id, "rotate")
    secret, sealed = new_secret(session)
    row.previous_secret, row.secret = row.secret, sealed
    row.previous_until = now(session) + rules.BOTH_SIGN
    await _done(session, row, facts.WebhookSecretRotated, previous_until=row.previous_until)
    return row, secret


async def disable(session: AsyncSession, actor: Actor, id: UUID) -> Webhook:
    """Nothing is sent; what comes is kept."""
    row = await _step(session, actor, id, "disable")
    row.stopped = WebhookStop.BY_OWNER
    await _hold(session, id)
    return await _done(session, row, facts.WebhookDisabled, why=row.stopped)


async def enable(session: AsyncSession, actor: Actor, id: UUID) -> Webhook:
    """It goes on, with all that was kept meanwhile."""
    row = await _step(session, actor, id, "enable")
    row.stopped = row.failing_since = row.alerted_at = None
    await _put(session, id, WebhookDelivery.state == DeliveryState.HELD)
    return await _done(session, row, facts.WebhookEnabled)


async def remove(session: AsyncSession, actor: Actor, id: UUID) -> Webhook:
    """It ends; what waited is not sent."""
    row = await _step(session, actor, id, "remove")
    await _hold(session, id)
    return await _done(session, row, facts.WebhookRemoved)


async def resend(session: AsyncSession, actor: Actor, id: UUID, request: ResendRequest) -> int:
    """Send again what was made since a time and was given up, or all; returns how many."""
    row = await _step(session, actor, id, "resend")
    again = [DeliveryState.FAILED, *([DeliveryState.DELIVERED] if request.delivered else [])]
    count = await _put(
        session,
        id,
        and_(WebhookDelivery.state.in_(again), WebhookDelivery.created_at >= request.since),
    )
    await _done(session, row, facts.WebhookResent, deliveries=count)
    return count


async def resend_one(session: AsyncSession, actor: Actor, id: UUID) -> WebhookDelivery:
    """Send one delivery again, whatever came of it."""
    webhook_id = await session.scalar(
        select(WebhookDelivery.webhook_id)
        .join(Webhook)
        .where(WebhookDelivery.id == id, visible(Webhook, actor))
    )
    if webhook_id is None:
        raise NotFound
    row = await _step(session, actor, webhook_id, "resend")
    await _put(session, webhook_id, WebhookDelivery.id == id)
    await _done(session, row, facts.WebhookResent, deliveries=1)
    return await session.get_one(WebhookDelivery, id, populate_existing=True)


async def offer(session: AsyncSession, event: Event, fact: Fact) -> None:
    """Put a fact to be sent to each webhook that it is for, as a supervisor of the webhook's
    division would see it: what lies elsewhere does not go out, and no history either, be it loaded
    late, reacted to again, or older than the webhook."""
    if event.told_to != "public" or fact.backfill:
        return
    covers = [and_(Webhook.district.is_(None), Webhook.township.is_(None))]
    if fact.scope.district is not None:
        own = and_(Webhook.district == fact.scope.district, Webhook.township.is_(None))
        covers.append(own)
    if fact.scope.township is not None:
        covers.append(Webhook.township == fact.scope.township)
    wanted = [
        or_(func.cardinality(column) == 0, column.contains([value]))
        if isinstance(value, str)
        else func.cardinality(column) == 0
        for column, value in (
            (Webhook.types, event.type),
            (Webhook.kinds, getattr(event, "kind", None)),
            (Webhook.severities, getattr(event, "severity", None)),
        )
    ]
    state = case(
        (Webhook.state == WebhookState.ACTIVE, DeliveryState.PENDING.value),
        else_=DeliveryState.HELD.value,
    )
    moment = literal(now(session), DateTime(timezone=True))
    table = WebhookDelivery
    told = select(
        func.uuidv7(),
        Webhook.id,
        literal(fact.id),
        literal(event.type),
        literal(fact.body),
        state,
        literal(0),
        moment,
        moment,
    ).where(
        Webhook.state != WebhookState.REMOVED,
        Webhook.created_at <= fact.time,
        or_(*covers),
        *wanted,
    )
    columns = ["id", "webhook_id", "fact_id", "type", "body", "state", "attempts"]
    columns += ["next_attempt_at", "created_at"]
    await session.execute(insert(table).from_select(columns, told).on_conflict_do_nothing())


async def stop(session: AsyncSession, row: Webhook, why: WebhookStop) -> None:
    """What the system does to a receiver that wants or takes nothing any more."""
    row.state = rules.LIFECYCLE.next("stop", row.state)
    row.stopped = why
    row.updated_at = now(session)
    await _hold(session, row.id)
    draft = rules.told_of_stop(row.id, row.division, row.scope, row.description, why)
    _alert(session, row, facts.WebhookDisabled(**_told(row), why=why), draft)


def gave_up(session: AsyncSession, row: Webhook, delivery: WebhookDelivery) -> None:
    """A delivery was tried for the last time; of the first one of a bad time its office is told."""
    told = facts.WebhookGaveUp(
        **_told(row),
        delivery_id=delivery.id,
        fact_id=delivery.fact_id,
        attempts=delivery.attempts,
    )
    if row.alerted_at is not None:
        publish(session, told, at=row)
        return
    row.alerted_at = now(session)
    draft = rules.told_of_failure(row.id, row.division, row.scope, row.description)
    _alert(session, row, told, draft)


def _alert(session: AsyncSession, row: Webhook, told: WebhookFact, draft: Draft) -> None:
    """The fact, and the message of it to the office of the webhook's division."""
    fact = publish(session, told, at=row)
    messages.address(session, draft, event=told.type, caused_by=fact, occurred_at=now(session))


def secrets_of(session: AsyncSession, row: Webhook, moment: datetime) -> list[bytes]:
    """What signs now, the newest first."""
    seal: Seal = session.info["seal"]
    sealed = [row.secret]
    if row.previous_secret is not None and row.previous_until and moment < row.previous_until:
        sealed.append(row.previous_secret)
    return [base64.b64decode(seal.open(one, SEALED_AS)) for one in sealed]


def new_secret(session: AsyncSession, sealed_as: str = SEALED_AS) -> tuple[str, bytes]:
    """As it is shown, and sealed."""
    seal: Seal = session.info["seal"]
    text = base64.b64encode(os.urandom(rules.SECRET_BYTES)).decode()
    return rules.SECRET + text, seal.seal(text, sealed_as)


async def _hold(session: AsyncSession, id: UUID) -> None:
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == id, WebhookDelivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.HELD.value)
    )


async def _put(session: AsyncSession, id: UUID, which: Any) -> int:
    """Have deliveries of a webhook sent from now on, as if for the first time."""
    done = await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == id, which)
        .values(state=DeliveryState.PENDING.value, attempts=0, next_attempt_at=now(session))
    )
    count: int = done.rowcount  # type: ignore[attr-defined]
    return count


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Webhook:
    row = await load(session, Webhook, id, actor, lock=True)
    if not in_charge(actor, row.division, row.scope):
        raise WebhookOfAnother
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


async def _done(
    session: AsyncSession, row: Webhook, kind: type[WebhookFact], **more: Any
) -> Webhook:
    row.updated_at = now(session)
    await session.flush()
    publish(session, kind(**_told(row), **more), at=row)
    return row


def _told(row: Webhook) -> dict[str, Any]:
    return {"webhook_id": row.id, "division": row.division, "state": row.state}

"""Sending to people: letters over SMTP and gateways, by `adapters.sending`; what came of each."""

import json
import logging
import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.adapters.mail import Letter, Post
from services.notify.adapters.outbound import Outbound, Outcome
from services.notify.adapters.sending import CLAIM, Sending
from services.notify.dispatches import rules
from services.notify.dispatches.rules import ADDRESS_AS, CONTENT_AS, DispatchState, Purpose
from services.notify.dispatches.schemas import DispatchAttemptView, DispatchView
from services.notify.dispatches.tables import Dispatch, DispatchAttempt
from services.notify.gateways import actions as gateways
from services.notify.gateways.rules import Channel
from services.notify.gateways.tables import Gateway
from services.notify.holders.rules import masked
from services.notify.messages.tables import Message
from services.notify.permissions import reaches_within
from services.notify.templates import actions as templates
from services.notify.webhooks.rules import headers, networks, next_attempt
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.clock import now
from shared.db import Database, Scope, new_id
from shared.events.notify.dispatches import DispatchGivenUp
from shared.facts import publish
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Letters of one statement: a row has 14 parameters, a statement at most 32,767."""
KEPT = timedelta(days=180)
"""How long it is kept what was sent or given up; with a message it goes too."""


class Envelope(NamedTuple):
    """A letter to be."""

    purpose: Purpose
    message_id: UUID | None
    sub: str
    name: str
    channel: Channel
    to: str
    title: str
    text: str
    link: str
    not_before: datetime


async def channels_on(session: AsyncSession, settings: Settings) -> frozenset[Channel]:
    """The channels in operation: SMTP is set, a gateway is active."""
    ways = {Channel(channel) for channel in await gateways.active(session)}
    return frozenset(ways | ({Channel.EMAIL} if settings.smtp_host else set()))


async def put(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Have letters sent; one that is there for the message and the address already is left."""
    if not envelopes:
        return
    seal: Seal = session.info["seal"]
    moment = now(session)
    rows = [
        {
            "id": new_id(),
            "purpose": one.purpose.value,
            "message_id": one.message_id,
            "sub": one.sub,
            "name": one.name,
            "channel": one.channel.value,
            "address": seal.seal(one.to, ADDRESS_AS),
            "address_hash": seal.blind_index(one.to, ADDRESS_AS),
            "content": seal.seal(
                json.dumps({"title": one.title, "text": one.text, "link": one.link}), CONTENT_AS
            ),
            "state": rules.LIFECYCLE.initial.value,
            "attempts": 0,
            "next_attempt_at": one.not_before,
            "created_at": moment,
            "over_at": None,
        }
        for one in envelopes
    ]
    for at in range(0, len(rows), AT_ONCE):
        letters = insert(Dispatch).values(rows[at : at + AT_ONCE])
        await session.execute(letters.on_conflict_do_nothing())


async def put_code(
    session: AsyncSession, *, sub: str, channel: Channel, to: str, code: str, lives: int
) -> None:
    """Have a code sent that proves an address, whatever the hour."""
    words = await templates.words(session, "code", channel)
    title, text = words.render({"code": code, "minutes": lives})
    envelope = Envelope(Purpose.CODE, None, sub, "", channel, to, title, text, "", now(session))
    await put(session, [envelope])


async def drop(session: AsyncSession, *, to: str, sub: str, channel: str) -> None:
    """Send no more of what waits for a person at an address."""
    seal: Seal = session.info["seal"]
    own = (Dispatch.sub == sub, Dispatch.address_hash == seal.blind_index(to, ADDRESS_AS))
    await _drop(session, channel, *own)


async def remove_gateway(session: AsyncSession, id: UUID) -> Gateway:
    """End a gateway, and what waits for it: a later one does not send what is old by then."""
    row = await gateways.move(session, id, "remove")
    await _drop(session, row.channel)
    return row


async def _drop(session: AsyncSession, channel: str, *which: ColumnElement[bool]) -> None:
    state = rules.LIFECYCLE.next("drop", DispatchState.PENDING)
    await session.execute(
        update(Dispatch)
        .where(Dispatch.channel == channel, Dispatch.state == DispatchState.PENDING, *which)
        .values(state=state.value, over_at=now(session))
    )


async def of_message(session: AsyncSession, actor: Actor, id: UUID) -> list[DispatchView]:
    """The letters about a message that was addressed in the caller's division."""
    reaches = [reach.value for reach in reaches_within(actor.division)]
    overseen = await session.scalar(
        select(Message.id).where(
            Message.id == id, visible(Message, actor), Message.reach.in_(sorted(reaches))
        )
    )
    if overseen is None:
        raise NotFound
    seal: Seal = session.info["seal"]
    rows = list(
        await session.scalars(
            select(Dispatch).where(Dispatch.message_id == id).order_by(Dispatch.id)
        )
    )
    tried: dict[UUID, list[DispatchAttempt]] = {row.id: [] for row in rows}
    for attempt in await session.scalars(
        select(DispatchAttempt)
        .where(DispatchAttempt.dispatch_id.in_(list(tried)))
        .order_by(DispatchAttempt.id)
    ):
        tried[attempt.dispatch_id].append(attempt)
    return [_view(row, tried[row.id], seal) for row in rows]


def _view(row: Dispatch, tried: Collection[DispatchAttempt], seal: Seal) -> DispatchView:
    told: dict[str, Any] = {name: getattr(row, name, None) for name in DispatchView.model_fields}
    told["address"] = masked(seal.open(row.address, ADDRESS_AS))
    if row.state != DispatchState.PENDING:
        told["next_attempt_at"] = None
    told["tried"] = [DispatchAttemptView.model_validate(one) for one in tried]
    return DispatchView.model_validate(told)


class Claim(NamedTuple):
    """A letter that is this process's to send now."""

    id: UUID
    channel: Channel
    to: str
    content: dict[str, str]
    url: str
    secret: bytes

    @property
    def receiver(self) -> str:
        return self.channel.value


class Sender(Sending[Claim]):
    """Sends letters; each channel is a receiver."""

    def __init__(self, database: Database, post: Post | None, outbound: Outbound) -> None:
        """Without `post`, e-mail waits."""
        super().__init__(database)
        self._post, self._outbound = post, outbound

    async def claim(self, session: AsyncSession) -> list[Claim]:
        """What is due, of each channel in operation."""
        ways = await gateways.active(session)
        seal: Seal = session.info["seal"]
        claims = []
        on = [*ways, *([Channel.EMAIL.value] if self._post else [])]
        for channel in on:
            free = self.free(channel)
            if free <= 0:
                continue
            way = ways.get(channel)
            url = way.url if way else ""
            try:
                secret = gateways.secret_of(session, way) if way else b""
            except ValueError as error:
                log.error("the gateway of %s cannot be signed for: %s", channel, error)
                continue
            for row in await self._held(session, channel, free):
                try:
                    content = json.loads(seal.open(row.content, CONTENT_AS))
                    to = seal.open(row.address, ADDRESS_AS)
                except ValueError as error:
                    log.error("letter %s cannot be opened, it is given up: %s", row.id, error)
                    _end(session, await session.get_one(Dispatch, row.id), "give_up")
                    continue
                claims.append(Claim(row.id, Channel(channel), to, content, url, secret))
        return claims

    async def _held(self, session: AsyncSession, channel: str, free: int) -> list[Any]:
        table, moment = Dispatch, now(session)
        first = (
            select(table.id)
            .where(
                table.channel == channel,
                table.state == DispatchState.PENDING,
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
            .returning(table.id, table.address, table.content)
            .execution_options(synchronize_session=False)
        )
        return list(mine)

    async def send(self, claim: Claim) -> Outcome:
        """One letter: over SMTP, or as JSON to the channel's gateway."""
        content = claim.content
        if claim.channel == Channel.EMAIL:
            assert self._post is not None
            return await self._post.send(
                Letter(claim.id, claim.to, content["title"], content["text"])
            )
        body = json.dumps(
            {"channel": claim.channel.value, "to": claim.to, **content}, ensure_ascii=False
        ).encode()
        at = int(datetime.now(UTC).timestamp())  # receivers hold it against the real time
        signed = headers([claim.secret], str(claim.id), at, body)
        return await self._outbound.post(
            claim.url, {**signed, "Content-Type": "application/json"}, body
        )

    async def record(self, session: AsyncSession, claim: Claim, outcome: Outcome) -> None:
        """Write down an attempt, and what follows from it."""
        moment = now(session)
        session.add(
            DispatchAttempt(
                dispatch_id=claim.id,
                at=moment - timedelta(milliseconds=outcome.duration_ms),
                duration_ms=outcome.duration_ms,
                status=outcome.status,
                error=outcome.error,
            )
        )
        row = await session.get_one(Dispatch, claim.id, with_for_update=True)
        row.attempts += 1
        if row.state != DispatchState.PENDING:
            return  # dropped while it was on its way
        again = next_attempt(row.attempts, moment, random.random())  # noqa: S311 - no secret
        if outcome.arrived:
            action = "arrive"
        elif rules.is_rejected(outcome.status, email=claim.channel == Channel.EMAIL):
            action = "reject"
        elif again is None:
            action = "give_up"
        else:
            row.next_attempt_at = again
            return
        _end(session, row, action)

    async def forget_some(self, session: AsyncSession, most: int) -> int:
        """What is long over."""
        old = select(Dispatch.id).where(
            and_(
                Dispatch.created_at < now(session) - KEPT,
                Dispatch.state != DispatchState.PENDING,
            )
        )
        ids = list(await session.scalars(old.limit(most)))
        await session.execute(delete(DispatchAttempt).where(DispatchAttempt.dispatch_id.in_(ids)))
        await session.execute(delete(Dispatch).where(Dispatch.id.in_(ids)))
        return len(ids)


def _end(session: AsyncSession, row: Dispatch, action: str) -> None:
    """It is over; of what does not arrive there is a fact."""
    row.state = rules.LIFECYCLE.next(action, row.state)
    row.over_at = now(session)
    if action != "arrive":
        fact = DispatchGivenUp(
            dispatch_id=row.id,
            message_id=row.message_id,
            channel=row.channel,
            state=row.state,
            attempts=row.attempts,
        )
        publish(session, fact, at=Scope())


async def send_for_ever(app: FastAPI) -> None:
    """The worker of a process."""
    settings: Settings = app.state.settings
    post = Post(settings) if settings.smtp_host else None
    async with Outbound(networks(settings.webhook_networks)) as outbound:
        await Sender(app.state.database, post, outbound).run()

"""The verbs of gateways: register, disable, enable, remove; what signs for one."""

import base64
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.gateways import rules
from services.notify.gateways.rules import GatewayState
from services.notify.gateways.schemas import GatewayQuery, GatewayRequest
from services.notify.gateways.tables import Gateway
from services.notify.webhooks.actions import new_secret
from services.notify.webhooks.rules import may_lead_to
from shared.access.actor import Actor
from shared.clock import now
from shared.db import Scope
from shared.events.notify.gateways import GatewayChanged
from shared.facts import publish
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition


async def page(
    session: AsyncSession, query: GatewayQuery
) -> tuple[list[Gateway], str | None, int | None]:
    """The gateways of the installation."""
    statement = select(Gateway)
    if query.state is not None:
        statement = statement.where(Gateway.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort="id", columns={"id": Gateway.id}, id=Gateway.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, id: UUID) -> Gateway:
    row = await session.get(Gateway, id)
    if row is None:
        raise NotFound
    return row


async def register(
    session: AsyncSession, actor: Actor, request: GatewayRequest, *, plain: bool
) -> tuple[Gateway, str]:
    """A gateway and its secret. `plain` lets it lead to http."""
    rules.may_serve(request.channel)
    may_lead_to(request.url, plain=plain)
    moment, (secret, sealed) = now(session), new_secret(session, rules.SECRET_AS)
    row = Gateway(
        name=request.name,
        channel=request.channel.value,
        url=request.url,
        secret=sealed,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, "register"), secret


async def move(session: AsyncSession, id: UUID, action: str) -> Gateway:
    """Disable, enable or remove it."""
    row = await session.get(Gateway, id, with_for_update=True)
    if row is None:
        raise NotFound
    check_precondition(id, row.version)
    row.state = rules.LIFECYCLE.next(action, row.state)
    row.updated_at = now(session)
    return await _done(session, row, action)


async def active(session: AsyncSession) -> dict[str, Gateway]:
    """The gateways that take messages, by channel."""
    found = await session.scalars(select(Gateway).where(Gateway.state == GatewayState.ACTIVE))
    return {row.channel: row for row in found}


def secret_of(session: AsyncSession, row: Gateway) -> bytes:
    seal: Seal = session.info["seal"]
    return base64.b64decode(seal.open(row.secret, rules.SECRET_AS))


async def _done(session: AsyncSession, row: Gateway, action: str) -> Gateway:
    await session.flush()
    fact = GatewayChanged(gateway_id=row.id, channel=row.channel, state=row.state, action=action)
    publish(session, fact, at=Scope())
    return row

"""One-use tickets: an EventSource cannot send a bearer token, and a token must not be in a URL."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from shared.access.actor import Actor, Permissions, kept, kept_actor
from shared.db import Database, EveryService
from shared.refusals import Unauthenticated

LIFETIME = timedelta(seconds=30)


class Ticket(EveryService):
    """A ticket by its hash; gone once used."""

    __tablename__ = "ticket"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    actor: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]


class Tickets:
    """Gives and redeems tickets of one service; they live for thirty seconds of real time."""

    def __init__(self, database: Database, permissions: Permissions) -> None:
        self._database = database
        self._permissions = permissions

    async def give(self, actor: Actor) -> tuple[str, datetime]:
        """A ticket that stands once for `actor`, and when it ends."""
        ticket = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        ends = min(now + LIFETIME, actor.expires_at)
        async with self._database.sessions() as session:
            await session.execute(delete(Ticket).where(Ticket.expires_at < now))
            session.add(Ticket(hash=_hash(ticket), actor=kept(actor), expires_at=ends))
            await session.commit()
        return ticket, ends

    async def redeem(self, ticket: str) -> Actor:
        """The caller it was given to; a second use is refused."""
        async with self._database.sessions() as session:
            row = (
                await session.execute(
                    delete(Ticket)
                    .where(Ticket.hash == _hash(ticket))
                    .returning(Ticket.actor, Ticket.expires_at)
                )
            ).one_or_none()
            await session.commit()
        if row is None or row.expires_at <= datetime.now(UTC):
            raise Unauthenticated(reason="ticket unknown, used or expired")
        return kept_actor(row.actor, self._permissions)


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()

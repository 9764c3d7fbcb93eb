"""What others send us over NATS: kept in the database before it is acknowledged.

One stream a service, apart from the facts: what is published on `xa.<service>.<what>.<sender>`
waits there until it is taken. The broker's accounts say who may publish for which sender. Messages
are taken many at a time, in one transaction, and acknowledged when it is committed, which deletes
them from the stream; one that is delivered again after a crash is kept again, so whoever keeps them
must not mind that.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.facts.bus import Bus
from shared.facts.dead_letters import ATTEMPTS, WAITS_S, bury
from shared.facts.messages import BusError, Incoming
from shared.facts.reader import Reader
from shared.facts.tables import DeadLetter
from shared.refusals import Refused
from shared.retries import Backoff, Bell, is_transient
from shared.sealing import Seal

log = logging.getLogger(__name__)

TOGETHER = 500
"""Messages taken in one transaction, when there are so many."""
PAUSE_S = 0.5
"""After messages were taken: those that come meanwhile share a batch."""
SEALED_AS = "dead_letter.body"


class Sent(NamedTuple):
    """A message as it was sent."""

    what: str
    """The third token of its NATS subject."""
    sender: str
    """The fourth: whom the broker let publish it."""
    body: bytes


Taking = Callable[[AsyncSession, Sequence[Sent]], Awaitable[Mapping[int, Refused]]]
"""Keeps messages in the session's transaction; says by place which of them it refuses, and why."""


def sent(nats_subject: str, body: bytes) -> Sent:
    """A message by what its NATS subject says."""
    *_, what, sender = ["", "", *nats_subject.split(".")]
    return Sent(what, sender, body)


class Intake:
    """Takes what was sent to one service. Runs in the leader only; see `shared.lease`."""

    def __init__(self, database: Database, bus: Bus, service: str, take: Taking) -> None:
        self._database, self._bus, self._service, self._take = database, bus, service, take
        self._stopping = False
        self._reader: Reader | None = None
        self._pause = Bell()
        self.turned_at: float | None = None
        """Last time that the stream was read with success, by the monotonic clock."""
        self.buried = 0

    def stop(self) -> None:
        """Finish the transaction under way, acknowledge it, then return from `run`, for good."""
        self._stopping = True
        self._pause.ring()
        if self._reader:
            self._reader.interrupt()

    async def run(self) -> None:
        """Take until stopped; errors are logged and tried again."""
        backoff = Backoff()
        while not self._stopping:
            turned_at = self.turned_at
            try:
                await self._read()
            except (BusError, SQLAlchemyError, OSError) as error:
                level = logging.DEBUG if backoff.taken else logging.WARNING  # once an outage
                log.log(level, "%s cannot take what is sent: %s", self._service, error)
            if self.turned_at != turned_at:
                backoff.reset()
            if not self._stopping:
                await self._pause.after(self._pause.rings, backoff.take())

    async def _read(self) -> None:
        connection = self._bus.connections.rings
        reader = self._reader = await self._bus.take_in(self._service)
        try:
            while not self._stopping and connection == self._bus.connections.rings:
                messages = await reader.fetch(TOGETHER, patience=1)
                if messages:
                    await self._keep(messages)
                    await reader.acknowledge(*messages)
                    if len(messages) < TOGETHER:
                        await asyncio.sleep(PAUSE_S)
                self.turned_at = time.monotonic()
        finally:
            self._reader = None
            await reader.close()

    async def _keep(self, messages: Sequence[Incoming]) -> None:
        """All of `messages` in one transaction; if that cannot be, each by itself."""
        try:
            await self._commit(messages)
        except Exception as error:
            if is_transient(error):
                raise
            for message in messages:
                await self._keep_alone(message)

    async def _keep_alone(self, message: Incoming) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._commit([message])
            except Exception as error:
                if is_transient(error):
                    raise
                if attempt == ATTEMPTS:
                    await self._give_up(message, error)
                else:
                    await self._pause.after(self._pause.rings, WAITS_S[attempt - 1])
            else:
                return

    async def _commit(self, messages: Sequence[Incoming]) -> None:
        async with self._database.sessions() as session:
            told = [sent(one.nats_subject, one.body) for one in messages]
            refused = await self._take(session, told)
            for place, error in refused.items():
                self._bury(session, messages[place], error, attempts=1)
            await session.commit()
        self.buried += len(refused)

    async def _give_up(self, message: Incoming, error: Exception) -> None:
        async with self._database.sessions() as session:
            self._bury(session, message, error, attempts=ATTEMPTS)
            await session.commit()
        self.buried += 1

    def _bury(
        self, session: AsyncSession, message: Incoming, error: Exception, *, attempts: int
    ) -> None:
        """Neither lost nor tried for ever. The body is sealed: it may name people."""
        log.error("what was sent on %s becomes a dead letter: %s", message.nats_subject, error)
        seal: Seal = session.info["seal"]
        bury(
            session,
            kind="intake",
            source=message.nats_subject,
            fact_type="intake",
            body=seal.seal_bytes(message.body, SEALED_AS),
            error=error,
            attempts=attempts,
        )


async def replay(session: AsyncSession, take: Taking, letter: DeadLetter) -> None:
    """Take a dead letter again; the caller marks it and commits."""
    seal: Seal = session.info["seal"]
    refused = await take(session, [sent(letter.source, seal.open_bytes(letter.body, SEALED_AS))])
    if refused:
        raise refused[0]

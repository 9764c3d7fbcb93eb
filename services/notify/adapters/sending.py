"""A queue of things to send: each receiver has places of its own, so a slow one delays no other.

What is to be sent is claimed in one transaction and what came of it is written in another; none is
open while it is sent. A process that dies between the two leaves it to be sent once more: the
receiver knows it again by its id.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.adapters.outbound import Outcome
from shared.db import Database
from shared.retries import Backoff

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Attempts that run at one receiver, in each process."""
POLL_S = 0.5
CLAIM = timedelta(minutes=1)
"""After so long an attempt whose process died is made again; longer than any takes."""
SWEPT = 2_000
AWAY = (SQLAlchemyError, PostgresError, OSError)


class Claimed(Protocol):
    """What is this process's to send now."""

    @property
    def receiver(self) -> Hashable: ...


C = TypeVar("C", bound=Claimed)


class Sending(ABC, Generic[C]):
    """Sends what is due, and writes down what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sending: dict[Hashable, set[asyncio.Task[None]]] = {}

    @abstractmethod
    async def claim(self, session: AsyncSession) -> list[C]:
        """What is due and has a free place (`free`) at its receiver, held for `CLAIM`."""

    @abstractmethod
    async def send(self, claim: C) -> Outcome:
        """One attempt, without a transaction."""

    @abstractmethod
    async def record(self, session: AsyncSession, claim: C, outcome: Outcome) -> None:
        """Write down an attempt, and what follows from it."""

    @abstractmethod
    async def forget_some(self, session: AsyncSession, most: int) -> int:
        """Delete at most so much of what is long over; how many."""

    def free(self, receiver: Hashable) -> int:
        """How many attempts may begin at a receiver."""
        return AT_ONCE - len(self._sending.get(receiver, ()))

    async def run(self) -> None:
        """Send for ever. Cancelled, it leaves what it has not finished to be sent once more."""
        backoff, swept = Backoff(), 0.0
        try:
            while True:
                try:
                    claimed = await self.turn()
                    if (at := asyncio.get_running_loop().time()) - swept > 3_600:
                        swept = at
                        await self.forget()
                except AWAY as error:
                    log.warning("what is to be sent waits for the database: %s", error)
                    await asyncio.sleep(backoff.take())
                    continue
                backoff.reset()
                if not claimed:
                    await self._rest()
        finally:
            for task in self._tasks():
                task.cancel()

    async def turn(self) -> int:
        """Claim what is due and has a free place at its receiver, and begin to send it."""
        async with self._database.sessions() as session:
            claims = await self.claim(session)
            await session.commit()
        for claim in claims:
            task = asyncio.create_task(self._send(claim), name="sending")
            tasks = self._sending.setdefault(claim.receiver, set())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return len(claims)

    async def finish(self) -> None:
        """Send all that is due now, and wait for it."""
        while await self.turn() or self._tasks():
            if tasks := self._tasks():
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def forget(self) -> None:
        """Delete what is long over, a transaction at a time."""
        some = SWEPT
        while some == SWEPT:
            async with self._database.sessions() as session:
                some = await self.forget_some(session, SWEPT)
                await session.commit()

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {task for tasks in self._sending.values() for task in tasks}

    async def _rest(self) -> None:
        """Until a place becomes free, or something may have become due."""
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(POLL_S)

    async def _send(self, claim: C) -> None:
        outcome = await self.send(claim)
        try:
            async with self._database.sessions() as session:
                await self.record(session, claim, outcome)
                await session.commit()
        except AWAY as error:
            log.warning("what came of it could not be kept, it is sent again: %s", error)

"""When work in the background tries again, how long it waits first, and what wakes it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger(__name__)

# Connections (08), resources (53), an operator's shutdown (57P), the disk (58), another
# transaction that came first (40), a lock not had in time. A statement that ran into its own time
# limit (57014) is not among them: the work itself may be what takes too long.
_TRANSIENT_STATES = ("08", "53", "57P", "58", "40", "55P03", "25P0")


def is_transient(error: BaseException) -> bool:
    """Whether the same work may well succeed later: the database, not the work, was the matter."""
    if isinstance(error, (PoolTimeout, OSError)):  # refused connections, timeouts
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig or error
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_TRANSIENT_STATES)


class Backoff:
    """Waits that double up to a limit, shortened at random so that many do not come at once."""

    def __init__(self, first: float = 0.1, most: float = 5.0) -> None:
        """`first` and `most` are seconds."""
        self._first, self._most, self._next = first, most, first
        self.taken = 0
        """Waits since it last worked."""

    def reset(self) -> None:
        """It worked: begin with the first wait again."""
        self._next, self.taken = self._first, 0

    def take(self) -> float:
        """Seconds to wait now."""
        wait, self._next = self._next, min(self._next * 2, self._most)
        self.taken += 1
        return wait * random.uniform(0.5, 1)  # noqa: S311 - no secret


class Bell:
    """Wakes everybody who waits. Nobody misses a ring that came between looking and waiting."""

    def __init__(self) -> None:
        self.rings = 0
        self._event = asyncio.Event()

    def ring(self) -> None:
        self.rings += 1
        self._event.set()
        self._event = asyncio.Event()

    async def after(self, rings: int, patience: float) -> bool:
        """Until it has rung more than `rings` times, or `patience` seconds; whether it rang."""
        if self.rings == rings:
            try:
                async with asyncio.timeout(patience):
                    await self._event.wait()
            except TimeoutError:
                return False
        return True


async def keep_up(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` for ever; when it fails it is begun again, after a wait."""
    backoff = Backoff()
    while True:
        try:
            await work()
        except Exception:
            log.exception("work in the background failed; it is begun again")
        await asyncio.sleep(backoff.take())


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are over.

    Asked again each second: a client library that swallows a cancellation must not keep a former
    leader's task alive.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=1)

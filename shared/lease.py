"""One leader a database: what runs in the background runs in one process at a time.

The lease is an advisory lock of a connection that does nothing else, so it is gone the moment that
connection is. It keeps replicas from working against each other; what makes a mistake here
harmless are the row locks that each transaction of the relay, the inbox and the timers takes.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.db import Database
from shared.retries import Backoff, end

log = logging.getLogger(__name__)

BEAT_S = 1.0
"""Between two signs of life, and between two tries of a standby."""
SILENCE_S = 5.0
"""A sign of life that takes longer means that the lease is lost."""
FROZEN_S = 15
"""PostgreSQL ends the lease of a process that says nothing for so long (stopped, cut off)."""


def own_engine(database: Database, *, name: str, **server_settings: str) -> AsyncEngine:
    """One autocommitting connection outside the pool of requests, opened when first used."""
    return create_async_engine(
        database.engine.url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_size=1,
        max_overflow=0,
        pool_timeout=5,
        connect_args={
            "timeout": 5,
            "command_timeout": 15,
            "server_settings": {
                "application_name": name,
                "timezone": "UTC",
                "statement_timeout": "10000",
                "lock_timeout": "2000",
                # Otherwise a server that lost its client keeps the locks for two hours.
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
                **server_settings,
            },
        },
    )


async def lead(
    database: Database, key: str, run: Callable[[], Awaitable[None]], *, name: str = "xiejian-lease"
) -> None:
    """Run `run` while this process holds the lease `key` of `database`, again and again.

    When the lease is lost, `run` is cancelled and awaited before the next try. Returns when `run`
    returns; whatever it raises is logged, and the lease is tried for again.
    """
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
    engine = own_engine(database, name=name, idle_session_timeout=f"{FROZEN_S}s")
    backoff = Backoff(BEAT_S / 2, 5)
    try:
        while True:
            connection: AsyncConnection | None = None
            try:
                async with asyncio.timeout(SILENCE_S):
                    connection = await engine.connect()
                await _obtain(connection, number)
                backoff.reset()
                log.info("%s leads", name)
                if await _while_held(connection, run):
                    return
            except (SQLAlchemyError, OSError) as error:
                level = logging.DEBUG if backoff.taken else logging.WARNING  # once an outage
                log.log(level, "%s: %s", name, error)
            except Exception:
                log.exception("what %s runs has failed", name)
            finally:
                if connection is not None:
                    await _drop(connection)
            await asyncio.sleep(backoff.take())
    finally:
        await engine.dispose()


async def _obtain(connection: AsyncConnection, number: int) -> None:
    while True:
        async with asyncio.timeout(SILENCE_S):
            answer = await connection.exec_driver_sql("SELECT pg_try_advisory_lock($1)", (number,))
        if answer.scalar():
            return
        await asyncio.sleep(BEAT_S)


async def _while_held(connection: AsyncConnection, run: Callable[[], Awaitable[None]]) -> bool:
    """Whether `run` returned of itself; raises what it raised, or why the lease was lost."""

    async def work() -> None:
        await run()

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            async with asyncio.timeout(SILENCE_S):
                await connection.exec_driver_sql("SELECT 1")

    working, beating = asyncio.create_task(work()), asyncio.create_task(beat())
    try:
        await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(working, beating)
    for task in (beating, working):
        if not task.cancelled():
            task.result()
    return not working.cancelled()


async def _drop(connection: AsyncConnection) -> None:
    # Closing the connection is what gives the lease back; a dead one cannot be closed politely.
    try:
        async with asyncio.timeout(SILENCE_S):
            await connection.invalidate()
            await connection.close()
    except (SQLAlchemyError, OSError) as error:
        log.debug("the lease's connection could not be closed: %s", error)

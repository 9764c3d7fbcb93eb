"""The movable clock of development: its offset is kept per database, so that replicas agree."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import CheckConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import Clock, ClockMovesForward
from shared.db import Database, EveryService

log = logging.getLogger(__name__)


class ClockOffset(EveryService):
    """One row: seconds that this service's clock is ahead of real time."""

    __tablename__ = "clock_offset"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seconds: Mapped[int] = mapped_column(default=0)


async def move_clock(session: AsyncSession, clock: Clock, offset_s: int) -> None:
    """Put the clock `offset_s` seconds ahead of real time; refuses to go back."""
    statement = insert(ClockOffset).values(id=1, seconds=offset_s)
    moved = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[ClockOffset.id],
            set_={"seconds": statement.excluded.seconds},
            where=ClockOffset.seconds <= statement.excluded.seconds,
        ).returning(ClockOffset.seconds)
    )
    if moved is None:
        raise ClockMovesForward(offset_s=int(clock.offset.total_seconds()))
    await session.commit()
    clock.offset = timedelta(seconds=offset_s)


async def load_clock(database: Database, clock: Clock) -> None:
    """Take over the offset that the database holds."""
    async with database.readers() as session:
        seconds = await session.scalar(select(ClockOffset.seconds))
    clock.offset = timedelta(seconds=seconds or 0)


async def follow_clock(database: Database, clock: Clock) -> None:
    """Keep up with an offset that another replica was given."""
    while True:
        await asyncio.sleep(1)
        try:
            await load_clock(database, clock)
        except (SQLAlchemyError, OSError) as exc:
            log.warning("clock offset not read: %r", exc)

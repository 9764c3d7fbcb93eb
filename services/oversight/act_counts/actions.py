"""Counting acts without a hot row: deltas are written with the acts and folded by a timer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_counts.rules import Cell, Sums, deltas
from services.oversight.act_counts.tables import ActCount, ActDelta
from services.oversight.acts.rules import Changed
from shared.clock import now
from shared.db import copy_line, copy_lines
from shared.timers import schedule

FOLD = "act_count.fold"
"""The timer that folds the log of deltas; one for all of it."""
ALL = UUID(int=0)
AT_ONCE = 20_000
"""Deltas folded in one firing."""


async def add(session: AsyncSession, changes: Iterable[Changed]) -> None:
    """Write what changes of acts add, one row a cell, and have it folded."""
    lines = [
        copy_line((*cell[:-1], list(cell.domains), *sums)) for cell, sums in deltas(changes).items()
    ]
    if lines:
        await copy_lines(session, ActDelta, (*Cell._fields, *Sums._fields), lines)
        await schedule(session, FOLD, ALL, now(session))


async def fold(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: deltas become sums, and are gone, in one statement."""
    oldest = select(ActDelta.id).order_by(ActDelta.id).limit(AT_ONCE)
    taken = delete(ActDelta).where(ActDelta.id.in_(oldest)).returning(ActDelta).cte("taken")
    key = [taken.c[name] for name in Cell._fields]
    sums = [cast(func.sum(taken.c[name]), BigInteger).label(name) for name in Sums._fields]
    summed = select(*key, *sums).group_by(*key)
    told = insert(ActCount).from_select([*Cell._fields, *Sums._fields], summed)
    await session.execute(
        told.on_conflict_do_update(
            index_elements=list(Cell._fields),
            set_={name: getattr(ActCount, name) + told.excluded[name] for name in Sums._fields},
        )
    )
    if await session.scalar(select(ActDelta.id).limit(1)) is not None:
        await schedule(session, FOLD, ref, now(session))

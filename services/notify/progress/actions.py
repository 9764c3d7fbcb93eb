"""What a progress circular says, from what is known; each figure with the fact it rests on."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.progress.tables import KnownFigures, KnownTask
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.db import Scope
from shared.law.divisions import Level, level_of
from shared.law.tables import Division

_BELOW = {Level.CITY: Level.DISTRICT, Level.DISTRICT: Level.TOWNSHIP}


async def cite(
    session: AsyncSession, actor: Actor, division: str, at: Scope, first: date, last: date
) -> list[dict[str, Any]]:
    """A division and those directly below it, each with the figures frozen for exactly the period
    from `first` to `last` (both days in it) and with its focus tasks as they stand now.

    Empty where no figures were frozen for that period.
    """
    told = await session.scalars(
        select(KnownFigures)
        .where(
            visible(KnownFigures, actor),
            KnownFigures.first_day == first,
            KnownFigures.last_day == last,
            or_(KnownFigures.division == division, _below(KnownFigures, division, at)),
        )
        .order_by(KnownFigures.division)
    )
    figures = list(told)
    tasks = await _tasks(session, actor, [row.division for row in figures])
    names = await _names(session, [row.division for row in figures], last)
    return [
        {
            "division": row.division,
            "name": names.get(row.division, row.division),
            "fact": str(row.fact_id),
            "figures": row.figures,
            "coverages": row.coverages,
            **tasks[row.division],
        }
        for row in figures
    ]


def _below(table: Any, division: str, at: Scope) -> Any:
    level = level_of(division)
    if level is Level.TOWNSHIP:
        return table.division == division
    lower = table.level == _BELOW[level].value
    return lower if level is Level.CITY else and_(lower, table.district == at.district)


async def _tasks(
    session: AsyncSession, actor: Actor, divisions: list[str]
) -> dict[str, dict[str, Any]]:
    """By division: how many tasks are in each state, are stalled, or late with a milestone."""
    counted = await session.execute(
        select(
            KnownTask.division,
            KnownTask.state,
            func.count(),
            func.count().filter(KnownTask.stalled),
            func.count().filter(func.cardinality(KnownTask.overdue) > 0),
        )
        .where(visible(KnownTask, actor), KnownTask.division.in_(divisions))
        .group_by(KnownTask.division, KnownTask.state)
        .order_by(KnownTask.division, KnownTask.state)
    )
    states: dict[str, dict[str, int]] = defaultdict(dict)
    stalled: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for division, state, count, stuck, behind in counted:
        states[division][state] = count
        stalled[division] += stuck
        late[division] += behind
    return {
        division: {
            "tasks": states.get(division, {}),
            "tasks_stalled": stalled[division],
            "tasks_late": late[division],
        }
        for division in divisions
    }


async def _names(session: AsyncSession, divisions: list[str], on: date) -> dict[str, str]:
    found = await session.execute(
        select(Division.code, Division.name).where(
            Division.code.in_(divisions),
            Division.valid_from <= on,
            or_(Division.valid_to.is_(None), Division.valid_to > on),
        )
    )
    return dict(found.all())

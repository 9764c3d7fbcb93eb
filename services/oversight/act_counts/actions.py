"""Counting acts without a hot row: deltas are written with the acts and folded by a timer."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    cast,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_counts.rules import REPORTED, Cell, Sums, deltas
from services.oversight.act_counts.tables import ActCount, ActDelta, ActYear
from services.oversight.acts.rules import ActKind, Changed
from services.oversight.coverage_counts import actions as coverage
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import sees_scope, visible
from shared.clock import now
from shared.db import copy_line, copy_lines
from shared.law.places import CITY
from shared.law.tables import Division
from shared.timers import schedule

FOLD = "act_count.fold"
"""The timer that folds the log of deltas; one for all of it."""
ALL = UUID(int=0)
AT_ONCE = 2_000
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
    """The timer: deltas become sums of months and of years, and are gone, in one statement.

    Coverage hears whose acts came or went, and where.
    """
    beyond = select(ActDelta.id).order_by(ActDelta.id).offset(AT_ONCE).limit(1).scalar_subquery()
    # A range of the index: `IN` would read the whole log each time.
    oldest = ActDelta.id < func.coalesce(beyond, literal_column("9223372036854775807"))
    taken = delete(ActDelta).where(oldest).returning(ActDelta).cte("taken")
    year = cast(func.extract("year", taken.c.month), Integer).label("year")
    of_years = _folded(ActYear, taken, {"year": year}).returning(literal(1)).cte("of_years")
    of_months = _folded(ActCount, taken, {"month": taken.c.month}).returning(literal(1))
    reported = (
        select(taken.c.organisation, taken.c.place, taken.c.kind)
        .where(taken.c.stage == REPORTED)
        .distinct()
        .add_cte(of_years, of_months.cte("of_months"))
    )
    touched = (await session.execute(reported)).all()
    await coverage.note(session, {organisation for organisation, _, _ in touched}, acts=True)
    await coverage.note(session, {place for _, place, kind in touched if kind == ActKind.CHECK})
    if await session.scalar(select(ActDelta.id).limit(1)) is not None:
        await schedule(session, FOLD, ref, now(session))


def _folded(table: Any, taken: Any, by: dict[str, Any]) -> Insert:
    """Deltas added to the rows of a table that has sums by months or by years."""
    names = [name for name in Cell._fields if name != "month"]
    key = [*by.values(), *(taken.c[name] for name in names)]
    sums = [cast(func.sum(taken.c[name]), BigInteger).label(name) for name in Sums._fields]
    told = insert(table).from_select(
        [*by, *names, *Sums._fields], select(*key, *sums).group_by(*key)
    )
    return told.on_conflict_do_update(
        index_elements=[*by, *names],
        set_={name: getattr(table, name) + told.excluded[name] for name in Sums._fields},
    )


# ---------------------------------------------------------------- reading


def seen(table: Any, actor: Actor) -> ColumnElement[bool]:
    """The counts that a caller may see: of the bodies that are visible, to the city's all."""
    if sees_scope(actor, None, None):
        return literal_column("true")
    body = select(SubjectView.organisation).where(visible(SubjectView, actor))
    found: ColumnElement[bool] = table.organisation.in_(body)
    return found


def within(place: Any, division: str, day: date) -> ColumnElement[bool]:
    """Counts of a division and those below it on a day: they name the smallest division."""
    if division == CITY:
        return literal_column("true")
    below = select(Division.code).where(Division.parent == division, in_force(day))
    return or_(place == division, place.in_(below))


def district_of_place(place: Any, day: date) -> tuple[Any, tuple[Any, Any]]:
    """The district that counts' smallest division lies in on a day, and the outer join it takes."""
    lies_in = and_(Division.code == place, Division.level == "township", in_force(day))
    return func.coalesce(Division.parent, place), (Division, lies_in)


def in_force(day: date) -> ColumnElement[bool]:
    """The records of divisions that were true on a day."""
    ends = Division.valid_to
    return and_(Division.valid_from <= day, or_(ends.is_(None), ends > day))

"""The registry's figures, frozen for each division each month and when the Bureau asks for it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.coverage.actions import Asked, Share, coverages
from services.registry.coverage.rules import CoverageKind
from services.registry.figures import MEASURES
from services.registry.frozen_figures import rules
from services.registry.frozen_figures.schemas import FrozenFigureQuery
from services.registry.frozen_figures.tables import FrozenFigure
from shared.access.actor import Actor, Role
from shared.access.visibility import unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.figures import FiguresFrozen
from shared.facts import publish
from shared.figures import DISTRICT, TOWNSHIP, Period, counted, in_days
from shared.law.calendar import end_of, last_day_of
from shared.law.divisions import Level
from shared.law.places import CITY, in_division
from shared.law.tables import Division
from shared.timers import Timer, schedule
from shared.web.paging import paginate

MONTHLY = "figures.freeze"
_REF = UUID("019ab3a0-0000-7000-8000-0000000000f1")
_ZERO = {"value": 0, "previous": 0}
_SYSTEM = Actor(
    sub="system:timer",
    name="system",
    roles=frozenset({Role.BUREAU_SUPERVISOR}),
    division=CITY,
    organisation=None,
    domains=frozenset(),
    expires_at=datetime.max,
    permissions=frozenset(),
)
"""Counts for the timer what the Bureau sees."""


class _Place(NamedTuple):
    code: str
    level: Level
    scope: Scope


async def page(
    session: AsyncSession, actor: Actor, query: FrozenFigureQuery
) -> tuple[list[FrozenFigure], str | None, int | None]:
    """The frozen figures of the caller's divisions."""
    table = FrozenFigure
    statement = select(table).where(
        visible(table, actor), *in_days(table.last_day, query.last_day_from, query.last_day_to)
    )
    if query.division:
        statement = statement.where(in_division(table, query.division, direct=query.direct))
    if query.level:
        statement = statement.where(table.level == query.level)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": table.id}, id=table.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def freeze(session: AsyncSession, actor: Actor, period: Period) -> list[FrozenFigure]:
    """Freeze the figures of a period that is over, for every division; the city's comes first."""
    rules.may_freeze(period, today=today(session))
    if await _is_frozen(session, period):
        raise rules.FiguresAlreadyFrozen
    figures = await _figures(session, actor, period)
    covered = await _coverages(session, actor, period.last)
    moment = now(session)
    rows = []
    for place in await _places(session, period.last):
        row = FrozenFigure(
            division=place.code,
            level=place.level,
            district=place.scope.district,
            township=place.scope.township,
            parties=[],
            first_day=period.first,
            last_day=period.last,
            figures={one.key: figures[place.code].get(one.key, _ZERO) for one in MEASURES},
            coverages={
                kind: share._asdict() for kind, share in covered.get(place.code, {}).items()
            },
            frozen_at=moment,
            frozen_by=actor.sub,
        )
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    for row in rows:
        publish(session, _fact(row), at=row)
    return rows


async def watch(session: AsyncSession) -> None:
    """Have it frozen each month; a timer that waits already stays."""
    known = select(Timer.id).where(Timer.kind == MONTHLY, Timer.ref == _REF)
    if await session.scalar(known) is None:
        await _next(session, today(session))


async def freeze_month(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the month that is over, unless somebody asked for just that before."""
    day = today(session)
    month = rules.month_of(last_day_of(due_at))
    # Each month has its figures, also those in which nothing ran.
    while month.last < day:
        if not await _is_frozen(session, month):
            await freeze(session, _SYSTEM, month)
        month = rules.month_of(month.last + timedelta(1))
    await _next(session, day)


async def _next(session: AsyncSession, day: date) -> None:
    await schedule(session, MONTHLY, _REF, end_of(rules.month_of(day).last))


async def _is_frozen(session: AsyncSession, period: Period) -> bool:
    row = select(FrozenFigure.id).where(
        FrozenFigure.division == CITY,
        FrozenFigure.first_day == period.first,
        FrozenFigure.last_day == period.last,
        unscoped(FrozenFigure, reason="whether there are any, for all divisions alike"),
    )
    return await session.scalar(row) is not None


async def _places(session: AsyncSession, day: date) -> list[_Place]:
    """The divisions of a day, each at the place where it lies now."""
    found = await session.execute(
        select(Division.code, Division.level, Division.parent, Division.valid_to)
        .where(
            Division.valid_from <= day, or_(Division.valid_to.is_(None), Division.valid_to > day)
        )
        .order_by(Division.code)
    )
    rows = found.all()
    lying = await session.execute(
        select(Division.code, Division.parent).where(
            Division.valid_to.is_(None), Division.level == Level.TOWNSHIP
        )
    )
    parents = {row.code: row.parent for row in lying}
    places = []
    for row in rows:
        level = Level(row.level)
        district = {Level.CITY: None, Level.DISTRICT: row.code}.get(level, row.parent)
        scope = Scope(
            district=parents.get(row.code, district),
            township=row.code if level is Level.TOWNSHIP else None,
        )
        places.append(_Place(row.code, level, scope))
    return sorted(places, key=lambda place: (len(place.code), place.code))


async def _figures(
    session: AsyncSession, actor: Actor, period: Period
) -> Mapping[str, dict[str, Any]]:
    """Division → measure → value, and that of the period before."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for measure in MEASURES:
        for by in (DISTRICT, TOWNSHIP):
            total, groups = await counted(session, actor, measure, period, by=by)
            found[CITY][measure.key] = {"value": total.value, "previous": total.previous}
            for key, count in groups:
                if key != CITY:  # what is the city's own is in its total
                    numbers = {"value": count.value, "previous": count.previous}
                    found[key][measure.key] = numbers
    return found


async def _coverages(
    session: AsyncSession, actor: Actor, day: date
) -> Mapping[str, dict[str, Share]]:
    """Division → kind → share."""
    found: dict[str, dict[str, Share]] = defaultdict(dict)
    for by in (DISTRICT, TOWNSHIP):
        for one in await coverages(session, Asked(actor, day, by=by)):
            found[CITY][one.kind] = one.total
            for key, share in one.groups.items():
                if key != CITY:
                    found[key][one.kind] = share
    return found


def _fact(row: FrozenFigure) -> FiguresFrozen:
    return FiguresFrozen(
        frozen_figure_id=row.id,
        division=row.division,
        level=Level(row.level).value,
        first_day=row.first_day,
        last_day=row.last_day,
        figures={key: numbers["value"] for key, numbers in row.figures.items()},
        coverages={
            kind: (share["numerator"], share["denominator"])
            for kind, share in row.coverages.items()
        },
        labels={measure.key: measure.label for measure in MEASURES if measure.key in row.figures},
        coverage_labels={kind: CoverageKind(kind).label for kind in row.coverages},
    )

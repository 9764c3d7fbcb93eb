"""Reading the statistics of a year from the sums that the worker keeps."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_counts.actions import district_of_place, seen, within
from services.oversight.act_counts.tables import ActYear
from services.oversight.act_references.tables import ListedItemView
from services.oversight.coverage_counts.rules import CoverageKind
from services.oversight.coverage_counts.tables import CoverageShare
from services.oversight.statistics.rules import Key, Layout, Officers, Row, Sums, told
from services.oversight.statistics.schemas import BodiesQuery
from services.oversight.subject_views.rules import ENDED, HELD
from services.oversight.subject_views.tables import PowerView, SubjectView
from shared.access.actor import Actor
from shared.access.visibility import unscoped, visible
from shared.clock import today
from shared.db import Statements
from shared.figures import DISTRICT, Dimension, division_names, key_of
from shared.law.places import CITY, in_division
from shared.law.tables import Division, Rule, rule
from shared.web.paging import paginate

COLUMNS_RULE = "statistics.columns"


class Asked(NamedTuple):
    """Of which year, and where."""

    actor: Actor
    year: int
    division: str | None = None

    def last(self, now: date) -> date:
        """The last day of the year that there has been."""
        return min(date(self.year, 12, 31), now)


class Body(NamedTuple):
    organisation: str
    name: str
    division: str


async def layout_of(session: AsyncSession | Statements, year: int) -> tuple[Layout, Rule]:
    """The columns of a year, and the rule that gives them."""
    found = await rule(session, COLUMNS_RULE, date(year, 12, 31))
    return Layout.model_validate(found.value), found


async def totals(
    session: AsyncSession | Statements, asked: Asked, layout: Layout, by: Dimension | None
) -> tuple[dict[str, Row], dict[str, dict[str, Row]]]:
    """What stands in each table for all that the caller sees there, and by division below."""
    day = asked.last(today(session))
    sums = await _sums(session, asked, layout, _place(by), day)
    duties = await _duties(session, asked, by, day)
    officers = await _officers(session, asked, _key(CoverageShare, by, day), day)
    keys = sorted({*sums, *duties, *officers})
    whole: dict[Key, Sums] = defaultdict(Sums)
    for key, one in ((key, one) for group in sums.values() for key, one in group.items()):
        whole[key] = Sums(whole[key].acts + one.acts, whole[key].fen + one.fen)
    everybody = Officers(
        sum(one.certified for one in officers.values()),
        sum(one.on_post for one in officers.values()),
    )
    total = told(layout, whole, set().union(*duties.values()), everybody)
    if by is None:
        return total, {}
    return total, {
        key: told(layout, sums.get(key, {}), duties.get(key, ()), officers.get(key, Officers()))
        for key in keys
    }


async def bodies(
    session: AsyncSession, actor: Actor, query: BodiesQuery, layout: Layout
) -> tuple[list[tuple[Body, dict[str, Row]]], str | None, int | None]:
    """The bodies that the caller sees there, one page of them, by credit code."""
    asked = Asked(actor, query.year, query.division)
    statement = _bodies(asked, today(session), direct=query.direct)
    if query.organisation is not None:
        statement = statement.where(SubjectView.organisation == query.organisation)
    body = statement.subquery()
    rows, cursor, count = await paginate(
        session,
        select(body.c.organisation.label("id"), body.c.organisation, body.c.name, body.c.division),
        sort="organisation",
        columns={"organisation": body.c.organisation},
        id=body.c.organisation,
        paging=query,
    )
    found = [Body(row.organisation, row.name, row.division) for row in rows]
    return await _told(session, asked, layout, found), cursor, count


async def all_bodies(
    session: AsyncSession, asked: Asked, layout: Layout
) -> list[tuple[Body, dict[str, Row]]]:
    """The same, all of them, as the published tables list them: by division, then by code."""
    body = _bodies(asked, today(session)).subquery()
    rows = await session.execute(
        select(body.c.organisation, body.c.name, body.c.division).order_by(
            func.length(body.c.division), body.c.division, body.c.organisation
        )
    )
    return await _told(session, asked, layout, [Body(*row) for row in rows])


async def _told(
    session: AsyncSession, asked: Asked, layout: Layout, found: Sequence[Body]
) -> list[tuple[Body, dict[str, Row]]]:
    codes = [body.organisation for body in found]
    day = asked.last(today(session))
    sums = await _sums(session, asked, layout, ActYear.organisation, day, codes)
    duties = await _duties_of(session, asked, found, day)
    officers = await _officers(session, asked, CoverageShare.organisation, day, codes)
    return [
        (
            body,
            told(
                layout,
                sums.get(body.organisation, {}),
                duties.get(body.organisation, ()),
                officers.get(body.organisation, Officers()),
            ),
        )
        for body in found
    ]


def _bodies(asked: Asked, now: date, *, direct: bool = False) -> Select[str, str, str]:
    """Bodies that are there, and those that have ended but acted in the year; one a code."""
    acted = exists(
        select(literal_column("1")).where(
            ActYear.organisation == SubjectView.organisation,
            ActYear.year == asked.year,
            ActYear.acts != 0,
        )
    )
    there = SubjectView.state.in_(("published", "suspended"))
    statement: Select[str, str, str] = (
        select(SubjectView.organisation, SubjectView.name, SubjectView.division)
        .where(visible(SubjectView, asked.actor), or_(there, acted))
        .ext(distinct_on(SubjectView.organisation))
        .order_by(
            SubjectView.organisation,
            SubjectView.state.in_(ENDED),
            SubjectView.state != "published",
            SubjectView.id.desc(),
        )
    )
    if asked.division is not None:
        place = in_division(SubjectView, asked.division, asked.last(now), direct=direct)
        statement = statement.where(place)
    return statement


# ---------------------------------------------------------------- what is counted


async def _sums(
    session: AsyncSession | Statements,
    asked: Asked,
    layout: Layout,
    key: Any,
    day: date,
    codes: Collection[str] | None = None,
) -> dict[str, dict[Key, Sums]]:
    """Acts and money of the year by `key`, which may name the division that a place lies in."""
    year = ActYear
    statement = (
        select(
            key.label("key"),
            year.stage,
            year.kind,
            year.result,
            func.sum(year.acts),
            func.sum(year.fine_fen + year.confiscated_fen),
        )
        .where(year.year == asked.year, year.stage.in_(layout.stages), seen(year, asked.actor))
        .group_by(literal_column("1"), year.stage, year.kind, year.result)
    )
    if key is _DISTRICT:
        statement = statement.outerjoin(*district_of_place(year.place, day)[1])
    if asked.division is not None:
        statement = statement.where(within(year.place, asked.division, day))
    if codes is not None:
        statement = statement.where(year.organisation.in_(codes))
    found: dict[str, dict[Key, Sums]] = defaultdict(dict)
    for group, stage, kind, result, acts, fen in await session.execute(statement):
        found[group][Key(stage, kind, result)] = Sums(int(acts), int(fen))
    return found


async def _duties(
    session: AsyncSession | Statements, asked: Asked, by: Dimension | None, day: date
) -> dict[str, set[str]]:
    """The kinds of powers that bodies have or had there, and that townships have in their lists."""
    power = PowerView
    statement = select(_key(power, by).label("key"), power.kind).where(
        power.state.in_(HELD), visible(power, asked.actor)
    )
    if asked.division is not None:
        statement = statement.where(in_division(power, asked.division))
    found: dict[str, set[str]] = defaultdict(set)
    for key, kind in await session.execute(statement.distinct()):
        found[key].add(kind)
    item, body = ListedItemView, SubjectView
    listed = (
        select(_key(body, by).label("key"), item.power_kind)
        .join(body, body.township == item.division)
        .where(visible(body, asked.actor), _listed(asked.year))
    )
    if asked.division is not None:
        listed = listed.where(in_division(body, asked.division, day))
    for key, kind in await session.execute(listed.distinct()):
        found[key].add(kind)
    return found


async def _duties_of(
    session: AsyncSession, asked: Asked, bodies: Sequence[Body], day: date
) -> dict[str, set[str]]:
    power, item = PowerView, ListedItemView
    found: dict[str, set[str]] = defaultdict(set)
    held = select(power.organisation, power.kind).where(
        power.organisation.in_([body.organisation for body in bodies]),
        power.state.in_(HELD),
        unscoped(power, reason="what a visible body may do"),
    )
    for organisation, kind in await session.execute(held.distinct()):
        found[organisation].add(kind)
    places = {body.division for body in bodies if len(body.division) == 9}
    listed = select(item.division, item.power_kind).where(
        item.division.in_(places), _listed(asked.year)
    )
    by_place: dict[str, set[str]] = defaultdict(set)
    for place, kind in await session.execute(listed.distinct()):
        by_place[place].add(kind)
    for body in bodies:
        found[body.organisation] |= by_place.get(body.division, set())
    return found


def _listed(year: int) -> Any:
    """Items of lists that were in force on some day of a year."""
    item = ListedItemView
    ends = or_(item.effective_to.is_(None), item.effective_to > date(year, 1, 1))
    return and_(item.effective_from <= date(year, 12, 31), ends)


async def _officers(
    session: AsyncSession | Statements,
    asked: Asked,
    key: Any,
    day: date,
    codes: Collection[str] | None = None,
) -> dict[str, Officers]:
    """Officers on post and with certificates at the end of the year, or now."""
    share = CoverageShare
    statement = (
        select(key.label("key"), func.sum(share.in_order), func.sum(share.total))
        .where(
            share.kind == CoverageKind.OFFICERS,
            share.since <= day,
            or_(share.until.is_(None), share.until > day),
            visible(share, asked.actor),
        )
        .group_by(literal_column("1"))
    )
    if asked.division is not None:
        statement = statement.where(in_division(share, asked.division, day))
    if codes is not None:
        statement = statement.where(share.organisation.in_(codes))
    rows = await session.execute(statement)
    return {group: Officers(int(certified), int(on_post)) for group, certified, on_post in rows}


_WHOLE: ColumnElement[str] = literal_column("''")
_DISTRICT = func.coalesce(Division.parent, ActYear.place)


def _place(by: Dimension | None) -> Any:
    """What acts are grouped by: their counts name the smallest division."""
    if by is None:
        return _WHOLE
    return _DISTRICT if by == DISTRICT else ActYear.place


def _key(table: Any, by: Dimension | None, day: date | None = None) -> Any:
    return _WHOLE if by is None else key_of(table, by, day)


async def content_of(session: AsyncSession, asked: Asked) -> dict[str, Any]:
    """All of it as plain data, to be kept or set out: tables, columns, every body and the total."""
    layout, columns_rule = await layout_of(session, asked.year)
    total, _ = await totals(session, asked, layout, None)
    place = asked.division or asked.actor.division or CITY
    names = await division_names(session, [place])
    rows = await all_bodies(session, asked, layout)
    return {
        "year": asked.year,
        "as_of": asked.last(today(session)).isoformat(),
        "division": place,
        "division_name": names.get(place, place),
        "basis": columns_rule.legal_basis,
        "provisional": columns_rule.provisional,
        "tables": [
            {
                "key": table.key,
                "title": table.title,
                "columns": [
                    {
                        "key": column.key,
                        "label": column.label,
                        "under": column.under,
                        "money": column.is_money,
                    }
                    for column in layout.of(table.key)
                ],
                "total": total[table.key],
                "bodies": [
                    {**body._asdict(), "values": tables[table.key]} for body, tables in rows
                ],
            }
            for table in layout.tables
        ],
    }

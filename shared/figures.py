"""Figures: what is counted, of which period, by what, and which list shows the rows behind it.

A `Measure` is data. What happened on a day is counted by the column that dates it; what is (`on` is
None) is counted as it stood at the end of the period, from the kept past (`shared.past`). Each
number comes with the query of a list that shows exactly the rows that were counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    and_,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.clock import SHANGHAI, now
from shared.db import Statements
from shared.law.calendar import end_of
from shared.law.places import CITY, district_of, in_division, smallest_of
from shared.law.tables import Division
from shared.past import past_of
from shared.refusals import Refused
from shared.vocabulary import Term

LONGEST = 3 * 366
"""Days of the longest period."""
MOST_BUCKETS = 400


class Interval(Term):
    DAY = "day", "日"
    WEEK = "week", "周"
    MONTH = "month", "月"
    QUARTER = "quarter", "季度"


# The finest interval for a period of so many days.
_BY_LENGTH = ((31, Interval.DAY), (182, Interval.WEEK), (1 + 2 * 366, Interval.MONTH))


class DimensionNotOfMeasure(Refused):
    """The measure is not grouped by that."""

    code = "dimension-not-of-measure"
    status = 422
    zh = "指标 {measure} 不能按 {by} 分组，可选：{possible}。"
    en = "{measure} is not grouped by {by}; possible are: {possible}."


class PeriodNotMeant(Refused):
    """The period ends before it begins, or is longer than figures are made for."""

    code = "period-not-meant"
    status = 422
    zh = "统计期间 {first} 至 {last} 无效：不得倒置，且不超过 {longest} 天。"
    en = "The period {first} to {last} must not end before it begins, nor exceed {longest} days."


class IntervalTooFine(Refused):
    """The period has more parts than can be looked at."""

    code = "interval-too-fine"
    status = 422
    zh = "按“{interval}”划分共 {buckets} 段，超过 {most} 段，请选择更长的间隔。"
    en = "By {interval} the period has {buckets} parts, more than {most}; take a longer interval."


class PlaceNotOfMeasure(Refused):
    """The measure counts what belongs to persons and not to places."""

    code = "place-not-of-measure"
    status = 422
    zh = "指标 {measure} 不按区划统计。"
    en = "{measure} does not count by division."


@dataclass(frozen=True)
class Dimension:
    """What a measure may be grouped by: a column, which is also the list's filter."""

    key: str
    terms: type[Term] | None = None
    """The labels of the column's values."""


DISTRICT, TOWNSHIP, DIVISION = Dimension("district"), Dimension("township"), Dimension("division")
PLACES = (DISTRICT, TOWNSHIP, DIVISION)
"""By district (the city's own under the city), by township, by the smallest division."""


@dataclass(frozen=True)
class Measure:
    """Something that is counted."""

    key: str
    label: str
    table: Any
    path: str
    """The list that shows the rows, with the parameters named here."""
    permission: str
    """The list's."""
    on: str | None = None
    """The column that dates a row, a day or a moment; None for what is as of the end."""
    days: str | None = None
    """Its filters are `<days>_from` and `<days>_to`; the column's name if left out."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Column (and filter) → the value that counted rows have."""
    where: Callable[[Any, Actor, datetime], ColumnElement[bool]] | None = None
    """What else holds of them at a moment; `filters` is the list's word for it."""
    filters: Mapping[str, str] = field(default_factory=dict)
    by: Sequence[Dimension] = PLACES
    seen: Callable[[Any, Actor], ColumnElement[bool]] | None = None
    """Who sees a row, or of `owner` where rows are seen through another; `visible` if left out."""
    owner: tuple[Any, str, str] | None = None
    """Scoped table that a row is seen through, by its column and the row's."""
    unit: str = "个"

    @property
    def as_of_end(self) -> bool:
        return self.on is None

    @property
    def placed(self) -> bool:
        return DIVISION in self.by

    def dimension(self, key: str) -> Dimension:
        for one in self.by:
            if one.key == key:
                return one
        possible = ", ".join(one.key for one in self.by)
        raise DimensionNotOfMeasure(measure=self.key, by=key, possible=possible)


class Period(NamedTuple):
    """From a legal day to a legal day, both in it."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.first - timedelta(self.length), self.first - timedelta(1))


class Count(NamedTuple):
    """A number, that of the period before, and what shows its rows."""

    value: int
    previous: int
    behind: str


class Bucket(NamedTuple):
    period: Period
    value: int
    behind: str


class Group(NamedTuple):
    key: str
    label: str
    counted: Count


class Figure(NamedTuple):
    total: Count
    trend: list[Bucket]
    groups: list[Group]


def in_days(column: Any, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """The filters `…_from` and `…_to`: a day or moment on these legal days, both counted."""
    day = isinstance(column.type, Date)
    conditions = []
    if first is not None:
        conditions.append(column >= (first if day else end_of(first - timedelta(1))))
    if last is not None:
        conditions.append(column <= last if day else column < end_of(last))
    return conditions


def interval_of(period: Period, asked: Interval | None) -> Interval:
    """The interval asked for, or one that suits the length."""
    if not 1 <= period.length <= LONGEST:
        raise PeriodNotMeant(
            first=period.first.isoformat(), last=period.last.isoformat(), longest=LONGEST
        )
    if asked is None:
        return next((i for most, i in _BY_LENGTH if period.length <= most), Interval.QUARTER)
    if (parts := len(buckets(period, asked))) > MOST_BUCKETS:
        raise IntervalTooFine(interval=asked.value, buckets=parts, most=MOST_BUCKETS)
    return asked


def buckets(period: Period, interval: Interval) -> list[Period]:
    """The days, weeks (from Monday), months or quarters of a period, the outer ones cut to it."""
    found, first = [], period.first
    while first <= period.last:
        last = min(_end(first, interval), period.last)
        found.append(Period(first, last))
        first = last + timedelta(1)
    return found


def _end(day: date, interval: Interval) -> date:
    match interval:
        case Interval.DAY:
            return day
        case Interval.WEEK:
            return day + timedelta(6 - day.weekday())
        case Interval.MONTH:
            month = day.month
        case Interval.QUARTER:
            month = (day.month + 2) // 3 * 3
    return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(1)


async def figure(
    session: Statements,
    actor: Actor,
    measure: Measure,
    period: Period,
    *,
    interval: Interval,
    by: Dimension | None,
    division: str | None,
) -> Figure:
    """The measure for what `actor` sees, in a period."""
    asked = _Asked(session, actor, measure, period, by, division)
    total, groups = await asked.groups()
    trend = await asked.trend(buckets(period, interval))
    return Figure(total, trend, groups)


async def division_names(
    session: AsyncSession | Statements, codes: Iterable[str]
) -> dict[str, str]:
    """The newest name of each division."""
    names = (
        select(Division.code, Division.name)
        .where(Division.code.in_(list(codes)))
        .order_by(Division.valid_from)
    )
    return {row.code: row.name for row in (await session.execute(names)).all()}


def key_of(table: Any, by: Dimension, day: date | None) -> ColumnElement[Any]:
    """What groups rows by one of `PLACES`; with a day by the divisions of that day."""
    if by == DISTRICT:
        return district_of(table, day)
    return table.township if by == TOWNSHIP else smallest_of(table)


def place_filters(division: str | None, by: Dimension | None, group: str | None) -> dict[str, str]:
    """A list's filters for what lies in `division`, and of that in a group by one of `PLACES`."""
    if group is None or len(group) < len(division or ""):
        return {} if division is None else {"division": division}
    # What is the city's or a district's own lies beside what lies in the divisions below.
    whole = len(group) == 9 or (by == DISTRICT and group != CITY)
    return {"division": group} if whole else {"division": group, "direct": "true"}


async def counted(
    session: AsyncSession | Statements,
    actor: Actor,
    measure: Measure,
    period: Period,
    *,
    by: Dimension,
) -> tuple[Count, list[tuple[str, Count]]]:
    """The total and the groups that are not empty, without the trend."""
    total, groups = await _Asked(session, actor, measure, period, by, None).groups()
    return total, [(group.key, group.counted) for group in groups]


@dataclass(frozen=True)
class _Asked:
    session: AsyncSession | Statements
    actor: Actor
    measure: Measure
    period: Period
    by: Dimension | None
    division: str | None

    @property
    def _table(self) -> Any:
        return past_of(self.measure.table) if self.measure.as_of_end else self.measure.table

    @property
    def _owner(self) -> Any:
        return self.measure.owner[0] if self.measure.owner else self._table

    def _counted(self, *columns: Any) -> Select[Any]:
        """The rows that count, whatever their day."""
        measure, table, owner = self.measure, self._table, self._owner
        statement = select(*columns).select_from(table)
        if measure.owner:
            _, theirs, ours = measure.owner
            statement = statement.join(owner, getattr(owner, theirs) == getattr(table, ours))
        statement = statement.where((measure.seen or visible)(owner, self.actor))
        for name, value in measure.only.items():
            statement = statement.where(getattr(table, name) == value)
        if measure.where is not None:
            statement = statement.where(measure.where(table, self.actor, now(self.session)))
        if self.division is not None:
            statement = statement.where(in_division(owner, self.division, self._tree))
        return statement

    @property
    def _tree(self) -> date | None:
        """Of which day the divisions are that things as of the end are found by."""
        return self.period.last if self.measure.as_of_end else None

    def _key(self) -> ColumnElement[Any]:
        if self.by is None:
            return literal_column("NULL")
        if self.by in PLACES:
            return key_of(self._owner, self.by, self._tree)
        return getattr(self._table, self.by.key)  # type: ignore[no-any-return]

    def _number(self, period: Period) -> ColumnElement[int]:
        """How many of the counted rows are of a period."""
        if self.measure.as_of_end:
            since, until = self._table.since, self._table.until
            begun = func.count().filter(since <= period.last)
            return begun - func.count().filter(until <= period.last)
        column = getattr(self._table, str(self.measure.on))
        return func.count().filter(and_(*in_days(column, *period)))

    async def groups(self) -> tuple[Count, list[Group]]:
        """The total, and the groups that are not empty, the largest first."""
        before = self.period.before
        statement = self._counted(
            self._key().label("key"),
            self._number(self.period).label("value"),
            self._number(before).label("previous"),
        ).group_by(literal_column("1"))
        if not self.measure.as_of_end:
            column = getattr(self._table, str(self.measure.on))
            statement = statement.where(*in_days(column, before.first, self.period.last))
        rows = (await self.session.execute(statement)).all()
        total = Count(
            sum(row.value for row in rows),
            sum(row.previous for row in rows),
            self._behind(self.period),
        )
        told = [row for row in rows if row.key is not None and (row.value or row.previous)]
        told.sort(key=lambda row: (-row.value, -row.previous, row.key))
        labels = await self._labels([row.key for row in told])
        return total, [
            Group(
                row.key,
                labels.get(row.key, row.key),
                Count(row.value, row.previous, self._behind(self.period, group=row.key)),
            )
            for row in told
        ]

    async def trend(self, periods: Sequence[Period]) -> list[Bucket]:
        changes: Counter[date] = Counter()
        if self.measure.as_of_end:
            # What began counts from its day on, and what ended no longer from its day on.
            table = self._table
            steps = union_all(
                self._counted(table.since.label("day"), literal_column("1").label("step")),
                self._counted(table.until.label("day"), literal_column("-1").label("step")).where(
                    table.until.is_not(None)
                ),
            ).subquery()
            statement: Select[Any] = select(
                steps.c.day, func.sum(steps.c.step).label("number")
            ).group_by(steps.c.day)
        else:
            column = getattr(self._table, str(self.measure.on))
            day = column
            if isinstance(column.type, DateTime):
                day = cast(func.timezone(SHANGHAI.key, column), Date)
            statement = (
                self._counted(day.label("day"), func.count().label("number"))
                .where(*in_days(column, *self.period))
                .group_by(literal_column("1"))
            )
        for row in (await self.session.execute(statement)).all():
            changes[row.day] += row.number
        return [Bucket(p, self._of(changes, p), self._behind(p)) for p in periods]

    def _of(self, changes: Mapping[date, int], period: Period) -> int:
        first = date.min if self.measure.as_of_end else period.first
        return sum(number for day, number in changes.items() if first <= day <= period.last)

    async def _labels(self, keys: Iterable[str]) -> dict[str, str]:
        if self.by is None:
            return {}
        if self.by.terms is not None:
            return {term.value: term.label for term in self.by.terms}
        return await division_names(self.session, keys) if self.by in PLACES else {}

    def _behind(self, period: Period, *, group: str | None = None) -> str:
        """The list of exactly the rows that were counted."""
        measure = self.measure
        query: dict[str, str] = {**measure.only, **measure.filters}
        if measure.as_of_end:
            query["as_of"] = period.last.isoformat()
        else:
            days = measure.days or measure.on
            query[f"{days}_from"] = period.first.isoformat()
            query[f"{days}_to"] = period.last.isoformat()
        if group is not None and self.by is not None and self.by not in PLACES:
            query[self.by.key] = group
            group = None
        query |= place_filters(self.division, self.by, group)
        return f"{measure.path}?{urlencode(query)}"

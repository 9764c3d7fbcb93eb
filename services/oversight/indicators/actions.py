"""What indicators come to: acts from the sums that the worker keeps, coverage from its dated rows,
the rest as the figures of oversight count it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, and_, column, func, literal_column, or_, select, values

from services.oversight.act_counts.actions import district_of_place, seen, within
from services.oversight.act_counts.tables import ActCount
from services.oversight.coverage_counts.rules import CoverageKind
from services.oversight.coverage_counts.tables import CoverageShare
from services.oversight.figures import MEASURES
from services.oversight.indicators import rules
from services.oversight.indicators.rules import Indicator, Months, Term, Value
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.clock import today
from shared.db import Statements
from shared.figures import DISTRICT, Interval, Period, counted, figure, key_of
from shared.law.places import CITY, in_division
from shared.law.tables import Rule, rule

BOARD_RULE = "indicators.board"
_MEASURES = {measure.key: measure for measure in MEASURES}
WHOLE = ""
"""The key of what is not grouped."""
Numbers = Mapping[str, Mapping[date, int]]
"""By term and month."""


class Asked(NamedTuple):
    """For whom, where, in which months."""

    actor: Actor
    division: str
    months: Months

    def until(self, month: date, now: date) -> date:
        """The last day of a month that there has been."""
        return min(rules.later(month, 1) - timedelta(days=1), now)


class Result(NamedTuple):
    """An indicator in its months; `value` is None where a term is unknown."""

    indicator: Indicator
    value: Value | None
    previous: Value | None
    trend: list[tuple[date, Value]]


async def board_of(session: Statements, last: date | None = None) -> tuple[list[Indicator], Rule]:
    """The indicators by the rule in force at the end of a month, or now."""
    now = today(session)
    on = now if last is None else min(rules.later(last, 1) - timedelta(days=1), now)
    found = await rule(session, BOARD_RULE, on)
    return [Indicator.model_validate(one) for one in found.value["indicators"]], found


async def results(
    session: Statements, asked: Asked, indicators: Sequence[Indicator]
) -> list[Result]:
    """What each came to: in all months, in as many before, and month by month."""
    months, before = asked.months, asked.months.before
    terms = _terms(indicators)
    numbers = await _by_month(session, asked, terms, [*before.each, *months.each])
    found = []
    for indicator in indicators:
        if any(terms[one] is None for one in indicator.terms):
            found.append(Result(indicator, None, None, []))
            continue
        trend = [(month, _value(indicator, terms, numbers, [month])) for month in months.each]
        whole = _value(indicator, terms, numbers, months.each)
        found.append(
            Result(indicator, whole, _value(indicator, terms, numbers, before.each), trend)
        )
    return found


async def by_district(session: Statements, asked: Asked, indicator: Indicator) -> dict[str, Value]:
    """What it came to in each district, the city's own under the city."""
    terms = _terms([indicator])
    if any(one is None for one in terms.values()):
        return {}
    now = today(session)
    first, last = asked.months.first, asked.until(asked.months.last, now)
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(terms, 0))
    for name, one in terms.items():
        assert one is not None
        if one.source == "acts":
            per = await _acts(session, asked, [one], asked.months.each, group=True)
            for key, months in per.items():
                found[key][name] = sum(months[one].values())
        elif one.source == "coverage":
            for key, shares in (await _coverage(session, asked, [last], group=True)).items():
                found[key][name] = shares[last].get((one.of, one.part or ""), 0)
        else:
            _, groups = await counted(
                session, asked.actor, _MEASURES[one.of], Period(first, last), by=DISTRICT
            )
            for key, number in groups:
                found[key][name] = number.value
    inside = {
        key: numbers
        for key, numbers in found.items()
        if asked.division in (CITY, key) or len(asked.division) == 9
    }
    return {key: rules.value_of(indicator, numbers) for key, numbers in sorted(inside.items())}


def _terms(indicators: Iterable[Indicator]) -> dict[str, Term | None]:
    return {
        told: rules.term(told, measures=tuple(_MEASURES))
        for indicator in indicators
        for told in indicator.terms
    }


def _value(
    indicator: Indicator,
    terms: Mapping[str, Term | None],
    numbers: Numbers,
    months: Sequence[date],
) -> Value:
    """What happens is added up over months; what stands is that of the last."""
    return rules.value_of(
        indicator,
        {
            name: numbers[name].get(months[-1], 0)
            if one is not None and one.stands
            else sum(numbers[name].get(month, 0) for month in months)
            for name, one in terms.items()
            if name in indicator.terms
        },
    )


async def _by_month(
    session: Statements, asked: Asked, terms: Mapping[str, Term | None], months: Sequence[date]
) -> Numbers:
    found: dict[str, dict[date, int]] = {}
    now = today(session)
    known = [one for one in terms.values() if one is not None]
    acts = [one for one in known if one.source == "acts"]
    sums = (await _acts(session, asked, acts, months)).get(WHOLE, {}) if acts else {}
    ends = {month: asked.until(month, now) for month in months}
    shares: Mapping[date, Mapping[tuple[str, str], int]] = {}
    if any(one.stands for one in known):
        shares = (await _coverage(session, asked, sorted(set(ends.values())))).get(WHOLE, {})
    for name, one in terms.items():
        if one is None:
            continue
        if one.source == "acts":
            found[name] = dict(sums.get(one, {}))
        elif one.source == "coverage":
            key = one.of, one.part or ""
            found[name] = {month: shares.get(day, {}).get(key, 0) for month, day in ends.items()}
        else:
            counts = await figure(
                session,
                asked.actor,
                _MEASURES[one.of],
                Period(months[0], ends[months[-1]]),
                interval=Interval.MONTH,
                by=None,
                division=asked.division,
            )
            found[name] = {bucket.period.first: bucket.value for bucket in counts.trend}
    return found


async def _acts(
    session: Statements,
    asked: Asked,
    terms: Sequence[Term],
    months: Sequence[date],
    *,
    group: bool = False,
) -> dict[str, dict[Term, dict[date, int]]]:
    """Acts by month; one read of the sums, however many terms."""
    count, day = ActCount, asked.until(months[-1], today(session))
    key: Any = literal_column("''")
    statement = select(
        count.stage, count.kind, count.result, count.month, func.sum(count.acts).label("number")
    )
    if group:
        key, join = district_of_place(count.place, day)
        statement = statement.outerjoin(*join)
    rows = await session.execute(
        statement.add_columns(key.label("key"))
        .where(
            count.stage.in_({one.of for one in terms}),
            count.month.between(months[0], months[-1]),
            within(count.place, asked.division, day),
            seen(count, asked.actor),
        )
        .group_by(count.stage, count.kind, count.result, count.month, literal_column("6"))
    )
    found: dict[str, dict[Term, dict[date, int]]] = defaultdict(
        lambda: {one: defaultdict(int) for one in terms}
    )
    for row in rows.all():
        for one in terms:
            of_kind = one.of == row.stage and one.part in (None, row.kind)
            if of_kind and one.result in (None, row.result):
                found[row.key][one][row.month] += int(row.number)
    return found


async def _coverage(
    session: Statements, asked: Asked, days: Sequence[date], *, group: bool = False
) -> dict[str, dict[date, dict[tuple[str, str], int]]]:
    """Covered, in order and total of each kind at the end of days."""
    share = CoverageShare
    on = values(column("day", Date), name="on_days").data([(day,) for day in days])
    held = and_(share.since <= on.c.day, or_(share.until.is_(None), share.until > on.c.day))
    bodies = and_(share.organisation.is_not(None), in_division(share, asked.division))
    units = share.district == share.unit if group else share.unit == asked.division
    domains = and_(share.kind == CoverageKind.DOMAINS, units)
    key: Any = key_of(share, DISTRICT, days[-1]) if group else literal_column("''")
    rows = await session.execute(
        select(
            on.c.day,
            share.kind,
            func.sum(share.covered).label("covered"),
            func.sum(share.in_order).label("in_order"),
            func.sum(share.total).label("total"),
            key.label("key"),
        )
        .join(share, held)
        .where(or_(bodies, domains), visible(share, asked.actor))
        .group_by(on.c.day, share.kind, literal_column("6"))
    )
    found: dict[str, dict[date, dict[tuple[str, str], int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row in rows.all():
        found[row.key][row.day] |= {
            (row.kind, "covered"): int(row.covered),
            (row.kind, "in_order"): int(row.in_order),
            (row.kind, "total"): int(row.total),
        }
    return found

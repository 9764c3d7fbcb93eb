"""The days, the dated rules and the divisions as every service's own database has them.

Days and rules are read from memory and are at most `FRESH_FOR` seconds old in every replica;
a division is one indexed query.
"""

import time
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import chinese_calendar
from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    Index,
    Table,
    Text,
    and_,
    bindparam,
    event,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.pool import Pool

from shared.clock import today
from shared.db import EveryService, Statements, found_before, new_id
from shared.law.calendar import Calendar, Day, Deadline
from shared.law.divisions import DivisionRecord, DivisionUnknown, Level, Scope, expired
from shared.refusals import Refused

FRESH_FOR = 2.0
"""Seconds after which a replica looks whether days or rules have changed."""

RULES = Path(__file__).parent / "data" / "rules"

# Where a day comes from when nobody imported it; anything else in `source` names a document.
PUBLISHED, WEEKDAY_RULE = "chinesecalendar", "weekday-rule"
CALENDAR_CHANGED = "calendar.changed"
"""The timer that a service has if it counts its running deadlines anew when days change."""
FIRST_COUNTED = UUID(int=0)
LAST_PROVISIONAL_DAY = date(2030, 12, 31)


class CalendarDay(EveryService):
    """Whether a day is a working day, and who says so."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    workday: Mapped[bool]
    name: Mapped[str | None]
    """The holiday that the day belongs to, or makes up for."""
    provisional: Mapped[bool]
    """Only the weekday is known: the State Council has not announced that year yet."""
    source: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    """Grows with every change; the newest one is the calendar's revision."""


class RuleSet(EveryService):
    """A rule of law from a day on: a value, its legal basis, and whether it is provisional."""

    __tablename__ = "rule_set"
    __table_args__ = (
        CheckConstraint("effective_to > effective_from", name="period"),
        Index("uq_rule_set_code_effective_from", "code", "effective_from", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    """The first day on which it is no longer the rule."""
    legal_basis: Mapped[str]
    provisional: Mapped[bool]
    """Taken until the text that settles it has been seen."""
    value: Mapped[dict[str, Any]]


class Division(EveryService):
    """What a division was called and belonged to, from a day to a day (`law.divisions`)."""

    __tablename__ = "division"
    __table_args__ = (
        CheckConstraint("level in ('city', 'district', 'township')", name="level"),
        CheckConstraint("valid_to > valid_from", name="period"),
        # A code has one record that is still open: two moves at once cannot both win.
        Index("uq_division_open", "code", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("ix_division_parent", "parent", "code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent: Mapped[str | None]
    valid_to: Mapped[date | None]
    """The first day on which the record is no longer true."""
    successor: Mapped[str | None]
    alias: Mapped[str | None]


_days: Table = CalendarDay.__table__  # type: ignore[assignment]
_rules: Table = RuleSet.__table__  # type: ignore[assignment]
_divisions: Table = Division.__table__  # type: ignore[assignment]

T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    until: float
    revision: datetime | None
    value: T


class _Memory(Generic[T]):
    """What was read last, one value a connection pool (a process may have several databases)."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Pool, _Kept[T]] = WeakKeyDictionary()

    def of(self, session: AsyncSession | Statements) -> _Kept[T] | None:
        # A session that changed the law itself sees its own changes, and nobody else does yet.
        if session.info.get("changed_law"):
            return None
        return self._kept.get(session.get_bind().engine.pool)

    def keep(
        self, session: AsyncSession | Statements, value: T, revision: datetime | None = None
    ) -> T:
        if not session.info.get("changed_law"):
            kept = _Kept(time.monotonic() + FRESH_FOR, revision, value)
            self._kept[session.get_bind().engine.pool] = kept
        return value

    def forget(self) -> None:
        self._kept.clear()


_calendars: _Memory[Calendar] = _Memory()
_rule_books: _Memory[dict[str, list["Rule"]]] = _Memory()


def forget() -> None:
    """Read days and rules anew at the next use: for what changes the tables behind our back."""
    _calendars.forget()
    _rule_books.forget()


# ---------------------------------------------------------------- days

_REVISION = select(func.max(CalendarDay.changed_at))
_DAYS = select(CalendarDay.day, CalendarDay.workday, CalendarDay.provisional)


async def calendar_of(session: AsyncSession | Statements) -> Calendar:
    """The official calendar as this service knows it."""
    kept = _calendars.of(session)
    if kept is not None and time.monotonic() < kept.until:
        return kept.value
    # The revision first: days that change between the two reads are then read again, not missed.
    revision = (await session.execute(_REVISION)).scalar_one()
    if kept is not None and kept.revision == revision:
        return _calendars.keep(session, kept.value, revision)
    days = await session.execute(_DAYS)
    return _calendars.keep(session, Calendar(Day(*day) for day in days), revision)


_DayRow = tuple[date, bool, str | None, bool, str]


class AnnouncedDay(NamedTuple):
    """A day as an announcement says it: `AnnouncedDay(date(2027, 1, 1), False, "元旦")`."""

    day: date
    workday: bool
    name: str | None = None


async def import_days(
    session: AsyncSession,
    days: Sequence[AnnouncedDay],
    *,
    source: str,
    whole_years: Collection[int] = (),
) -> int:
    """Take over announced days; `source` names the announcement. Returns how many changed.

    The other days of `whole_years` follow their weekday for good, where nothing better is known.
    What is imported is never overwritten by `seed_calendar`.
    """
    if source in {PUBLISHED, WEEKDAY_RULE}:
        raise ValueError(f"{source} is not the name of an announcement")
    told = {day.day for day in days}
    if len(told) < len(days):
        raise ValueError("the announcement names a day twice")
    rest = [
        (day, day.weekday() < 5, None, False, source)
        for year in sorted(whole_years)
        for day in _each(date(year, 1, 1), date(year, 12, 31))
        if day not in told
    ]
    announced = [(day.day, day.workday, day.name, False, source) for day in days]
    changed = await _upsert_days(session, announced, lambda old, new: true())
    return changed + await _upsert_days(session, rest, lambda old, new: old.source == WEEKDAY_RULE)


async def seed_calendar(session: AsyncSession) -> int:
    """Fill the calendar from chinesecalendar, then by weekday to the end of 2030; idempotent.

    A newer chinesecalendar replaces provisional days and corrects its own, an older one nothing;
    imported days stay as they are. Returns how many days changed.
    """
    published = chinese_calendar.constants.holidays
    first, last = date(min(published).year, 1, 1), date(max(published).year, 12, 31)
    labels = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    rows: list[_DayRow] = []
    for day in _each(first, last):
        holiday, name = chinese_calendar.get_holiday_detail(day)
        rows.append((day, not holiday, labels.get(name), False, PUBLISHED))
    rows += [
        (day, day.weekday() < 5, None, True, WEEKDAY_RULE)
        for day in _each(last + timedelta(days=1), LAST_PROVISIONAL_DAY)
    ]
    return await _upsert_days(
        session,
        rows,
        lambda old, new: or_(
            old.source == WEEKDAY_RULE, and_(old.source == PUBLISHED, new.source == PUBLISHED)
        ),
    )


async def _upsert_days(
    session: AsyncSession,
    rows: Sequence[_DayRow],
    replaces: Callable[[Any, Any], ColumnElement[bool]],
) -> int:
    if not rows:
        return 0
    # Writers one after the other (readers go on), so that `changed_at` grows with every commit.
    await session.execute(text("LOCK TABLE calendar_day IN SHARE ROW EXCLUSIVE MODE"))
    session.info["changed_law"] = True
    newest = (await session.execute(_REVISION)).scalar_one() or datetime.min.replace(tzinfo=UTC)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    types: dict[str, Any] = {
        "day": Date(),
        "workday": Boolean(),
        "name": Text(),
        "provisional": Boolean(),
        "source": Text(),
    }
    values = [
        func.unnest(bindparam(f"{name}s", list(column), ARRAY(kind)))
        for (name, kind), column in zip(types.items(), zip(*rows, strict=True), strict=True)
    ]
    changed_at = literal(max(now, newest + timedelta.resolution), _days.c.changed_at.type)
    statement = insert(_days).from_select([*types, "changed_at"], select(*values, changed_at))
    old, new = _days.c, statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[old.day],
        set_={name: new[name] for name in [*types, "changed_at"] if name != "day"},
        where=and_(
            replaces(old, new),
            tuple_(*(old[name] for name in types)).is_distinct_from(
                tuple_(*(new[name] for name in types))
            ),
        ),
    )
    return len((await session.execute(statement.returning(old.day))).all())


def _each(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


# ---------------------------------------------------------------- rules


_ALL_RULES = select(*_rules.columns).order_by(RuleSet.code, RuleSet.effective_from.desc())


class NoRuleInForce(Refused):
    """No rule of that code was in force on that day."""

    code = "rule-not-in-force"
    status = 422
    zh = "{on} 没有生效的规则“{rule}”。"
    en = "No rule {rule} is in force on {on}."


class Rule(BaseModel):
    """A rule in force: its value and what it rests on."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    code: str
    effective_from: date
    effective_to: date | None
    legal_basis: str
    provisional: bool
    value: dict[str, Any]

    def deadline(self, key: str | None = None) -> Deadline:
        """The value as a `Deadline`, or its part `key` (a level, say)."""
        return Deadline.model_validate(self.value if key is None else self.value[key])


async def rule(session: AsyncSession | Statements, code: str, on: date | None = None) -> Rule:
    """The rule in force on a day (today by the service's clock), or `NoRuleInForce`."""
    on = on or today(session)
    kept = _rule_books.of(session)
    if kept is not None and time.monotonic() < kept.until:
        book = kept.value
    else:
        book = {}
        for row in await session.execute(_ALL_RULES):
            book.setdefault(row.code, []).append(Rule.model_validate(row))
        _rule_books.keep(session, book)
    for known in book.get(code, ()):
        if known.effective_from <= on:
            if known.effective_to is not None and known.effective_to <= on:
                break
            return known
    raise NoRuleInForce(rule=code, on=on.isoformat())


async def seed_rules(session: AsyncSession) -> int:
    """Add the rules of `data/rules` that are not there yet; returns how many.

    What is there stays as it is: a corrected rule is a new one from a later day.
    """
    files = sorted(RULES.glob("*.toml"))
    told = [row for file in files for row in tomllib.loads(file.read_text("utf-8"))["rule"]]
    rows = [
        {
            "id": new_id(),
            "code": row["code"],
            "effective_from": row["effective_from"],
            "effective_to": row.get("effective_to"),
            "legal_basis": row["legal_basis"],
            "provisional": row["provisional"],
            "value": row["value"],
        }
        for row in told
    ]
    session.info["changed_law"] = True
    statement = insert(_rules).values(rows).on_conflict_do_nothing()
    return len((await session.execute(statement.returning(_rules.c.id))).all())


async def upsert_rule(session: AsyncSession, told: Rule) -> None:
    """Take over a rule as it was enacted; idempotent, and in any order.

    What was told of a rule first is told of it ever after, but for its end, which only comes
    nearer: an older fact that arrives late does not open again what has been closed.
    """
    session.info["changed_law"] = True
    values = told.model_dump()
    statement = insert(_rules).values(id=new_id(), **values)
    new = statement.excluded
    replaced = {name: new[name] for name in ("legal_basis", "provisional", "value")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[_rules.c.code, _rules.c.effective_from],
            set_={
                **replaced,
                "effective_to": func.least(_rules.c.effective_to, new.effective_to),
            },
        )
    )
    # Other replicas see it within `FRESH_FOR`, this one at once.
    event.listen(session.sync_session, "after_commit", lambda _: forget(), once=True)


# ---------------------------------------------------------------- divisions

_parent = aliased(Division)
_SCOPE = (
    select(
        Division.level,
        Division.parent,
        Division.valid_to,
        Division.successor,
        _parent.parent.label("grandparent"),
    )
    .outerjoin(
        _parent,
        and_(
            _parent.code == Division.parent,
            _parent.valid_from <= bindparam("on"),
            or_(_parent.valid_to.is_(None), _parent.valid_to > bindparam("on")),
        ),
    )
    .where(Division.code == bindparam("code"), Division.valid_from <= bindparam("on"))
    .order_by(Division.valid_from.desc())
    .limit(1)
)


async def scope_of(session: AsyncSession | Statements, code: str, on: date | None = None) -> Scope:
    """Where a division belongs on a day (today by the service's clock).

    Refuses with `DivisionUnknown` or `DivisionExpired`. The transaction that asks holds off a move
    of the township until it ends (`law.reactions.move_division`).
    """
    on = on or today(session)
    kept = found_before(session) if isinstance(session, AsyncSession) else {}
    if (found := kept.get((scope_of, code, on))) is None:
        found = kept[scope_of, code, on] = await _scope_of(session, code, on)
    scope: Scope = found
    return scope


async def _scope_of(session: AsyncSession | Statements, code: str, on: date) -> Scope:
    row = (await session.execute(_SCOPE, {"code": code, "on": on})).one_or_none()
    if row is None:
        raise DivisionUnknown(division=code, on=on.isoformat())
    if row.valid_to is not None and row.valid_to <= on:
        raise expired(code, ended=row.valid_to, successor=row.successor)
    match row.level:
        case Level.CITY:
            return Scope(city=code)
        case Level.DISTRICT:
            return Scope(city=row.parent, district=code)
        case _:
            if row.grandparent is None:
                raise DivisionUnknown(division=row.parent, on=on.isoformat())
            return Scope(city=row.grandparent, district=row.parent, township=code)


async def upsert_divisions(session: AsyncSession, records: Iterable[DivisionRecord]) -> int:
    """Take over records as they are; returns how many were new or different."""
    found_before(session).clear()
    rows = [r.model_dump() for r in sorted(records, key=lambda r: (r.code, r.valid_from))]
    changed = 0
    for start in range(0, len(rows), 500):
        statement = insert(_divisions).values(rows[start : start + 500])
        new = statement.excluded
        told = [c.name for c in _divisions.columns if not c.primary_key]
        statement = statement.on_conflict_do_update(
            index_elements=[_divisions.c.code, _divisions.c.valid_from],
            set_={c: new[c] for c in told},
            where=tuple_(*(_divisions.c[c] for c in told)).is_distinct_from(
                tuple_(*(new[c] for c in told))
            ),
        )
        changed += len((await session.execute(statement.returning(_divisions.c.code))).all())
    return changed

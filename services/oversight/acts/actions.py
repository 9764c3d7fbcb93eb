"""Taking acts in, a chunk at a time: merged, settled, written, counted and told of in one
transaction."""

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    LargeBinary,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from services.oversight.act_counts import actions as counts
from services.oversight.act_references.actions import look_up
from services.oversight.act_reviews import actions as act_reviews
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts import rules
from services.oversight.acts.rules import ActTooOld, Changed, RecordOutcome, Told
from services.oversight.acts.schemas import ActsQuery, ChangesQuery
from services.oversight.acts.tables import Act, ActChange, ActKey
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import legal_day, now, today
from shared.db import copy_columns, copy_line, copy_lines
from shared.law.calendar import end_of
from shared.law.places import in_division
from shared.law.tables import rule
from shared.refusals import NotFound, Refused
from shared.timers import Timer, schedule
from shared.web.paging import paginate

KEPT = "act.retention"
"""The rule that says from which day on acts are kept, and for how many months."""

UPKEEP = "act.upkeep"
"""The timer that makes months ahead and drops those that need not be kept; one for all of them."""
ALL = UUID(int=0)
AHEAD = 2
"""Months that are there before they begin."""

Watcher = Callable[[AsyncSession, Sequence[Changed]], Awaitable[None]]
WATCHERS: Sequence[Watcher] = (act_reviews.on_acts,)
"""What is to be done whenever acts have changed: called once a chunk, in its transaction, with all
of them before and after (`Changed`)."""


class Taken(NamedTuple):
    """What became of a record."""

    told: Told
    outcome: RecordOutcome
    act_id: UUID | None
    state: str | None
    refused: Refused | None


_acts: Table = Act.__table__  # type: ignore[assignment]
_COLUMNS = [column.name for column in _acts.columns]
_WHY = "intake is the system's own: an act is found by its source's number, whoever may see it"
_FOUND = (
    select(_acts)
    .join(ActKey, ActKey.act_id == _acts.c.id)
    .where(
        ActKey.source_id == bindparam("source"),
        ActKey.external_id == func.any(cast(bindparam("numbers"), ARRAY(Text))),
        unscoped(Act, reason=_WHY),
    )
)


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...]) -> Update:
    """One statement however many acts changed, of these columns."""
    told = func.jsonb_populate_recordset(
        literal_column("NULL::act"), cast(bindparam("acts", type_=Text), JSONB)
    ).table_valued(*(column(name, _acts.c[name].type) for name in ("id", *names)), name="told")
    return (
        update(_acts)
        .values({_acts.c[name]: told.c[name] for name in names})
        .where(_acts.c.id == told.c.id)
    )


async def take(
    session: AsyncSession,
    source: ActSource,
    records: Sequence[Told],
    *,
    batch_id: UUID,
    backfill: bool,
    dry_run: bool = False,
) -> list[Taken]:
    """Take over what a source told, in its order; what is wrong with a record is its own matter.

    The caller holds the lock of the source, so that nobody else writes its acts meanwhile.
    """
    await hold_divisions(session)
    first = await _first_day(session)
    moment = now(session)
    old = await _acts_of(session, source.id, [record.external_id for record in records])
    known = await look_up(session, [*old.values(), *(record.fields for record in records)])
    merged: dict[str, Changed] = {}
    taken: list[tuple[Told, list[str], Refused | None]] = []
    for record in records:
        number = record.external_id
        stored, change = old.get(number), merged.get(number)
        before = change.new if change else stored
        try:
            act, fields = rules.merge(before, record)
            earlier = stored is None or before is None or act["began_at"] < before["began_at"]
            if earlier and legal_day(act["began_at"]) < first:
                raise ActTooOld(first=first.isoformat())
            if before is None or fields:
                known.settle(act, source)
        except Refused as refused:
            taken.append((record, [], refused))
            continue
        if before is None or act["told"] is not before["told"]:
            all_fields = list(dict.fromkeys([*(change.fields if change else ()), *fields]))
            reason = change.reason if change else None
            if fields:
                reason = record.reason or reason
            merged[number] = Changed(stored, act, all_fields, reason)
        taken.append((record, fields, None))
    for number, change in merged.items():
        _stamp(change, source, number, batch_id, moment, backfill=backfill)
    if not dry_run:
        await write(session, list(merged.values()), batch_id=batch_id)
    fresh = {number for number, change in merged.items() if change.old is None}
    return [
        _result(record, fields, refused, merged, fresh, old) for record, fields, refused in taken
    ]


def _result(
    record: Told,
    fields: list[str],
    refused: Refused | None,
    merged: Mapping[str, Changed],
    fresh: set[str],
    old: Mapping[str, Mapping[str, Any]],
) -> Taken:
    number = record.external_id
    if refused is not None:
        there = old.get(number)
        return Taken(record, RecordOutcome.REFUSED, there["id"] if there else None, None, refused)
    act = merged[number].new if number in merged else old[number]
    if number in fresh:
        fresh.discard(number)  # the first record of it; those behind it update
        return Taken(record, RecordOutcome.ACCEPTED, act["id"], act["state"], None)
    outcome = RecordOutcome.UPDATED if fields else RecordOutcome.UNCHANGED
    return Taken(record, outcome, act["id"], act["state"], None)


def _stamp(
    change: Changed,
    source: ActSource,
    number: str,
    batch_id: UUID,
    moment: datetime,
    *,
    backfill: bool,
) -> None:
    act = change.new
    if change.old is None:
        act.update(
            id=act_id(act["began_at"]),
            source_id=source.id,
            external_id=number,
            backfill=backfill,
            received_at=moment,
            changed_at=moment,
            batch_id=batch_id,
            version=1,
        )
    elif change.fields:
        act.update(version=change.old["version"] + 1, changed_at=moment, batch_id=batch_id)


def act_id(began_at: datetime) -> UUID:
    """A UUIDv7 whose time is that of the act: acts sort, and are partitioned, by it."""
    tail = int.from_bytes(os.urandom(10)) & ~(0xF << 76 | 0x3 << 62) | 7 << 76 | 2 << 62
    return UUID(int=int(began_at.timestamp() * 1000) << 80 | tail)


async def write(
    session: AsyncSession, changes: Sequence[Changed], *, batch_id: UUID | None
) -> None:
    """Write acts that changed, what changed in them and what that adds to the statistics; then
    tell who watches. A handful of statements, however many acts."""
    new = [change.new for change in changes if change.old is None]
    if new:
        await _months_of(session, {act["began_at"] for act in new})
        columns, lines = _lines(new)
        await copy_lines(session, Act, columns, lines)
        keys = ((act["source_id"], act["external_id"], act["id"]) for act in new)
        await copy_lines(
            session, ActKey, ("source_id", "external_id", "act_id"), map(copy_line, keys)
        )
    there = [change for change in changes if change.old is not None]
    if there:
        names = _differing(there)
        acts = _as_json([change.new for change in there], names)
        await session.execute(_change(names), {"acts": acts})
    if different := [change for change in there if change.fields]:
        await copy_lines(
            session,
            ActChange,
            ("act_id", "version", "batch_id", "changed_at", "reason", "before", "after"),
            (_change_line(change, batch_id) for change in different),
        )
    if seen := [change for change in changes if change.old is None or change.fields]:
        await counts.add(session, seen)
        for watcher in WATCHERS:
            await watcher(session, seen)


async def _first_day(session: AsyncSession) -> date:
    """The first day whose acts are kept."""
    kept = (await rule(session, KEPT)).value
    first = date.fromisoformat(kept["from"])
    if (months := kept.get("months")) is not None:
        first = max(first, _months_later(today(session).replace(day=1), -months))
    return first


async def _acts_of(
    session: AsyncSession, source_id: UUID, numbers: Sequence[str]
) -> dict[str, dict[str, Any]]:
    found = await session.execute(_FOUND, {"source": source_id, "numbers": list(numbers)})
    return {row["external_id"]: dict(row) for row in found.mappings()}


async def _months_of(session: AsyncSession, moments: Iterable[datetime]) -> None:
    """Partitions are made ahead by a timer; this is for an installation whose timer slept."""
    months = {moment.astimezone(UTC).date().replace(day=1) for moment in moments}
    await make_months(session, months)


async def make_months(session: AsyncSession, months: Iterable[date]) -> None:
    """Make the partitions of months (UTC) that are not there; the owner's function, for the
    application may make no tables."""
    await session.execute(_MAKE, {"months": sorted(months)})


async def watch(session: AsyncSession) -> None:
    """Have months made ahead and dropped behind, from the first source on."""
    known = select(Timer.id).where(Timer.kind == UPKEEP, Timer.ref == ALL)
    if await session.scalar(known) is None:
        await schedule(session, UPKEEP, ALL, now(session))


async def keep_up(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the months to come are there before their first act, and those that need not be
    kept are dropped whole, as the rule in force says. What they were counted as stays."""
    month = today(session).replace(day=1)
    ahead = [month, *(_months_later(month, n) for n in range(1, AHEAD + 1))]
    await make_months(session, ahead)
    if (await rule(session, KEPT)).value.get("months") is not None:
        await session.execute(text("SET LOCAL statement_timeout = '10min'"))
        await session.execute(_DROP, {"before": await _first_day(session)})
    await schedule(session, UPKEEP, ref, now(session) + timedelta(days=1))


def _months_later(month: date, count: int) -> date:
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


_DROP = text("SELECT drop_act_months(CAST(:before AS date))")
_MAKE = text("SELECT make_act_months(CAST(:months AS date[]))")

_NULLABLE = frozenset(column.name for column in _acts.columns if column.nullable)
_BYTES = frozenset(column.name for column in _acts.columns if isinstance(column.type, LargeBinary))
_LISTS = frozenset(column.name for column in _acts.columns if isinstance(column.type, JSONB))


def _lines(acts: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """The columns that any of these acts fills, and the acts as COPY reads them."""
    every = zip(*map(itemgetter(*_COLUMNS), acts), strict=True)
    filled = {
        name: values
        for name, values in zip(_COLUMNS, every, strict=True)
        if name not in _NULLABLE or any(value is not None for value in values)
    }
    for name in _LISTS & filled.keys():
        filled[name] = tuple(None if value is None else _json(value) for value in filled[name])
    return list(filled), copy_columns(filled.values())


def _json(value: Any) -> str:
    return to_json(value).decode() if value else "{}" if isinstance(value, dict) else "[]"


def _differing(changes: Sequence[Changed]) -> tuple[str, ...]:
    """The columns in which any of these acts differs from what it was."""
    names: set[str] = set()
    for change in changes:
        old, new = change.old, change.new
        assert old is not None
        names.update(name for name in _COLUMNS if new[name] is not old[name])
    return tuple(name for name in _COLUMNS if name in names)


def _as_json(acts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """These columns of acts, and their ids, as `jsonb_populate_recordset` reads them."""
    told, read = ("id", *names), itemgetter("id", *names)
    rows = [dict(zip(told, read(act), strict=True)) for act in acts]
    for name in _BYTES.intersection(names):
        for row in rows:
            row[name] = _written(row[name])
    return to_json(rows).decode()


def _written(value: Any) -> Any:
    match value:
        case bytes():
            return "\\x" + value.hex()
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


# Of the party, history says that it was changed, not from what to what.
_UNSAID = frozenset(
    {"party_sealed", "party_digest", "party_key", "told", "changed_at", "batch_id", "version"}
)
_SAID = tuple(name for name in _COLUMNS if name not in _UNSAID)
_said = itemgetter(*_SAID)


def _change_line(change: Changed, batch_id: UUID | None) -> str:
    old, new = change.old, change.new
    assert old is not None
    both = zip(_SAID, _said(old), _said(new), strict=True)
    names = [name for name, was, is_ in both if was is not is_ and was != is_]
    before, after = (_json({name: _written(act[name]) for name in names}) for act in (old, new))
    return copy_line(
        (new["id"], new["version"], batch_id, new["changed_at"], change.reason, before, after)
    )


# ---------------------------------------------------------------- reading


async def page(
    session: AsyncSession, actor: Actor, query: ActsQuery
) -> tuple[list[tuple[Act, str | None]], str | None, int | None]:
    """Acts that the caller may see with the names of their subjects, one page of them."""
    statement = _shown(actor)
    for name in _EQUAL:
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(Act, name) == value)
    if query.stage is not None:
        at = getattr(Act, f"{query.stage}_at")
        statement = _between(statement.where(at.is_not(None)), at, query.stage_from, query.stage_to)
    statement = _between(statement, Act.began_at, query.began_from, query.began_to)
    if query.external_id is not None:
        numbered = select(ActKey.act_id).where(ActKey.external_id == query.external_id)
        if query.source_id is not None:
            numbered = numbered.where(ActKey.source_id == query.source_id)
        statement = statement.where(Act.id.in_(numbered))
    if query.certificate_no is not None:
        statement = statement.where(Act.certificate_nos.contains([query.certificate_no]))
    if query.unresolved is not None:
        waits = Act.awaiting != cast([], ARRAY(Text))
        statement = statement.where(waits if query.unresolved else not_(waits))
    if query.division is not None:
        statement = statement.where(in_division(Act, query.division, direct=query.direct))
    if query.q is not None:
        statement = statement.where(Act.title.icontains(query.q, autoescape=True))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": Act.id}, id=Act.id, paging=query
    )
    return [(row[0], row[1]) for row in rows], cursor, count


async def one(session: AsyncSession, actor: Actor, id: UUID) -> tuple[Act, str | None]:
    """A visible act and the name of its subject, or `NotFound`."""
    row = (await session.execute(_shown(actor).where(Act.id == id))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def changes_of(
    session: AsyncSession, actor: Actor, id: UUID, query: ChangesQuery
) -> tuple[list[ActChange], str | None, int | None]:
    """What was changed in a visible act since it was first told of."""
    act = await load(session, Act, id, actor)
    version = ActChange.version
    rows, cursor, count = await paginate(
        session,
        select(version.label("id"), version.label("version"), ActChange).where(
            ActChange.act_id == act.id
        ),
        sort=query.sort,
        columns={"version": version},
        id=version,
        paging=query,
    )
    return [row[2] for row in rows], cursor, count


_EQUAL = ("kind", "state", "subject_id", "organisation", "item_code", "source_id", "result")


def _shown(actor: Actor) -> Select[*tuple[Any, ...]]:
    name = (
        select(SubjectView.name)
        .where(
            SubjectView.id == Act.subject_id,
            unscoped(SubjectView, reason="who sees an act sees whose it is"),
        )
        .scalar_subquery()
    )
    return select(Act, name).where(visible(Act, actor))


def _between(statement: Any, moment: Any, first: date | None, last: date | None) -> Any:
    if first is not None:
        statement = statement.where(moment >= end_of(first - timedelta(days=1)))
    if last is not None:
        statement = statement.where(moment < end_of(last))
    return statement

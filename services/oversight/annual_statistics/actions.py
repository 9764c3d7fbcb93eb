"""The verbs of annual statistics: compile, confirm, publish; and who owes them."""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.annual_statistics import rules
from services.oversight.annual_statistics.rules import LIFECYCLE, AnnualStatisticsState
from services.oversight.annual_statistics.schemas import (
    AnnualStatisticsQuery,
    CompileRequest,
    PublicStatisticsQuery,
    ReturnStatisticsRequest,
)
from services.oversight.annual_statistics.tables import AnnualStatistics
from services.oversight.permissions import NotInCharge, oversees
from services.oversight.statistics.actions import Asked, content_of
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, published, unscoped, visible
from shared.clock import legal_day, now, today
from shared.db import Scope
from shared.events.oversight.annual_statistics import (
    AnnualStatisticsCompiled,
    AnnualStatisticsConfirmed,
    AnnualStatisticsDue,
    AnnualStatisticsFact,
    AnnualStatisticsPublished,
    AnnualStatisticsReturned,
)
from shared.facts import publish as tell
from shared.figures import division_names
from shared.law.calendar import end_of
from shared.law.divisions import DivisionUnknown
from shared.law.places import CITY, in_division
from shared.law.tables import rule, scope_of
from shared.refusals import NotFound
from shared.timers import Timer, schedule
from shared.web.paging import paginate

DUE, PUBLICATION = "annual_statistics.due", "statistics.publication"
"""The timer that asks who owes last year's statistics, and the rule that says until when."""
ALL = UUID(int=0)
_table = AnnualStatistics
_WHY = "one edition of a division and year is published at a time, whoever asks"


def in_charge(actor: Actor, row: AnnualStatistics) -> bool:
    """The legal office of the division, or of one above it."""
    return oversees(actor, row.division, row.scope)


async def draw_up(session: AsyncSession, actor: Actor, request: CompileRequest) -> AnnualStatistics:
    """Freeze the statistics of a year that is over, for confirmation."""
    scope = await scope_of(session, request.division)
    if not oversees(actor, request.division, scope):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    before = await _published(session, request.division, request.year)
    rules.may_compile(
        request.year, today=today(session), published=before is not None, note=request.note
    )
    row = AnnualStatistics(
        division=request.division,
        year=request.year,
        edition=1 if before is None else before.edition + 1,
        state=LIFECYCLE.initial,
        note=request.note,
        due_on=await _due_on(session, request.year),
        district=scope.district,
        township=scope.township,
        parties=[],
    )
    await _freeze(session, actor, row)
    session.add(row)
    return await _done(session, row, AnnualStatisticsCompiled)


async def recompile(session: AsyncSession, actor: Actor, id: UUID) -> AnnualStatistics:
    """Count anew what has not been confirmed."""
    row = await _step(session, actor, id, "recompile")
    await _freeze(session, actor, row)
    return await _done(session, row, AnnualStatisticsCompiled)


async def confirm(session: AsyncSession, actor: Actor, id: UUID) -> AnnualStatistics:
    """Another person than the compiler has checked them."""
    row = await _step(session, actor, id, "confirm")
    row.confirmed_by, row.confirmed_at = actor.sub, now(session)
    return await _done(session, row, AnnualStatisticsConfirmed)


async def return_(
    session: AsyncSession, actor: Actor, id: UUID, request: ReturnStatisticsRequest
) -> AnnualStatistics:
    """They are to be compiled anew."""
    row = await _step(session, actor, id, "return")
    row.reason, row.confirmed_by, row.confirmed_at = request.reason, None, None
    return await _done(session, row, AnnualStatisticsReturned, compiled_by=row.compiled_by)


async def publish(session: AsyncSession, actor: Actor, id: UUID) -> AnnualStatistics:
    """For everybody; the edition that was published before holds no longer."""
    row = await load(session, AnnualStatistics, id, actor, lock=True)
    before = await _published(session, row.division, row.year)
    state = _next(actor, row, "publish")
    if before is not None:  # one is published at a time: the one before gives way first
        before.state = LIFECYCLE.next("supersede", before.state)
        before.updated_at = now(session)
        await session.flush()
    row.state, row.published_by, row.published_on = state, actor.sub, today(session)
    return await _done(
        session,
        row,
        AnnualStatisticsPublished,
        published_on=row.published_on,
        corrects=before.id if before is not None else None,
    )


async def page(
    session: AsyncSession, actor: Actor, query: AnnualStatisticsQuery
) -> tuple[list[AnnualStatistics], str | None, int | None]:
    """Those that the caller may see, one page of them."""
    statement = select(_table).where(visible(_table, actor))
    for name in ("state", "year"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(_table, name) == value)
    if query.division is not None:
        place = in_division(_table, query.division, direct=query.direct)
        statement = statement.where(place)
    return await _paged(session, statement, query)


async def public_page(
    session: AsyncSession, query: PublicStatisticsQuery
) -> tuple[list[AnnualStatistics], str | None, int | None]:
    """Those that are published, one page of them."""
    statement = select(_table).where(_is_published())
    for name in ("year", "division"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(_table, name) == value)
    return await _paged(session, statement, query)


async def public_one(session: AsyncSession, id: UUID) -> AnnualStatistics:
    """A published one, or `NotFound`."""
    row = await session.scalar(select(_table).where(_table.id == id, _is_published()))
    if row is None:
        raise NotFound
    return row


async def install(session: AsyncSession) -> None:
    """Have the timer look who owes last year's statistics, unless it waits already."""
    waits = select(Timer.id).where(Timer.kind == DUE, Timer.ref == ALL)
    if await session.scalar(waits) is None:
        await schedule(session, DUE, ALL, now(session))


async def look_who_owes(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: some days before the last day, and when it is over, districts and the city that
    have bodies and have not published are told of; then it waits for the next such day."""
    on = legal_day(due_at)  # the day that was waited for, however late it is
    year = on.year - 1
    last = await _due_on(session, year)
    remind = last - timedelta(days=int((await rule(session, PUBLICATION)).value["remind_days"]))
    if on in (remind, last + timedelta(days=1)):
        await _tell_of_owing(session, year, last, overdue=on > last)
    coming = [day for day in (remind, last + timedelta(days=1)) if day > on]
    if not coming:
        following = await _due_on(session, year + 1)
        coming = [following - (last - remind)]
    await schedule(session, DUE, ref, end_of(coming[0] - timedelta(days=1)))


async def _tell_of_owing(session: AsyncSession, year: int, due_on: date, *, overdue: bool) -> None:
    bodies = SubjectView
    owing = {
        district or CITY
        for district in await session.scalars(
            select(bodies.district)
            .where(bodies.state == "published", unscoped(bodies, reason=_WHY))
            .distinct()
        )
    }
    done = await session.scalars(
        select(_table.division).where(
            _table.year == year,
            _table.state == AnnualStatisticsState.PUBLISHED,
            unscoped(_table, reason=_WHY),
        )
    )
    owing -= set(done)
    names = await division_names(session, owing)
    for division in sorted(owing):
        fact = AnnualStatisticsDue(
            division=division,
            division_name=names.get(division, division),
            year=year,
            due_on=due_on,
            overdue=overdue,
        )
        tell(session, fact, at=Scope(district=None if division == CITY else division))


async def _due_on(session: AsyncSession, year: int) -> date:
    """The last day for publishing a year, by the rule in force when it has ended."""
    first = date(year + 1, 1, 1)
    value = (await rule(session, PUBLICATION, first)).value
    return first.replace(month=int(value["month"]), day=int(value["day"]))


async def _freeze(session: AsyncSession, actor: Actor, row: AnnualStatistics) -> None:
    content = await content_of(session, Asked(actor, row.year, row.division))
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row.content, row.digest = content, hashlib.sha256(written.encode()).hexdigest()
    row.compiled_by, row.compiled_at, row.reason = actor.sub, now(session), None


async def _published(session: AsyncSession, division: str, year: int) -> AnnualStatistics | None:
    row: AnnualStatistics | None = await session.scalar(
        select(_table)
        .where(
            _table.division == division,
            _table.year == year,
            _table.state == AnnualStatisticsState.PUBLISHED,
            unscoped(_table, reason=_WHY),
        )
        .with_for_update(key_share=True)
    )
    return row


def _is_published() -> ColumnElement[bool]:
    return published(_table, _table.state == AnnualStatisticsState.PUBLISHED)


async def _paged(
    session: AsyncSession, statement: Any, query: Any
) -> tuple[list[AnnualStatistics], str | None, int | None]:
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": _table.id}, id=_table.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> AnnualStatistics:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, AnnualStatistics, id, actor, lock=True)
    row.state = _next(actor, row, action)
    return row


def _next(actor: Actor, row: AnnualStatistics, action: str) -> AnnualStatisticsState:
    if not in_charge(actor, row):
        raise NotInCharge
    state = LIFECYCLE.next(action, row.state)
    rules.by_another(action, sub=actor.sub, compiled_by=row.compiled_by)
    return state


async def _done(
    session: AsyncSession, row: AnnualStatistics, event: type[AnnualStatisticsFact], **more: Any
) -> AnnualStatistics:
    row.updated_at = now(session)
    await session.flush()
    names = ("division", "year", "edition", "state", "digest", "due_on")
    told = {name: getattr(row, name) for name in names}
    tell(session, event(statistics_id=row.id, **told, **more), at=row)
    return row

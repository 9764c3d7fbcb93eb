"""Terms that begin, end and move with the official calendar; `clocks.tables` says of what."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.clocks.tables import Clocked
from shared import timers
from shared.clock import legal_day, now
from shared.law.calendar import Calendar, due
from shared.law.tables import calendar_of, rule
from shared.timers import Timer

C = TypeVar("C", bound=Clocked)


async def start(
    session: AsyncSession,
    row: Any,
    code: str,
    *,
    part: str | None = None,
    since: datetime | None = None,
) -> None:
    """The term of the rule `code`, or of a part of it, begins; one before it is over.

    As the rule is in force today, from now on; or on the day of `since`, from then on.
    """
    row.due_rule = code if part is None else f"{code}/{part}"
    row.due_from = since or now(session)
    await _count(session, row, await calendar_of(session))


async def until(session: AsyncSession, row: Any, due_at: datetime) -> None:
    """The term ends when a person said so, and does not move with the calendar."""
    row.due_rule, row.due_from = None, now(session)
    await _set(session, row, due_at, provisional=False)


async def stop(session: AsyncSession, row: Any) -> None:
    """Nobody has a term now."""
    row.due_at, row.due_provisional = None, False
    row.due_rule = row.due_from = None
    for kind in (row.clock.due, row.clock.soon):
        await timers.cancel(session, kind, row.id)


async def recount(session: AsyncSession, row: Any, calendar: Calendar) -> None:
    """The official calendar changed: count the running term anew; what has passed has passed."""
    if row.due_rule is not None and row.due_at > now(session):
        await _count(session, row, calendar)


def runs(table: Any) -> Any:
    """Its term is waited for."""
    return exists().where(Timer.kind == table.clock.due, Timer.ref == table.id)


def order(table: Any, sort: str) -> dict[str, Any]:
    """How `paginate` sorts such rows by `id` or `due_at`: what has no term comes last."""
    columns = {"id": table.id, "urgency": table.urgency}
    return {"sort": sort.replace("due_at", "urgency"), "columns": columns, "id": table.id}


async def waiting(session: AsyncSession, table: type[C], ref: UUID, *, over: bool) -> C | None:
    """The row, locked, if its term has passed (`over`), or runs still."""
    kind: Any = table
    row: Any = await session.scalar(select(kind).where(kind.id == ref).with_for_update())
    if row is None or row.due_at is None or (row.due_at <= now(session)) is not over:
        return None  # moved or stopped while the timer was being taken
    found: C = row
    return found


async def _count(session: AsyncSession, row: Any, calendar: Calendar) -> None:
    code, _, part = row.due_rule.partition("/")
    term = await rule(session, code, on=legal_day(row.due_from))
    end = due(row.due_from, term.deadline(part or None), calendar)
    await _set(session, row, end.at, provisional=end.provisional)


async def _set(session: AsyncSession, row: Any, due_at: datetime, *, provisional: bool) -> None:
    days = (await rule(session, row.clock.reminder)).value["days"]
    row.due_at, row.due_provisional, row.overdue_at = due_at, provisional, None
    await timers.schedule(session, row.clock.due, row.id, due_at)
    if (remind_at := due_at - timedelta(days=days)) > now(session):
        await timers.schedule(session, row.clock.soon, row.id, remind_at)
    else:
        await timers.cancel(session, row.clock.soon, row.id)

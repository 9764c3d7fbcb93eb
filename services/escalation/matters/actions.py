"""The clock of what is handed on: one thing at a time is due, by a dated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.matters.rules import Side, Steps, is_overdue
from services.escalation.matters.tables import Clocked, Matter, acts_for
from services.escalation.permissions import BODIES, SUPERVISORS
from shared import timers
from shared.access.actor import Actor
from shared.clock import legal_day, now
from shared.law.calendar import Calendar, due, end_of
from shared.law.tables import calendar_of, rule

C = TypeVar("C", bound=Clocked)


@dataclass(frozen=True)
class Clock:
    """The deadlines of one kind of row: its timer, and by which rule each step is due."""

    timer: str
    steps: Steps

    async def start(
        self, session: AsyncSession, row: Any, step: str, since: datetime | None = None
    ) -> None:
        """`step` is due from now on, counted from `since` (or now) by the rule of that day."""
        row.due_from = since or now(session)
        row.due_step, row.overdue_at = step, None
        await self._count(session, row, await calendar_of(session))

    async def until(self, session: AsyncSession, row: Any, step: str, day: date) -> None:
        """`step` is due by the end of a day that somebody named."""
        row.due_step, row.due_from, row.overdue_at = step, None, None
        row.due_at, row.due_provisional = end_of(day), False
        await timers.schedule(session, self.timer, row.id, row.due_at)

    async def stop(self, session: AsyncSession, row: Any) -> None:
        """Nothing is due any more."""
        row.due_step = row.due_from = row.due_at = None
        row.due_provisional = False
        await timers.cancel(session, self.timer, row.id)

    async def recount(self, session: AsyncSession, row: Any, calendar: Calendar) -> None:
        """The official calendar changed; what has passed has passed."""
        if row.due_from is not None and not is_overdue(due_at=row.due_at, now=now(session)):
            await self._count(session, row, calendar)

    async def passed(self, session: AsyncSession, table: type[C], ref: UUID) -> C | None:
        """The timer: the row, locked and marked, if what is due was not done in time."""
        found = select(table).where(table.id == ref).with_for_update()
        row: C | None = await session.scalar(found)
        if row is None or not is_overdue(due_at=row.due_at, now=now(session)):
            return None
        row.overdue_at = now(session)
        await session.flush()
        return row

    async def _count(self, session: AsyncSession, row: Any, calendar: Calendar) -> None:
        told = self.steps[row.due_step]
        law = await rule(session, told.rule, legal_day(row.due_from))
        end = due(row.due_from, law.deadline(told.part), calendar)
        row.due_at, row.due_provisional = end.at, end.provisional
        await timers.schedule(session, self.timer, row.id, end.at)


def sides_of(row: Matter, actor: Actor, third: str | None = None) -> frozenset[Side]:
    """Which sides of a matter that is visible to `actor` they act for."""
    told = {
        Side.SENDER: acts_for(actor, row.sender, row.office),
        Side.RECEIVER: acts_for(actor, row.receiver, None),
        Side.THIRD: acts_for(actor, third, None),
        Side.SUPERVISOR: bool(SUPERVISORS & actor.roles) and not BODIES & actor.roles,
    }
    return frozenset(side for side, acts in told.items() if acts)


def note(
    session: AsyncSession,
    row: Matter,
    action: str,
    *,
    actor: Actor | None,
    text: str | None = None,
    document_no: str | None = None,
    late: bool = False,
) -> None:
    """Add a line to the history; `actor` None is a receiver who confirmed without an account."""
    line = {
        "at": now(session).isoformat(timespec="seconds"),
        "by": actor.sub if actor else None,
        "by_name": actor.name if actor else None,
        "action": action,
        "text": text,
        "document_no": document_no,
        "late": late,
    }
    row.history = [*row.history, line]


def parties(*codes: str | None) -> Sequence[str]:
    """The bodies that take part, each once."""
    return list(dict.fromkeys(code for code in codes if code is not None))


def overdue_is(table: Any, wanted: bool, moment: datetime) -> ColumnElement[bool]:
    """The rows of which something is due whose time has passed, or the others."""
    late: ColumnElement[bool] = table.due_at <= moment
    return late if wanted else or_(table.due_at.is_(None), table.due_at > moment)


def by_due(table: Any) -> ColumnElement[datetime]:
    """What lists are sorted by: where nothing is due, it comes last."""
    return func.coalesce(table.due_at, literal(_LAST))


_LAST = datetime(9999, 12, 31, tzinfo=UTC)

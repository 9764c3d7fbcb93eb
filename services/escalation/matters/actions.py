"""The terms of what is handed on: one step at a time is due, by a dated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.clocks import actions as clocks
from services.escalation.matters.rules import Side, Steps, is_overdue, may_answer
from services.escalation.matters.tables import Matter, Stepped, acts_for
from services.escalation.permissions import BODIES, SUPERVISORS
from shared.access.actor import Actor
from shared.access.visibility import load, published, scoped_by, unscoped, visible
from shared.clock import now
from shared.law.calendar import end_of

S = TypeVar("S", bound=Stepped)
M = TypeVar("M", bound=Matter)


@dataclass(frozen=True)
class Term:
    """The terms of one kind of row: by which rule each of its steps is due."""

    steps: Steps

    async def start(
        self, session: AsyncSession, row: Any, step: str, since: datetime | None = None
    ) -> None:
        """`step` is due from now on, counted from `since` (or now) by the rule of that day."""
        row.due_step, told = step, self.steps[step]
        await clocks.start(session, row, told.rule, part=told.part, since=since)

    async def until(self, session: AsyncSession, row: Any, step: str, day: date) -> None:
        """`step` is due by the end of a day that somebody named."""
        row.due_step = step
        await clocks.until(session, row, end_of(day))

    async def stop(self, session: AsyncSession, row: Any) -> None:
        """Nothing is due any more."""
        row.due_step = None
        await clocks.stop(session, row)


async def passed(session: AsyncSession, table: type[S], ref: UUID) -> S | None:
    """The timer: the row, locked and marked, if what is due was not done in time."""
    row = await clocks.waiting(session, table, ref, over=True)
    if row is not None:
        row.overdue_at = now(session)
        await session.flush()
    return row


async def is_near(session: AsyncSession, table: type[S], ref: UUID) -> S | None:
    """The timer of the reminder: the row, locked, if what is due is still to be done."""
    return await clocks.waiting(session, table, ref, over=False)


def seen(table: Any, actor: Actor) -> ColumnElement[bool]:
    """The rows that `actor` may see: a supervisor those of the place; a body, wherever it is, those
    that it takes part in and no others of its place, for they may be about it."""
    ways: list[ColumnElement[bool]] = [literal_column("false")]
    if BODIES & actor.roles and actor.organisation:
        ways.append(table.parties.contains([actor.organisation]))
    if SUPERVISORS & actor.roles:
        ways.append(visible(table, actor))
    return scoped_by(table, or_(*ways))


async def held(session: AsyncSession, table: type[M], actor: Actor, id: UUID) -> tuple[M, bool]:
    """A row that `actor` sees, locked, and whether what is due of it comes late."""
    kind: Any = table  # each kind of matter is mapped, what they have in common is not
    row: M = await load(session, kind, id, actor, lock=True, seen=seen(table, actor))
    return row, is_overdue(due_at=row.due_at, now=now(session))


async def of_package(session: AsyncSession, table: type[M], id: UUID) -> M:
    """The row, locked, of which a package arrived, whoever confirmed it: also by a link."""
    row = await session.scalar(
        select(table)
        .where(
            published(table, table.id == id),
            unscoped(table, reason="who confirms a package moves the matter it belongs to"),
        )
        .with_for_update()
    )
    assert row is not None
    return row


def answer(
    session: AsyncSession,
    row: Matter,
    action: str,
    *,
    actor: Actor,
    text: str,
    document_no: str | None,
    late: bool,
) -> None:
    """What the receiver said, in the history; with its document where another tells it."""
    may_answer(answers=Side.RECEIVER in sides_of(row, actor), document_no=document_no)
    note(session, row, action, actor=actor, text=text, document_no=document_no, late=late)


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

"""The verbs of a resolution, and what happens when its day comes."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.clocks import actions as clocks
from services.escalation.conferences.tables import Conference, ConferenceMember
from services.escalation.resolutions import rules
from services.escalation.resolutions.rules import ResolutionState
from services.escalation.resolutions.schemas import part_of
from services.escalation.resolutions.tables import Resolution
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import now, today
from shared.events.escalation.resolutions import (
    ResolutionAssigned,
    ResolutionDone,
    ResolutionDueSoon,
    ResolutionFact,
    ResolutionOverdue,
    ResolutionPostponed,
    ResolutionReported,
    ResolutionSentBack,
    ResolutionUrged,
    ResolutionWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import end_of

E = TypeVar("E", bound=ResolutionFact)


class Resolved(NamedTuple):
    """What is to be done, by whom and until when."""

    requirement: str
    owner: ConferenceMember
    due_on: date


async def assign_all(
    session: AsyncSession, conference: Conference, resolved: Iterable[Resolved]
) -> None:
    """Each owner has it to do, from now on."""
    moment = now(session)
    for one in resolved:
        row = Resolution(
            conference_id=conference.id,
            number=conference.number,
            division=conference.division,
            level=conference.level,
            owner=one.owner.organisation,
            owner_name=one.owner.name,
            owner_division=one.owner.division,
            requirement=one.requirement,
            state=ResolutionState.ASSIGNED,
            assigned_at=moment,
            changed_at=moment,
            district=conference.district,
            township=conference.township,
        )
        places = {one.owner.division} - {conference.division}
        row.parties = [one.owner.organisation, *places]
        session.add(row)
        await session.flush()
        await clocks.until(session, row, end_of(one.due_on))
        await _settle(session, row, ResolutionAssigned)


async def report(session: AsyncSession, actor: Actor, id: UUID, words: str) -> Resolution:
    """What was done."""
    row = await _step(session, actor, id, "report")
    row.report, row.reported_by, row.reported_at = words, actor.sub, now(session)
    await clocks.stop(session, row)
    return await _settle(session, row, ResolutionReported)


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Resolution:
    """It is done."""
    row = await _step(session, actor, id, "accept")
    return await _end(session, row, ResolutionDone)


async def send_back(
    session: AsyncSession, actor: Actor, id: UUID, remarks: str, due_on: date
) -> Resolution:
    """It is not done, and there is another day for it."""
    row = await _step(session, actor, id, "send_back")
    await _until(session, row, remarks, due_on)
    return await _settle(session, row, ResolutionSentBack)


async def postpone(
    session: AsyncSession, actor: Actor, id: UUID, remarks: str, due_on: date
) -> Resolution:
    """There is another day for it."""
    row = await _step(session, actor, id, "postpone")
    await _until(session, row, remarks, due_on)
    return await _settle(session, row, ResolutionPostponed)


async def urge(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Resolution:
    """Urge the owner (督办)."""
    row = await _step(session, actor, id, "urge")
    row.remarks, row.urges = remarks, row.urges + 1
    return await _settle(session, row, ResolutionUrged)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Resolution:
    """It need not be done any more."""
    row = await _step(session, actor, id, "withdraw")
    row.remarks = remarks
    await clocks.stop(session, row)
    return await _end(session, row, ResolutionWithdrawn)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The day has passed and nothing was reported."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text("resolution.state = 'assigned'"), Resolution.due_at <= moment)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the day comes soon."""
    row = await clocks.waiting(session, Resolution, ref, over=False)
    if row is not None:
        publish(session, _fact(ResolutionDueSoon, row), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nothing was reported in time."""
    row = await clocks.waiting(session, Resolution, ref, over=True)
    if row is not None:
        row.overdue_at = now(session)
        await _settle(session, row, ResolutionOverdue)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Resolution:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Resolution, id, actor, lock=True)
    row.state = rules.next_state(action, row.state, part_of(row, actor))
    row.changed_at = now(session)
    return row


async def _until(session: AsyncSession, row: Resolution, remarks: str, due_on: date) -> None:
    if due_on <= today(session):
        raise rules.ResolutionNotLater
    row.remarks = remarks
    await clocks.until(session, row, end_of(due_on))


async def _end(session: AsyncSession, row: Resolution, kind: type[E]) -> Resolution:
    """One less that its conference waits for."""
    row.ended_at = now(session)
    conference = await session.scalar(
        select(Conference)
        .where(
            Conference.id == row.conference_id,
            unscoped(Conference, reason="how many of its resolutions are open, told to nobody"),
        )
        .with_for_update()
    )
    assert conference is not None
    conference.unresolved -= 1
    return await _settle(session, row, kind)


async def _settle(session: AsyncSession, row: Resolution, kind: type[E]) -> Resolution:
    await session.flush()
    publish(session, _fact(kind, row), at=row)
    return row


def _fact(kind: type[E], row: Resolution) -> E:
    names = ("conference_id", "number", "division", "level", "owner_name", "state", "due_at")
    told: dict[str, Any] = {name: getattr(row, name) for name in names}
    return kind(resolution_id=row.id, organisation=row.owner, **told)

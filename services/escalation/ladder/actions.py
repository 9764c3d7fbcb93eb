"""Which level has an issue and until when: up, down, the clock that stops and goes on."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.issues.rules import EDITIONS, REMINDER, IssueState
from services.escalation.issues.tables import Issue
from services.escalation.ladder import rules
from services.escalation.ladder.rules import (
    EXTENSION,
    LADDER,
    LEVEL_REPLY,
    PAUSE,
    IssueAction,
    IssueLevel,
)
from services.escalation.ladder.tables import IssueHistory
from shared import timers
from shared.access.actor import Actor
from shared.clock import legal_day, now
from shared.db import Statements
from shared.events.escalation.issues import (
    IssueDeadlineMoved,
    IssueDueSoon,
    IssueEscalated,
    IssueExtended,
    IssueFact,
    IssueOverdue,
    IssuePaused,
    IssueReportedToBureau,
    IssueResumed,
    IssueReturned,
)
from shared.facts import publish
from shared.law.calendar import (
    Calendar,
    Deadline,
    Due,
    Remaining,
    Unit,
    due,
    extended,
    remaining,
    resumed,
)
from shared.law.tables import calendar_of, rule

REPLY_DUE, DUE_SOON = "issue.reply_due", "issue.due_soon"
"""Kinds of the timers of a level's deadline, and of the reminder before it."""
PAUSE_OVER = "issue.pause_over"
"""Kind of the timer of the longest pause."""

E = TypeVar("E", bound=IssueFact)


def fact(kind: type[E], issue: Issue | SimpleNamespace, **more: Any) -> E:
    """A fact about an issue as it stands."""
    values = {name: getattr(issue, name) for name in IssueFact.model_fields if name != "issue_id"}
    return kind(issue_id=issue.id, **values, **more)


class Term(NamedTuple):
    """A deadline, and what it is counted by."""

    due: Due
    counted: Remaining
    counted_from: datetime


async def reply_due(session: AsyncSession | Statements, level: str, arrived_at: datetime) -> Term:
    """When a level must have replied to what reached it at `arrived_at`."""
    reply = await rule(session, LEVEL_REPLY, on=legal_day(arrived_at))
    term = reply.deadline(str(level))
    end = due(arrived_at, term, await calendar_of(session))
    return Term(end, _as_counted(term), arrived_at)


async def soon(session: AsyncSession | Statements) -> timedelta:
    """How long before a deadline is soon."""
    return timedelta(days=(await rule(session, REMINDER)).value["days"])


def _as_counted(term: Deadline) -> Remaining:
    if term.unit is Unit.HOURS:
        return Remaining(unit=term.unit, seconds=term.n * 3600)
    return Remaining(unit=term.unit, roll=term.roll, days=term.n)


def note(
    session: AsyncSession,
    issue: Issue,
    action: IssueAction,
    *,
    actor: Actor | None,
    text: str | None = None,
    from_state: str | None = None,
    from_level: str | None = None,
) -> None:
    """Add a line to the history, with the issue as it stands now; `actor` None is the system."""
    session.add(
        IssueHistory(
            issue_id=issue.id,
            at=now(session),
            by=actor.sub if actor else "system",
            by_name=actor.name if actor else "系统",
            action=action,
            from_state=from_state or issue.state,
            to_state=issue.state,
            from_level=from_level or issue.level,
            to_level=issue.level,
            text=text,
            due_at=issue.due_at,
        )
    )


async def rise(
    session: AsyncSession,
    issue: Issue,
    *,
    why: str,
    reason: str | None,
    actor: Actor | None,
) -> None:
    """Up one level, where a new deadline begins. `why`: `breach`, `manual` or `direct`."""
    climbs = why == "breach"
    before, level = issue.state, issue.level
    by_hand = "approve" if before == IssueState.PROPOSED else "escalate"
    state = EDITIONS.next(issue.edition, "climb" if climbs else by_hand, before)
    await _arrive(
        session,
        issue,
        rules.above(level),
        state,
        proposed_by=None,
        proposed_reason=None,
        proposed_direct=None,
    )
    action = {"breach": IssueAction.CLIMB, "direct": IssueAction.REPORT}.get(
        why, IssueAction.ESCALATE
    )
    note(session, issue, action, actor=actor, text=reason, from_state=before, from_level=level)
    publish(session, fact(IssueEscalated, issue, from_level=level, why=why, reason=reason), issue)
    if issue.level == LADDER[-1]:
        told = fact(IssueReportedToBureau, issue, from_level=level, direct=why == "direct")
        publish(session, told, issue)


async def go_back(session: AsyncSession, issue: Issue, *, reason: str, actor: Actor) -> None:
    """Down one level, to where it came from, with a new deadline."""
    before, level = issue.state, issue.level
    state = EDITIONS.next(issue.edition, "return", before)
    await _arrive(session, issue, rules.below(level, issue.division), state)
    note(
        session,
        issue,
        IssueAction.RETURN,
        actor=actor,
        text=reason,
        from_state=before,
        from_level=level,
    )
    publish(session, fact(IssueReturned, issue, from_level=level, reason=reason), issue)


async def pause(session: AsyncSession, issue: Issue, *, reason: str, actor: Actor) -> None:
    """Stop the clock, keeping what is left of the deadline."""
    before, moment = issue.state, now(session)
    state = EDITIONS.next(issue.edition, "pause", before)
    assert issue.due_at is not None
    reply = await rule(session, LEVEL_REPLY, on=legal_day(issue.arrived_at))
    calendar = await calendar_of(session)
    left = remaining(issue.due_at, reply.deadline(issue.level), moment, calendar)
    longest = (await rule(session, PAUSE, on=legal_day(moment))).deadline("longest")
    issue.state, issue.remaining = state, left.model_dump(mode="json")
    await stop_clock(session, issue)
    if issue.edition > 1:
        await timers.schedule(session, PAUSE_OVER, issue.id, due(moment, longest, calendar).at)
    note(session, issue, IssueAction.PAUSE, actor=actor, text=reason, from_state=before)
    publish(session, fact(IssuePaused, issue, reason=reason), issue)


async def resume(
    session: AsyncSession, issue: Issue, *, text: str | None, actor: Actor | None
) -> None:
    """Let the clock go on: the deadline moves by what was left of it; by itself if `actor` None."""
    before, moment = issue.state, now(session)
    state = EDITIONS.next(issue.edition, "resume" if actor else "wake", before)
    left = Remaining.model_validate(issue.remaining)
    term = resumed(left, moment, await calendar_of(session))
    ahead = await soon(session)
    issue.state, issue.remaining = state, None
    await _set_clock(session, issue, Term(term, left, moment), ahead)
    await timers.cancel(session, PAUSE_OVER, issue.id)
    action = IssueAction.RESUME if actor else IssueAction.WAKE
    note(session, issue, action, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueResumed, issue), issue)


async def wake(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the longest pause has passed."""
    issue = await _locked(session, ref)
    if issue is not None and issue.state == IssueState.PAUSED:
        await resume(session, issue, text=None, actor=None)


async def extend(session: AsyncSession, issue: Issue, *, reason: str, actor: Actor) -> None:
    """More time for the level that has it, counted on from its deadline."""
    assert issue.due_at is not None
    by = (await rule(session, EXTENSION, on=legal_day(issue.arrived_at))).deadline("extension")
    calendar = await calendar_of(session)
    term = extended(issue.due_at, by, calendar)
    counted, counted_from = _as_counted(by), issue.due_at
    if by.unit is not Unit.HOURS:
        counted_from -= timedelta.resolution  # a moment of the last day
    if issue.counted is not None and issue.counted_from is not None:
        before = Remaining.model_validate(issue.counted)
        if before.days and before.unit == by.unit == Unit.WORKING_DAYS:
            # As one term: what the calendar moves of the first part moves the second.
            counted = before.model_copy(update={"days": before.days + by.n})
            counted_from = issue.counted_from
    ahead = await soon(session)
    issue.extended = True
    await _set_clock(session, issue, Term(term, counted, counted_from), ahead)
    note(session, issue, IssueAction.EXTEND, actor=actor, text=reason)
    publish(session, fact(IssueExtended, issue, reason=reason), issue)


async def begin_anew(session: AsyncSession, issue: Issue, state: IssueState) -> None:
    """The level that has it gets it once more, with a new deadline."""
    await _arrive(session, issue, IssueLevel(issue.level), state, closed_at=None, feedback=None)


async def stop_clock(session: AsyncSession, issue: Issue) -> None:
    """Nobody has a deadline now."""
    issue.due_at, issue.due_provisional = None, False
    issue.counted = issue.counted_from = None
    for kind in (REPLY_DUE, DUE_SOON, PAUSE_OVER):
        await timers.cancel(session, kind, issue.id)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the deadline of a level ends soon."""
    issue = await _locked(session, ref)
    if issue is not None and issue.due_at is not None and issue.due_at > now(session):
        publish(session, fact(IssueDueSoon, issue), issue)


async def recount(session: AsyncSession, issue: Issue, calendar: Calendar) -> None:
    """The official calendar changed: count the running deadline anew."""
    former = issue.due_at
    assert former is not None
    assert issue.counted_from is not None
    counted = Remaining.model_validate(issue.counted)
    end = resumed(counted, issue.counted_from, calendar)
    if former <= now(session) or end.at == former:
        # What has passed has passed; and that a day is certain now moves nothing.
        issue.due_provisional = end.provisional
        return
    ahead = await soon(session)
    await _set_clock(session, issue, Term(end, counted, issue.counted_from), ahead)
    note(session, issue, IssueAction.RECOMPUTE, actor=None)
    publish(session, fact(IssueDeadlineMoved, issue, former_due_at=former), issue)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The deadline of a level passed: say so, and go up a level where there is one."""
    issue = await _locked(session, ref)
    if issue is None or issue.due_at != due_at:
        return  # moved or stopped while the timer was being taken
    note(session, issue, IssueAction.OVERDUE, actor=None)
    publish(session, fact(IssueOverdue, issue), issue)
    if issue.level != LADDER[-1]:
        await rise(session, issue, why="breach", reason=None, actor=None)


async def _locked(session: AsyncSession, ref: UUID) -> Issue | None:
    found: Issue | None = await session.scalar(
        select(Issue).where(Issue.id == ref).with_for_update()
    )
    return found


async def _arrive(
    session: AsyncSession, issue: Issue, level: IssueLevel, state: IssueState, **more: None
) -> None:
    # Asked first: a query would write the half-changed issue, and count a version more.
    moment = now(session)
    term = await reply_due(session, level, moment)
    ahead = await soon(session)
    issue.level, issue.state, issue.arrived_at = level, state, moment
    issue.extended = False
    for name, value in more.items():
        setattr(issue, name, value)
    await _set_clock(session, issue, term, ahead)


async def _set_clock(session: AsyncSession, issue: Issue, term: Term, ahead: timedelta) -> None:
    issue.due_at, issue.due_provisional = term.due.at, term.due.provisional
    issue.counted = term.counted.model_dump(mode="json")
    issue.counted_from = term.counted_from
    await timers.schedule(session, REPLY_DUE, issue.id, term.due.at)
    await timers.schedule(session, DUE_SOON, issue.id, term.due.at - ahead)

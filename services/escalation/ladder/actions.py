"""Which level has an issue and until when: up, down, the clock that stops and goes on."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.issues.rules import LIFECYCLE, IssueState
from services.escalation.issues.tables import Issue
from services.escalation.ladder import rules
from services.escalation.ladder.rules import LADDER, LEVEL_REPLY, IssueAction, IssueLevel
from services.escalation.ladder.tables import IssueHistory
from shared import timers
from shared.access.actor import Actor
from shared.clock import legal_day, now
from shared.db import Statements
from shared.events.escalation.issues import (
    IssueEscalated,
    IssueFact,
    IssueOverdue,
    IssuePaused,
    IssueReportedToBureau,
    IssueResumed,
    IssueReturned,
)
from shared.facts import publish
from shared.law.calendar import Due, Remaining, due, remaining, resumed
from shared.law.tables import calendar_of, rule

REPLY_DUE = "issue.reply_due"
"""Kind of the timer of a level's deadline."""

E = TypeVar("E", bound=IssueFact)


def fact(kind: type[E], issue: Issue | SimpleNamespace, **more: Any) -> E:
    """A fact about an issue as it stands."""
    values = {name: getattr(issue, name) for name in IssueFact.model_fields if name != "issue_id"}
    return kind(issue_id=issue.id, **values, **more)


async def reply_due(session: AsyncSession | Statements, level: str, arrived_at: datetime) -> Due:
    """When a level must have replied to what reached it at `arrived_at`."""
    reply = await rule(session, LEVEL_REPLY, on=legal_day(arrived_at))
    return due(arrived_at, reply.deadline(str(level)), await calendar_of(session))


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
    state = LIFECYCLE.next("climb" if climbs else "escalate", before)
    await _arrive(session, issue, rules.above(level), state)
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
    state = LIFECYCLE.next("return", before)
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
    state = LIFECYCLE.next("pause", before)
    assert issue.due_at is not None
    reply = await rule(session, LEVEL_REPLY, on=legal_day(issue.arrived_at))
    left = remaining(issue.due_at, reply.deadline(issue.level), moment, await calendar_of(session))
    issue.state, issue.remaining = state, left.model_dump(mode="json")
    await stop_clock(session, issue)
    note(session, issue, IssueAction.PAUSE, actor=actor, text=reason, from_state=before)
    publish(session, fact(IssuePaused, issue, reason=reason), issue)


async def resume(session: AsyncSession, issue: Issue, *, text: str | None, actor: Actor) -> None:
    """Let the clock go on: the deadline moves by what was left of it."""
    before = issue.state
    state = LIFECYCLE.next("resume", before)
    left = Remaining.model_validate(issue.remaining)
    term = resumed(left, now(session), await calendar_of(session))
    issue.state, issue.remaining = state, None
    await _set_clock(session, issue, term)
    note(session, issue, IssueAction.RESUME, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueResumed, issue), issue)


async def stop_clock(session: AsyncSession, issue: Issue) -> None:
    """Nobody has a deadline now."""
    issue.due_at, issue.due_provisional = None, False
    await timers.cancel(session, REPLY_DUE, issue.id)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The deadline of a level passed: say so, and go up a level where there is one."""
    issue = (
        await session.execute(select(Issue).where(Issue.id == ref).with_for_update())
    ).scalar_one_or_none()
    if issue is None or issue.due_at != due_at:
        return  # moved or stopped while the timer was being taken
    note(session, issue, IssueAction.OVERDUE, actor=None)
    publish(session, fact(IssueOverdue, issue), issue)
    if issue.level != LADDER[-1]:
        await rise(session, issue, why="breach", reason=None, actor=None)


async def _arrive(
    session: AsyncSession, issue: Issue, level: IssueLevel, state: IssueState
) -> None:
    # Asked first: a query would write the half-changed issue, and count a version more.
    moment = now(session)
    term = await reply_due(session, level, moment)
    issue.level, issue.state, issue.arrived_at = level, state, moment
    await _set_clock(session, issue, term)


async def _set_clock(session: AsyncSession, issue: Issue, term: Due) -> None:
    issue.due_at, issue.due_provisional = term.at, term.provisional
    await timers.schedule(session, REPLY_DUE, issue.id, term.at)

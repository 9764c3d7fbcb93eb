"""The verbs of an assignment, and what happens when its report falls due."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.assignments import rules
from services.escalation.assignments.rules import LONGEST, AssignmentState
from services.escalation.assignments.schemas import AssignmentRequest, part_of
from services.escalation.assignments.tables import Assignment
from services.escalation.handling.actions import held
from services.escalation.issues.rules import EDITIONS
from services.escalation.issues.tables import Issue
from services.escalation.ladder.actions import note
from services.escalation.ladder.rules import IssueAction, level_of_division
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope
from shared.clock import now, today
from shared.events.escalation.assignments import (
    AssignmentAccepted,
    AssignmentFact,
    AssignmentMade,
    AssignmentOverdue,
    AssignmentReported,
    AssignmentSentBack,
    AssignmentUrged,
    AssignmentWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import due, end_of
from shared.law.divisions import DivisionUnknown
from shared.law.tables import calendar_of, rule, scope_of

REPORT_DUE = "assignment.report_due"
"""The timer of an assignment: its deadline."""

E = TypeVar("E", bound=AssignmentFact)


async def assign(session: AsyncSession, actor: Actor, request: AssignmentRequest) -> Assignment:
    """Have the office of a division below, or a body, do something for an issue one has."""
    scope = await scope_of(session, request.division)
    if not sees_scope(actor, scope.district, scope.township):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    moment = now(session)
    longest = (await rule(session, LONGEST)).deadline("longest")
    end = due(moment, longest, await calendar_of(session))
    due_at = end.at
    if request.due_on is not None:
        due_at = end_of(request.due_on)
        if not moment < due_at <= end.at:
            raise rules.AssignmentTooLong(latest=end.last_day.isoformat())
    issue = await held(session, request.issue_id, actor)
    EDITIONS.next(issue.edition, "assign", issue.state)
    level = level_of_division(actor.division)
    rules.may_assign(by=level, division=request.division, organisation=request.assignee)
    row = Assignment(
        **request.model_dump(exclude={"due_on"}),
        issue_number=issue.number,
        issue_title=issue.title,
        by_division=actor.division,
        state=AssignmentState.ASSIGNED,
        due_at=due_at,
        due_provisional=end.provisional,
        assigned_at=moment,
        assigned_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[request.assignee] if request.assignee else [],
    )
    session.add(row)
    _let_see(issue, request.assignee or request.division)
    told = f"{request.assignee_name or request.division}:{request.requirement}"
    note(session, issue, IssueAction.ASSIGN, actor=actor, text=told)
    await session.flush()
    await timers.schedule(session, REPORT_DUE, row.id, row.due_at)
    publish(session, _fact(AssignmentMade, row), at=row)
    return row


async def report(session: AsyncSession, actor: Actor, id: UUID, text: str) -> Assignment:
    """Tell what was done."""
    row = await _step(session, actor, id, "report")
    row.report, row.reported_by, row.reported_at = text, actor.sub, now(session)
    await timers.cancel(session, REPORT_DUE, row.id)
    return await _settle(session, row, _fact(AssignmentReported, row))


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Assignment:
    """It is done."""
    row = await _step(session, actor, id, "accept")
    row.ended_at = now(session)
    return await _settle(session, row, _fact(AssignmentAccepted, row))


async def send_back(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Assignment:
    """It is not done, and there is as long for it as the rule gives now."""
    longest = (await rule(session, LONGEST)).deadline("longest")
    end = due(now(session), longest, await calendar_of(session))
    row = await _step(session, actor, id, "send_back")
    row.remarks, row.due_at, row.due_provisional = remarks, end.at, end.provisional
    await timers.schedule(session, REPORT_DUE, row.id, row.due_at)
    return await _settle(session, row, _fact(AssignmentSentBack, row))


async def urge(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Assignment:
    """Urge the assignee (催办)."""
    row = await _step(session, actor, id, "urge")
    row.remarks, row.urges = remarks, row.urges + 1
    return await _settle(session, row, _fact(AssignmentUrged, row))


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Assignment:
    """It need not be done any more."""
    row = await _step(session, actor, id, "withdraw")
    row.remarks, row.ended_at = remarks, now(session)
    await timers.cancel(session, REPORT_DUE, row.id)
    return await _settle(session, row, _fact(AssignmentWithdrawn, row))


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed and nothing was reported."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text("assignment.state = 'assigned'"), Assignment.due_at <= moment)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nothing was reported in time."""
    row = await session.scalar(select(Assignment).where(Assignment.id == ref).with_for_update())
    if row is not None and rules.is_overdue(state=row.state, due_at=row.due_at, now=now(session)):
        row.overdue_at = now(session)
        await _settle(session, row, _fact(AssignmentOverdue, row))


def _let_see(issue: Issue, party: str) -> None:
    """Who is to do something sees what it is for."""
    if party not in {issue.district, issue.township, issue.organisation, *issue.parties}:
        issue.parties = [*issue.parties, party]


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Assignment:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Assignment, id, actor, lock=True)
    row.state = rules.next_state(action, row.state, part_of(row, actor))
    return row


async def _settle(session: AsyncSession, row: Assignment, told: AssignmentFact) -> Assignment:
    await session.flush()
    publish(session, told, at=row)
    return row


def _fact(kind: type[E], row: Assignment, **more: Any) -> E:
    return kind(
        assignment_id=row.id,
        issue_id=row.issue_id,
        number=row.issue_number,
        division=row.division,
        level=level_of_division(row.division),
        by_level=level_of_division(row.by_division),
        organisation=row.assignee,
        by_office=row.assignee is None,
        state=row.state,
        due_at=row.due_at,
        **more,
    )

"""The verbs of a report from the field, and what happens when its answer falls due."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.field_reports import rules
from services.escalation.field_reports.rules import (
    ANSWER,
    OPEN,
    SERIES,
    FieldReportKind,
    FieldReportState,
)
from services.escalation.field_reports.schemas import LeadRequest, PointReportRequest
from services.escalation.field_reports.tables import IS_OPEN, FieldReport
from services.escalation.filing.actions import file
from services.escalation.issues.rules import IssueKind, IssueSource
from services.escalation.ladder.rules import is_holder, level_of_division
from services.escalation.numbering.actions import next_numbers
from services.escalation.origins.tables import ContactPointView, LayMonitorView
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope
from shared.clock import legal_day, now, today
from shared.events.escalation.field_reports import (
    FieldReportAnswered,
    FieldReportDueSoon,
    FieldReportEscalated,
    FieldReportFact,
    FieldReportOverdue,
    FieldReportSubmitted,
    FieldReportTriaged,
)
from shared.facts import publish
from shared.law.calendar import Calendar, Due, due
from shared.law.divisions import DivisionUnknown
from shared.law.tables import Rule, calendar_of, rule, scope_of

ANSWER_DUE, DUE_SOON = "field_report.answer_due", "field_report.due_soon"
"""The timers of a report: its deadline, and the reminder before it."""

E = TypeVar("E", bound=FieldReportFact)


async def report(session: AsyncSession, actor: Actor, request: PointReportRequest) -> FieldReport:
    """Hand in what a contact point of the caller's division reports."""
    point = await session.get(ContactPointView, request.contact_point_id)
    unknown = rules.ContactPointNotOpen(contact_point_id=str(request.contact_point_id))
    if point is None or point.state != rules.OPEN_POINT:
        raise unknown
    scope = await scope_of(session, point.division)
    if not sees_scope(actor, scope.district, scope.township):
        raise unknown
    return await _submit(
        session,
        actor,
        FieldReportKind.POINT_REPORT,
        origin_id=point.id,
        origin_name=point.name,
        division=point.division,
        **request.model_dump(exclude={"contact_point_id"}),
    )


async def lead(session: AsyncSession, actor: Actor, request: LeadRequest) -> FieldReport:
    """Hand in what a lay monitor saw in the division that they serve."""
    on = today(session)
    found = await session.scalars(select(LayMonitorView).where(LayMonitorView.account == actor.sub))
    serving = [
        one for one in found if rules.is_serving(state=one.state, term_to=one.term_to, today=on)
    ]
    if not serving:
        raise rules.LayMonitorNotServing
    scope = await scope_of(session, request.division)
    monitor = next((one for one in serving if one.division in scope), None)
    if monitor is None:
        raise DivisionUnknown(division=request.division, on=on.isoformat())
    return await _submit(
        session,
        actor,
        FieldReportKind.LEAD,
        origin_id=monitor.id,
        origin_name=monitor.name,
        major=False,
        **request.model_dump(),
    )


async def triage(session: AsyncSession, actor: Actor, id: UUID) -> FieldReport:
    """Take it up."""
    row = await _step(session, actor, id, "triage")
    return await _settle(session, row, _fact(FieldReportTriaged, row))


async def escalate(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> FieldReport:
    """Raise an issue of it; the author is answered all the same."""
    row = await _step(session, actor, id, "escalate")
    lead = row.kind == FieldReportKind.LEAD
    issue = await file(
        session,
        {
            "title": row.title,
            "description": f"{row.content}\n\n{reason}",
            "kind": IssueKind.PROMINENT_PROBLEM,
            "major": row.major,
            "source": IssueSource.LAY_MONITOR if lead else IssueSource.CONTACT_POINT,
            "source_id": row.id,
            "division": row.division,
            "place": row.place,
            "occurred_on": row.occurred_on,
            "reference": row.number,
        },
        actor=actor,
    )
    row.issue_id = issue.id
    return await _settle(session, row, _fact(FieldReportEscalated, row, issue_id=issue.id))


async def answer(session: AsyncSession, actor: Actor, id: UUID, text: str) -> FieldReport:
    """The author learns what became of it."""
    row = await _step(session, actor, id, "answer")
    row.answer, row.answered_by, row.answered_at = text, actor.sub, now(session)
    for kind in (ANSWER_DUE, DUE_SOON):
        await timers.cancel(session, kind, row.id)
    return await _settle(session, row, _fact(FieldReportAnswered, row, author=_author(row)))


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed and the author waits."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text(f"field_report.{IS_OPEN}"), FieldReport.due_at <= moment)


async def recount(session: AsyncSession, row: FieldReport, calendar: Calendar) -> None:
    """The official calendar changed: count the running deadline anew."""
    term = await rule(session, ANSWER, legal_day(row.created_at))
    if row.due_at > now(session):  # what has passed has passed
        await _set_clock(session, row, due(row.created_at, term.deadline("answer"), calendar), term)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the answer falls due soon."""
    row = await _waiting(session, ref)
    if row is not None:
        publish(session, _fact(FieldReportDueSoon, row), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nobody answered in time."""
    row = await _waiting(session, ref)
    if row is not None:
        row.overdue_at = now(session)
        await _settle(session, row, _fact(FieldReportOverdue, row))


async def _submit(
    session: AsyncSession, actor: Actor, kind: FieldReportKind, *, division: str, **values: Any
) -> FieldReport:
    moment = now(session)
    term = await rule(session, ANSWER, legal_day(moment))
    end = due(moment, term.deadline("answer"), await calendar_of(session))
    scope = await scope_of(session, division)
    (number,) = await next_numbers(session, SERIES[kind])
    row = FieldReport(
        number=number,
        kind=kind,
        division=division,
        level=level_of_division(division),
        district=scope.district,
        township=scope.township,
        parties=[],
        state=FieldReportState.SUBMITTED,
        due_at=end.at,
        due_provisional=end.provisional,
        created_by=actor.sub,
        created_at=moment,
        **values,
    )
    session.add(row)
    await session.flush()
    await _set_clock(session, row, end, term)
    # A lead is told by nobody's name: whoever it concerns must not learn who saw them.
    told = "protected" if kind is FieldReportKind.LEAD else None
    publish(session, _fact(FieldReportSubmitted, row), at=row, actor=told)
    return row


async def _set_clock(session: AsyncSession, row: FieldReport, end: Due, term: Rule) -> None:
    row.due_at, row.due_provisional = end.at, end.provisional
    await timers.schedule(session, ANSWER_DUE, row.id, row.due_at)
    remind_at = row.due_at - timedelta(days=term.value["remind_days"])
    if remind_at > now(session):
        await timers.schedule(session, DUE_SOON, row.id, remind_at)
    else:
        await timers.cancel(session, DUE_SOON, row.id)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> FieldReport:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, FieldReport, id, actor, lock=True)
    in_charge = is_holder(row.level, row.scope, actor.roles, actor.division)
    row.state = rules.next_state(action, row.standing, in_charge=in_charge)
    return row


async def _settle(session: AsyncSession, row: FieldReport, told: FieldReportFact) -> FieldReport:
    await session.flush()
    publish(session, told, at=row)
    return row


def _author(row: FieldReport) -> str:
    return row.created_by


def _fact(kind: type[E], row: FieldReport, **more: Any) -> E:
    return kind(
        field_report_id=row.id,
        number=row.number,
        kind=row.kind,
        kind_name=FieldReportKind(row.kind).label,
        contact_point_id=row.origin_id if row.kind == FieldReportKind.POINT_REPORT else None,
        division=row.division,
        level=row.level,
        state=row.state,
        due_at=row.due_at,
        **more,
    )


async def _waiting(session: AsyncSession, ref: UUID) -> FieldReport | None:
    """The report, locked, if its author still waits."""
    row = await session.scalar(select(FieldReport).where(FieldReport.id == ref).with_for_update())
    return row if row is not None and row.state in OPEN else None

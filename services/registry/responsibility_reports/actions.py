"""The verbs of the yearly reports: load, decide, change, publish."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.divisions.actions import place_of
from services.registry.permissions import in_charge
from services.registry.responsibility_reports import rules
from services.registry.responsibility_reports.schemas import (
    ReportCallRequest,
    ReportQuery,
    ReportSubmission,
    of_bureau,
    receives,
    reports,
)
from services.registry.responsibility_reports.tables import ResponsibilityReport
from services.registry.subjects.rules import NotInCharge, SubjectState, may_have_officers
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import legal_day, now, today
from shared.db import Scope
from shared.events.registry.responsibilities import (
    ReportAccepted,
    ReportCalled,
    ReportDue,
    ReportFact,
    ReportOverdue,
    ReportReturned,
    ReportSubmitted,
    ReportYearOpened,
)
from shared.facts import publish
from shared.law.calendar import last_day_of, next_reminder
from shared.law.divisions import Level
from shared.law.tables import Division, rule, scope_of
from shared.timers import cancel, schedule
from shared.web.paging import paginate

REMIND = "responsibility_report.remind"
"""The timer that tells that a report falls due, and when it is overdue."""
NEXT_YEAR = "responsibility_report.year"
"""The timer that calls for the reports of the next year."""
REPORT_RULE = "responsibility.report"

_THE_YEAR = UUID("5d1f7a8e-0000-7000-8000-000000000046")
"""There is one such timer; its thing has no row."""
_SORTS = {
    "id": ResponsibilityReport.id,
    "due_at": ResponsibilityReport.due_at,
    "updated_at": ResponsibilityReport.updated_at,
}


class Opened(NamedTuple):
    """Who was called on for a year."""

    year: int
    due_at: datetime
    subjects: int
    districts: int


async def page(
    session: AsyncSession, actor: Actor, query: ReportQuery
) -> tuple[list[ResponsibilityReport], str | None, int | None]:
    """The caller's reports that match, one page of them."""
    report = ResponsibilityReport
    statement = select(report).where(visible(report, actor))
    for name in ("state", "year", "reported_by", "subject_id"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(report, name) == value)
    outstanding = report.state.in_(rules.OUTSTANDING)
    if query.outstanding is not None:
        statement = statement.where(outstanding if query.outstanding else not_(outstanding))
    if query.overdue is not None:
        overdue = and_(outstanding, report.due_at <= now(session))
        statement = statement.where(overdue if query.overdue else not_(overdue))
    if query.division:
        statement = statement.where(in_division(report, query.division))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=report.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def call(
    session: AsyncSession, actor: Actor, request: ReportCallRequest
) -> ResponsibilityReport:
    """A subject or a district of the caller's is to report for a year."""
    rules.may_be_of(subject=request.subject_id is not None, division=request.division)
    due = await _due(session, request.year)
    if request.subject_id is not None:
        subject = await load(session, Subject, request.subject_id, actor)
        if not in_charge(
            actor,
            district=subject.district,
            township=subject.township,
            organisation=subject.organisation,
        ):
            raise NotInCharge
        may_have_officers(state=subject.state)
        report = _of_subject(session, subject, await scope_of(session, subject.division))
    else:
        assert request.division is not None
        scope = await place_of(session, actor, request.division)
        name = select(Division.name).where(
            Division.code == request.division, Division.valid_to.is_(None)
        )
        report = _of_district(
            session, request.division, await session.scalar(name) or request.division, scope
        )
    report.year, report.due_at = request.year, due
    session.add(report)
    await session.flush()
    await _remind_next(session, report)
    return await _done(session, report, ReportCalled)


async def open_year(session: AsyncSession, year: int) -> Opened:
    """All published subjects and all districts report for a year, and for every year after it."""
    due = await _due(session, year)
    # Holds off moves of townships until the commit: the scopes that are copied stay true.
    await scope_of(session, Scope().city)
    report = ResponsibilityReport
    known = exists().where(
        report.year == year,
        report.subject_id == Subject.id,
        unscoped(report, reason="the Bureau calls on all who were not called on yet"),
    )
    subjects = await session.scalars(
        select(Subject).where(
            Subject.state == SubjectState.PUBLISHED,
            not_(known),
            unscoped(Subject, reason="the Bureau calls on all subjects"),
        )
    )
    called = [_of_subject(session, subject, subject.scope) for subject in subjects]
    by_subjects = len(called)
    day = today(session)
    filed = exists().where(
        report.year == year,
        report.subject_id.is_(None),
        report.division == Division.code,
        unscoped(report, reason="the Bureau calls on all who were not called on yet"),
    )
    districts = select(Division.code, Division.name).where(
        Division.level == Level.DISTRICT,
        Division.valid_from <= day,
        or_(Division.valid_to.is_(None), Division.valid_to > day),
        not_(filed),
    )
    for code, name in await session.execute(districts):
        called.append(_of_district(session, code, name, Scope(district=code)))
    for row in called:
        row.year, row.due_at = year, due
    session.add_all(called)
    await session.flush()
    for row in called:
        await _remind_next(session, row)
    value = (await rule(session, REPORT_RULE)).value
    following = rules.due_at(year + 1, month=value["month"], day=value["day"])
    again = rules.first_moment(following, value["remind_days"])
    await schedule(session, NEXT_YEAR, _THE_YEAR, again)
    opened = Opened(year, due, by_subjects, len(called) - by_subjects)
    publish(session, ReportYearOpened(**opened._asdict()), at=Scope())
    return opened


async def open_next_year(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the reports of the year in which it was to fire are called for."""
    await open_year(session, legal_day(due_at).year)


async def submit(
    session: AsyncSession, actor: Actor, id: UUID, request: ReportSubmission
) -> ResponsibilityReport:
    """It is reported."""
    report = await load(session, ResponsibilityReport, id, actor, lock=True)
    if not reports(actor, report):
        raise NotInCharge
    rules.LIFECYCLE.may("submit", report.state)
    await cancel(session, REMIND, report.id)
    report.summary, report.document_no = request.summary, request.document_no
    report.submitted_by, report.submitted_at = actor.sub, now(session)
    report.reason = None
    told = {"late": report.submitted_at >= report.due_at}
    return await _done(session, report, ReportSubmitted, step="submit", told=told)


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> ResponsibilityReport:
    """It is complete."""
    report = await _receive(session, actor, id, "accept")
    return await _done(session, report, ReportAccepted, step="accept")


async def send_back(
    session: AsyncSession, actor: Actor, id: UUID, reason: str
) -> ResponsibilityReport:
    """It is to be completed and submitted again."""
    report = await _receive(session, actor, id, "return")
    report.reason = reason
    await _remind_next(session, report)
    return await _done(session, report, ReportReturned, step="return")


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the report `ref` falls due in some days, or is overdue."""
    report = await session.get(ResponsibilityReport, ref, with_for_update=True)
    if report is None or report.state not in rules.OUTSTANDING:
        return
    if rules.is_overdue(state=report.state, due=report.due_at, now=now(session)):
        publish(session, ReportOverdue.model_validate(_facts_of(report)), at=report)
        return
    left = (last_day_of(report.due_at) - today(session)).days
    await _remind_next(session, report)
    fact = ReportDue.model_validate({**_facts_of(report), "days_left": left})
    publish(session, fact, at=report)


async def _due(session: AsyncSession, year: int) -> datetime:
    value = (await rule(session, REPORT_RULE)).value
    due = rules.due_at(year, month=value["month"], day=value["day"])
    rules.may_call(
        year=year,
        due=due,
        due_on=last_day_of(due),
        now=now(session),
        this_year=today(session).year,
    )
    return due


def _of_subject(session: AsyncSession, subject: Subject, scope: Scope) -> ResponsibilityReport:
    return ResponsibilityReport(
        subject_id=subject.id,
        organisation=subject.uscc,
        reported_by=rules.Reporter.SUBJECT,
        reporter=subject.name,
        to_level="bureau" if subject.level == Level.CITY else "district",
        division=subject.division,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_at=now(session),
        updated_at=now(session),
    )


def _of_district(session: AsyncSession, code: str, name: str, scope: Scope) -> ResponsibilityReport:
    return ResponsibilityReport(
        reported_by=rules.Reporter.DISTRICT,
        reporter=name,
        to_level="bureau",
        division=code,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_at=now(session),
        updated_at=now(session),
    )


async def _remind_next(session: AsyncSession, report: ResponsibilityReport) -> None:
    if report.due_at <= now(session):
        return  # who is late was told so already
    days = (await rule(session, REPORT_RULE)).value["remind_days"]
    moment = next_reminder(report.due_at, days, now(session))
    await schedule(session, REMIND, report.id, moment)


async def _receive(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> ResponsibilityReport:
    """The locked report, if its state allows `action` and the caller receives it."""
    report = await load(session, ResponsibilityReport, id, actor, lock=True)
    if not receives(actor, report):
        raise NotInCharge
    rules.LIFECYCLE.may(action, report.state)
    rules.may_accept(
        caller=actor.sub,
        submitted_by=report.submitted_by,
        to_level=report.to_level,
        by_bureau=of_bureau(actor),
    )
    return report


async def _done(
    session: AsyncSession,
    report: ResponsibilityReport,
    event: type[ReportFact],
    *,
    step: str | None = None,
    told: dict[str, Any] | None = None,
) -> ResponsibilityReport:
    """Write the row in its new state and version, and the fact.

    `told` is what the fact says beyond the report as it stands.
    """
    if step is not None:
        report.state = rules.LIFECYCLE.next(step, report.state)
    report.updated_at = now(session)
    await session.flush()
    publish(session, event.model_validate({**_facts_of(report), **(told or {})}), at=report)
    return report


def _facts_of(report: ResponsibilityReport) -> dict[str, Any]:
    names = (
        *("subject_id", "organisation", "division", "reporter", "reported_by", "year", "state"),
        *("due_at", "to_level"),
    )
    return {"report_id": report.id, **{name: getattr(report, name) for name in names}}

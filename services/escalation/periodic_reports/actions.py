"""The verbs of a periodic report, and what happens as its day comes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import level_of_division
from services.escalation.participants.actions import line_of
from services.escalation.periodic_reports import rules
from services.escalation.periodic_reports.rules import PeriodicReportState, Task
from services.escalation.periodic_reports.schemas import (
    ReportPatch,
    ReturnReportRequest,
    Shown,
    part_of,
    standing,
)
from services.escalation.periodic_reports.tables import IS_OUTSTANDING, PeriodicReport
from services.escalation.pilot_views.tables import FocusTaskView, FrozenFigureView
from services.escalation.report_schedules.rules import REMINDERS, ReportKind
from services.escalation.report_schedules.tables import ReportSchedule
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import now, today
from shared.db import Scope
from shared.events.escalation.periodic_reports import (
    PeriodicReportAccepted,
    PeriodicReportCalled,
    PeriodicReportDrafted,
    PeriodicReportDueSoon,
    PeriodicReportFact,
    PeriodicReportMissed,
    PeriodicReportOverdue,
    PeriodicReportReturned,
    PeriodicReportSubmitted,
    PeriodicReportUrged,
)
from shared.facts import publish
from shared.law.calendar import end_of, last_day_of, next_reminder
from shared.law.tables import rule

REMIND = "periodic_report.remind"
"""The timer that tells that a report falls due, and when it is overdue."""

E = TypeVar("E", bound=PeriodicReportFact)


async def call(
    session: AsyncSession, schedule: ReportSchedule, reporter: str, scope: Scope
) -> PeriodicReport:
    """The division of `scope` is to report; `reporter` is its name."""
    moment = now(session)
    division = scope.township or scope.district or scope.city
    row = PeriodicReport(
        schedule_id=schedule.id,
        kind=schedule.kind,
        title=schedule.title,
        programme_id=schedule.programme_id,
        division=division,
        stands_for=await line_of(session, division),
        reporter=reporter,
        from_level=level_of_division(division),
        level=schedule.level,
        sections=schedule.sections,
        due_at=schedule.due_at,
        state=PeriodicReportState.CALLED,
        draft={"sections": {}, "statements": {}},
        late=False,
        comments={},
        urges=0,
        created_at=moment,
        changed_at=moment,
        district=scope.district,
        township=scope.township,
    )
    session.add(row)
    await session.flush()
    await _remind_next(session, row)
    return await _settle(session, row, PeriodicReportCalled)


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Shown:
    """One visible report with its tasks."""
    row = await load(session, PeriodicReport, id, actor)
    return Shown(row, (await tasks_of(session, [row]))[row.id])


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: ReportPatch) -> Shown:
    """Write on the draft."""
    row, tasks = await _step(session, actor, id, "change")
    cited = {figure for section in patch.sections for figure in section.figures}
    rules.may_draft(
        sections=[section.code for section in patch.sections],
        of_schedule=[section["code"] for section in row.sections],
        statements=[one.task_id for one in patch.statements],
        tasks=[task.id for task in tasks],
        figures=cited,
        citable={figures.id for figures in await _citable(session, row, cited)},
    )
    said = {
        one.code: {"text": one.text, "figures": [str(id) for id in dict.fromkeys(one.figures)]}
        for one in patch.sections
    }
    stated = {str(one.task_id): one.statement for one in patch.statements}
    row.draft = {
        "sections": {**row.draft["sections"], **said},
        "statements": {**row.draft["statements"], **stated},
    }
    return Shown(await _settle(session, row, PeriodicReportDrafted), tasks)


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Shown:
    """Hand it in, with its tasks and cited figures as they are now."""
    row, tasks = await _step(session, actor, id, "submit")
    cited = {UUID(id) for section in row.draft["sections"].values() for id in section["figures"]}
    figures = {str(one.id): _told(one) for one in await _citable(session, row, cited)}
    row.submission = rules.submission(row.draft, row.sections, tasks, figures)
    row.submitted_by, row.submitted_at = actor.sub, now(session)
    row.late = row.late or row.submitted_at >= row.due_at
    row.comments, row.remarks = {}, None
    await timers.cancel(session, REMIND, row.id)
    return Shown(await _settle(session, row, PeriodicReportSubmitted, late=row.late), tasks)


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Shown:
    """It is complete."""
    row, tasks = await _step(session, actor, id, "accept")
    row.accepted_by, row.accepted_at = actor.sub, now(session)
    return Shown(await _settle(session, row, PeriodicReportAccepted), tasks)


async def send_back(
    session: AsyncSession, actor: Actor, id: UUID, request: ReturnReportRequest
) -> Shown:
    """It is to be mended, section by section, and submitted again by another day."""
    row, tasks = await _step(session, actor, id, "return")
    codes = {section["code"] for section in row.sections}
    for one in request.comments:
        if one.section not in codes:
            raise rules.ReportSectionUnknown(section=one.section)
    if request.due_on < today(session):
        raise rules.ReportDueInPast
    row.remarks = request.remarks
    row.comments = {one.section: one.comment for one in request.comments}
    row.due_at, row.overdue_at = end_of(request.due_on), None
    await _remind_next(session, row)
    return Shown(await _settle(session, row, PeriodicReportReturned), tasks)


async def urge(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Shown:
    """Urge whoever is to report (催报)."""
    row, tasks = await _step(session, actor, id, "urge")
    row.remarks, row.urges = remarks, row.urges + 1
    return Shown(await _settle(session, row, PeriodicReportUrged), tasks)


async def miss(session: AsyncSession, schedule_id: UUID) -> None:
    """The schedule is closed: what is outstanding does not come any more."""
    rows = await session.scalars(
        select(PeriodicReport)
        .where(
            PeriodicReport.schedule_id == schedule_id,
            PeriodicReport.state.in_(rules.OUTSTANDING),
            unscoped(PeriodicReport, reason="whoever called for the reports closes all of them"),
        )
        .with_for_update()
    )
    for row in rows.all():
        row.state = rules.LIFECYCLE.next("miss", row.state)
        await timers.cancel(session, REMIND, row.id)
        await _settle(session, row, PeriodicReportMissed)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the report falls due in some days, or is overdue."""
    row = await session.scalar(
        select(PeriodicReport).where(PeriodicReport.id == ref).with_for_update()
    )
    if row is None or row.state not in rules.OUTSTANDING:
        return
    if row.due_at <= now(session):
        row.overdue_at = now(session)
        await _settle(session, row, PeriodicReportOverdue)
        return
    left = (last_day_of(row.due_at) - today(session)).days
    await _remind_next(session, row)
    publish(session, _fact(PeriodicReportDueSoon, row, days_left=left), at=row)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The day has passed and nothing was handed in."""
    return and_(is_outstanding(), PeriodicReport.due_at <= moment)


def is_outstanding() -> ColumnElement[bool]:
    """Whoever is to report has to do something."""
    # Written out, so that the planner sees that the partial index fits.
    return literal_column(f"periodic_report.{IS_OUTSTANDING}")


async def tasks_of(
    session: AsyncSession, rows: Iterable[PeriodicReport]
) -> dict[UUID, Sequence[Task]]:
    """Report → the focus tasks of its division in its programme, as they stand."""
    rows = list(rows)
    programmes = {row.programme_id for row in rows if row.programme_id is not None}
    found: Sequence[FocusTaskView] = ()
    if programmes:
        task = FocusTaskView
        divisions = {code for row in rows for code in row.stands_for}
        answer = await session.scalars(
            select(task)
            .where(task.programme_id.in_(programmes), task.division.in_(divisions))
            .order_by(task.division, task.id)
        )
        found = answer.all()
    return {
        row.id: [
            Task(one.id, one.title, one.state, one.state_name, one.percent)
            for one in found
            if one.programme_id == row.programme_id and one.division in row.stands_for
        ]
        for row in rows
    }


async def _citable(
    session: AsyncSession, row: PeriodicReport, ids: Iterable[UUID]
) -> Sequence[FrozenFigureView]:
    """Those of `ids` that were frozen for the division, or for one that it succeeded."""
    found = await session.scalars(
        select(FrozenFigureView).where(
            FrozenFigureView.id.in_(list(ids)), FrozenFigureView.division.in_(row.stands_for)
        )
    )
    return found.all()


def _told(figures: FrozenFigureView) -> dict[str, Any]:
    """As a report freezes what it cites."""
    days: dict[str, date] = {"first_day": figures.first_day, "last_day": figures.last_day}
    names = ("division", "figures", "labels", "coverages", "coverage_labels")
    return {
        "frozen_figure_id": str(figures.id),
        **{name: day.isoformat() for name, day in days.items()},
        **{name: getattr(figures, name) for name in names},
    }


async def _remind_next(session: AsyncSession, row: PeriodicReport) -> None:
    if row.due_at <= now(session):
        return  # the pilot's days may have passed before the system knew of it: nobody is reminded
    days = (await rule(session, REMINDERS)).value["days"]
    await timers.schedule(session, REMIND, row.id, next_reminder(row.due_at, days, now(session)))


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Shown:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, PeriodicReport, id, actor, lock=True)
    tasks = (await tasks_of(session, [row]))[row.id]
    row.state = rules.next_state(action, standing(row, tasks), part_of(row, actor))
    return Shown(row, tasks)


async def _settle(
    session: AsyncSession, row: PeriodicReport, kind: type[E], **more: Any
) -> PeriodicReport:
    row.changed_at = now(session)
    await session.flush()
    publish(session, _fact(kind, row, **more), at=row)
    return row


def _fact(kind: type[E], row: PeriodicReport, **more: Any) -> E:
    names = ("schedule_id", "kind", "title", "programme_id", "division", "reporter", "from_level")
    told: dict[str, Any] = {name: getattr(row, name) for name in (*names, "level", "state")}
    return kind(
        periodic_report_id=row.id,
        kind_name=ReportKind(row.kind).label,
        due_at=row.due_at,
        **told,
        **more,
    )

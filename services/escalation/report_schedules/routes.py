"""Report schedules over HTTP: see `report_schedules.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.report_schedules import actions
from services.escalation.report_schedules.schemas import (
    PilotSchedulesRequest,
    ReportScheduleQuery,
    ReportScheduleRequest,
    ReportSchedulesView,
    ReportScheduleView,
)
from services.escalation.report_schedules.tables import ReportSchedule
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/report-schedules", "periodic reports")

Reader = Annotated[Actor, May("report_schedule:read")]
Caller = Annotated[Actor, May("report_schedule:call")]


@router.get("")
async def list_report_schedules(
    session: ReadSession, actor: Reader, query: Annotated[ReportScheduleQuery, Query()]
) -> Page[ReportScheduleView]:
    """The schedules that the caller opened or reports for, newest first."""
    schedule = ReportSchedule
    statement = select(schedule).where(visible(schedule, actor))
    for column, value in (
        (schedule.programme_id, query.programme_id),
        (schedule.kind, query.kind),
        (schedule.state, query.state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows, cursor, count = await paginate(
        session, statement, sort="-id", columns={"id": schedule.id}, id=schedule.id, paging=query
    )
    found = [row for (row,) in rows]
    counts = await actions.counts_of(session, actor, found)
    moment = now(session)
    items = [ReportScheduleView.of(row, counts[row.id], actor, moment) for row in found]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def open_report_schedule(
    session: Session, actor: Caller, body: ReportScheduleRequest
) -> ReportScheduleView:
    """Call for reports: of the pilots of a programme, or of divisions of the next level below.

    Each has a report to write from now on, and is reminded as the day comes (rule
    `periodic_report.reminders`).
    """
    shown = await actions.open_one(session, actor, body)
    return ReportScheduleView.of(*shown, actor, now(session))


@router.post("/pilot", status_code=201)
async def open_pilot_report_schedules(
    session: Session, actor: Caller, body: PilotSchedulesRequest
) -> ReportSchedulesView:
    """Call for the interim and the final summary of the pilot (渝府办发〔2022〕70号五(三)).

    By the notice's own days, 2022-10-31 and 2023-06-30, unless others are given. Of days that
    have passed nobody is reminded; the reports stand as overdue from the start.
    """
    moment = now(session)
    opened = await actions.open_pilot(session, actor, body)
    items = [ReportScheduleView.of(*shown, actor, moment) for shown in opened]
    return ReportSchedulesView(items=items)


@router.get("/{id}")
async def get_report_schedule(session: ReadSession, actor: Reader, id: UUID) -> ReportScheduleView:
    """One schedule, and how its reports stand."""
    row = await load(session, ReportSchedule, id, actor)
    counts = await actions.counts_of(session, actor, [row])
    return ReportScheduleView.of(row, counts[row.id], actor, now(session))


@router.post("/{id}/close")
async def close_report_schedule(session: Session, actor: Caller, id: UUID) -> ReportScheduleView:
    """Close it (截止): what is outstanding was not reported (未报送).

    Refused while a report waits to be accepted, and before the day unless all are accepted.
    """
    return ReportScheduleView.of(*await actions.close(session, actor, id), actor, now(session))

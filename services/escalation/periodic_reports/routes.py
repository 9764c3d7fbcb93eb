"""Periodic reports over HTTP: see `periodic_reports.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, select

from services.escalation.periodic_reports import actions
from services.escalation.periodic_reports.schemas import (
    PeriodicReportLine,
    PeriodicReportQuery,
    PeriodicReportView,
    ReportPatch,
    ReturnReportRequest,
    UrgeReportRequest,
)
from services.escalation.periodic_reports.tables import PeriodicReport
from shared.access.actor import Actor, May
from shared.access.visibility import visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/reports", "periodic reports")

Reader = Annotated[Actor, May("periodic_report:read")]
Reporter = Annotated[Actor, May("periodic_report:hand_in")]
Receiver = Annotated[Actor, May("periodic_report:receive")]


@router.get("")
async def list_reports(
    session: ReadSession, actor: Reader, query: Annotated[PeriodicReportQuery, Query()]
) -> Page[PeriodicReportLine]:
    """The periodic reports that the caller may see, newest first.

    `outstanding=true` lists who has not reported, `overdue=true` who is late with it.
    """
    moment, report = now(session), PeriodicReport
    statement = select(report).where(visible(report, actor))
    for column, value in (
        (report.schedule_id, query.schedule_id),
        (report.programme_id, query.programme_id),
        (report.kind, query.kind),
        (report.state, query.state),
        (report.late, query.late),
    ):
        if value is not None:
            statement = statement.where(column == value)
    for asked, criterion in (
        (query.outstanding, actions.is_outstanding()),
        (query.overdue, actions.is_overdue(moment)),
    ):
        if asked is not None:
            statement = statement.where(criterion if asked else not_(criterion))
    if query.division is not None:
        statement = statement.where(in_division(report, query.division, direct=query.direct))
    called = in_days(report.created_at, query.called_from, query.called_to)
    submitted = in_days(report.submitted_at, query.submitted_from, query.submitted_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*called, *submitted),
        sort=query.sort,
        columns={"id": report.id, "due_at": report.due_at},
        id=report.id,
        paging=query,
    )
    found = [row for (row,) in rows]
    tasks = await actions.tasks_of(session, found)
    items = [PeriodicReportLine.of(row, tasks[row.id], actor, moment) for row in found]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_report(session: ReadSession, actor: Reader, id: UUID) -> PeriodicReportView:
    """One report: what was handed in last, and to who reports the draft.

    The draft lists the sections that are asked for and the focus tasks of the division as they
    stand, and what has to be said before it can be submitted.
    """
    shown = await actions.read(session, actor, id)
    return PeriodicReportView.of(*shown, actor, now(session))


@router.patch("/{id}")
async def draft_report(
    session: Session, actor: Reporter, id: UUID, body: ReportPatch
) -> PeriodicReportView:
    """Write sections of the report and statements on focus tasks, as the division that reports.

    A section may cite figures that the registry froze for the division
    (`registry.figures.frozen.v1`) by their ids; those of others are refused.
    """
    shown = await actions.change(session, actor, id, body)
    return PeriodicReportView.of(*shown, actor, now(session))


@router.post("/{id}/submit")
async def submit_report(session: Session, actor: Reporter, id: UUID) -> PeriodicReportView:
    """Submit it (报送): refused while a required section or a statement on a task is empty.

    The tasks and the cited figures are kept as they are now.
    """
    return PeriodicReportView.of(*await actions.submit(session, actor, id), actor, now(session))


@router.post("/{id}/accept")
async def accept_report(session: Session, actor: Receiver, id: UUID) -> PeriodicReportView:
    """Accept it (接收), as the level above and another person than who submitted it."""
    return PeriodicReportView.of(*await actions.accept(session, actor, id), actor, now(session))


@router.post("/{id}/return")
async def return_report(
    session: Session, actor: Receiver, id: UUID, body: ReturnReportRequest
) -> PeriodicReportView:
    """Return it to be mended (退回补正) section by section, and submitted again by a day."""
    shown = await actions.send_back(session, actor, id, body)
    return PeriodicReportView.of(*shown, actor, now(session))


@router.post("/{id}/urge")
async def urge_report(
    session: Session, actor: Receiver, id: UUID, body: UrgeReportRequest
) -> PeriodicReportView:
    """Urge whoever has not reported yet (催报)."""
    shown = await actions.urge(session, actor, id, body.remarks)
    return PeriodicReportView.of(*shown, actor, now(session))

"""The yearly reports over HTTP: see `responsibility_reports.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.responsibility_reports import actions
from services.registry.responsibility_reports.schemas import (
    ReportCallRequest,
    ReportQuery,
    ReportReason,
    ReportSubmission,
    ReportView,
    ReportYearRequest,
    ReportYearView,
)
from services.registry.responsibility_reports.tables import ResponsibilityReport
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/responsibility-reports", "responsibilities")


@router.get("")
async def list_responsibility_reports(
    session: ReadSession,
    actor: Annotated[Actor, May("responsibility_report:read")],
    query: Annotated[ReportQuery, Query()],
) -> Page[ReportView]:
    """The yearly reports (执法责任制报告); `outstanding=true` lists who has not reported."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ReportView.of(row, actor, now(session)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def call_for_responsibility_report(
    session: Session,
    actor: Annotated[Actor, May("responsibility_report:call")],
    body: ReportCallRequest,
) -> ReportView:
    """Call on one subject or district to report for a year."""
    return ReportView.of(await actions.call(session, actor, body), actor, now(session))


@router.post("/years", status_code=201)
async def open_responsibility_report_year(
    session: Session,
    actor: Annotated[Actor, May("responsibility_report:open_year")],
    body: ReportYearRequest,
) -> ReportYearView:
    """Call on all published subjects and districts for a year.

    The years after follow by themselves. Who was called on already is left alone.
    """
    return ReportYearView.model_validate(await actions.open_year(session, body.year))


@router.get("/{id}")
async def get_responsibility_report(
    session: ReadSession, actor: Annotated[Actor, May("responsibility_report:read")], id: UUID
) -> ReportView:
    """One yearly report."""
    return ReportView.of(await load(session, ResponsibilityReport, id, actor), actor, now(session))


@router.post("/{id}/submit")
async def submit_responsibility_report(
    session: Session,
    actor: Annotated[Actor, May("responsibility_report:submit")],
    id: UUID,
    body: ReportSubmission,
) -> ReportView:
    """Submit the report (报送): a body its own, a legal office that of its district."""
    return ReportView.of(await actions.submit(session, actor, id, body), actor, now(session))


@router.post("/{id}/accept")
async def accept_responsibility_report(
    session: Session, actor: Annotated[Actor, May("responsibility_report:accept")], id: UUID
) -> ReportView:
    """Accept the report, by the level above; never by who submitted it."""
    return ReportView.of(await actions.accept(session, actor, id), actor, now(session))


@router.post("/{id}/return")
async def return_responsibility_report(
    session: Session,
    actor: Annotated[Actor, May("responsibility_report:accept")],
    id: UUID,
    body: ReportReason,
) -> ReportView:
    """Return the report to be completed (退回补正)."""
    report = await actions.send_back(session, actor, id, body.reason)
    return ReportView.of(report, actor, now(session))

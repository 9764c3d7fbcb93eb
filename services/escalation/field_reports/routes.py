"""Reports of contact points and leads of lay monitors over HTTP: one life, two collections."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.field_reports import actions
from services.escalation.field_reports.rules import FieldReportKind
from services.escalation.field_reports.schemas import (
    AnswerFieldReportRequest,
    EscalateFieldReportRequest,
    FieldReportQuery,
    FieldReportView,
    LeadRequest,
    PointReportRequest,
)
from services.escalation.field_reports.tables import FieldReport
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

points = router_of("/escalation/v1/point-reports", "field reports")
leads = router_of("/escalation/v1/leads", "field reports")
router = router_of("/escalation/v1/field-reports", "field reports")

Reader = Annotated[Actor, May("field_report:read")]


@points.post("", status_code=201)
async def report_from_contact_point(
    session: Session,
    actor: Annotated[Actor, May("field_report:report")],
    body: PointReportRequest,
) -> FieldReportView:
    """Hand in what a contact point reports (联系点报告), where the point is.

    Its author is answered within the term of the rule `field_report.answer`.
    """
    return FieldReportView.of(await actions.report(session, actor, body), actor, now(session))


@points.get("")
async def list_point_reports(
    session: ReadSession, actor: Reader, query: Annotated[FieldReportQuery, Query()]
) -> Page[FieldReportView]:
    """The reports of contact points that the caller may see, newest first."""
    return await _list(session, actor, query, FieldReportKind.POINT_REPORT)


@leads.post("", status_code=201)
async def submit_lead(
    session: Session, actor: Annotated[Actor, May("field_report:lead")], body: LeadRequest
) -> FieldReportView:
    """Hand in what a lay monitor saw (线索) in the division that they serve.

    They see what becomes of it, and are answered within the term of `field_report.answer`.
    """
    return FieldReportView.of(await actions.lead(session, actor, body), actor, now(session))


@leads.get("")
async def list_leads(
    session: ReadSession, actor: Reader, query: Annotated[FieldReportQuery, Query()]
) -> Page[FieldReportView]:
    """The leads of lay monitors that the caller may see, newest first; a monitor's own."""
    return await _list(session, actor, query, FieldReportKind.LEAD)


@router.get("/{id}")
async def get_field_report(session: ReadSession, actor: Reader, id: UUID) -> FieldReportView:
    """One report of a contact point, or one lead."""
    return FieldReportView.of(await load(session, FieldReport, id, actor), actor, now(session))


@router.post("/{id}/triage")
async def triage_field_report(
    session: Session, actor: Annotated[Actor, May("field_report:triage")], id: UUID
) -> FieldReportView:
    """Take it up (受理), as the level of its division."""
    return FieldReportView.of(await actions.triage(session, actor, id), actor, now(session))


@router.post("/{id}/escalate")
async def escalate_field_report(
    session: Session,
    actor: Annotated[Actor, May("field_report:escalate")],
    id: UUID,
    body: EscalateFieldReportRequest,
) -> FieldReportView:
    """Raise an issue (上报问题) of it; the author is answered all the same."""
    row = await actions.escalate(session, actor, id, body.reason)
    return FieldReportView.of(row, actor, now(session))


@router.post("/{id}/answer")
async def answer_field_report(
    session: Session,
    actor: Annotated[Actor, May("field_report:answer")],
    id: UUID,
    body: AnswerFieldReportRequest,
) -> FieldReportView:
    """Tell the author what became of it (答复)."""
    row = await actions.answer(session, actor, id, body.answer)
    return FieldReportView.of(row, actor, now(session))


async def _list(
    session: AsyncSession, actor: Actor, query: FieldReportQuery, kind: FieldReportKind
) -> Page[FieldReportView]:
    moment = now(session)
    statement = select(FieldReport).where(visible(FieldReport, actor), FieldReport.kind == kind)
    if query.state is not None:
        statement = statement.where(FieldReport.state == query.state)
    if query.origin_id is not None:
        statement = statement.where(FieldReport.origin_id == query.origin_id)
    if query.division is not None:
        place = in_division(FieldReport, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else not_(overdue))
    days = in_days(FieldReport.created_at, query.reported_from, query.reported_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        sort=query.sort,
        columns={"id": FieldReport.id, "due_at": FieldReport.due_at},
        id=FieldReport.id,
        paging=query,
    )
    items = [FieldReportView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)

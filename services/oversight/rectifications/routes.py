"""Rectifications over HTTP: ordered, received, submitted, verified."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import not_, or_, select

from services.oversight.inspections.actions import recused_from
from services.oversight.rectifications import actions
from services.oversight.rectifications.schemas import (
    EXPORTED,
    ExtensionRequest,
    GrantRequest,
    PlanRequest,
    ProgressFilters,
    ProgressRequest,
    ProgressView,
    RectificationExport,
    RectificationQuery,
    RectificationRequest,
    RectificationView,
    RefusalRequest,
    RejectionRequest,
    RevocationRequest,
    SubmissionRequest,
    VerificationRequest,
)
from services.oversight.rectifications.tables import Rectification, RectificationProgress
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.exports import FILES, export
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/rectifications", "rectifications")

Reader = Annotated[Actor, May("rectification:read")]
Answerer = Annotated[Actor, May("rectification:answer")]
Judge = Annotated[Actor, May("rectification:judge")]


@router.post("", status_code=201)
async def order_rectification(
    session: Session,
    actor: Annotated[Actor, May("rectification:order")],
    body: RectificationRequest,
) -> RectificationView:
    """Order that a confirmed finding be corrected (责令整改).

    The deadline is that of the rule `rectification.period` in force or a shorter one. When it
    passes without a submission the rectification is overdue, and the fact of it goes to escalation.
    """
    return RectificationView.of(await actions.order(session, actor, body), actor, now(session))


@router.get("")
async def list_rectifications(
    session: ReadSession, actor: Reader, filters: Annotated[RectificationQuery, Query()]
) -> Page[RectificationView]:
    """The register of rectifications (整改台账), the nearest deadline first."""
    moment = now(session)
    statement = select(Rectification).where(visible(Rectification, actor))
    for column, value in (
        (Rectification.state, filters.state),
        (Rectification.subject_id, filters.subject_id),
        (Rectification.finding_id, filters.finding_id),
        (Rectification.inspection_id, filters.inspection_id),
        (Rectification.severity, filters.severity),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Rectification, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Rectification.ordered_at, filters.ordered_from, filters.ordered_to)
    )
    statement = statement.where(*in_days(Rectification.due_at, filters.due_from, filters.due_to))
    statement = statement.where(
        *in_days(Rectification.verified_at, filters.verified_from, filters.verified_to)
    )
    if filters.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if filters.overdue else not_(overdue))
    if filters.q is not None:
        statement = statement.where(
            or_(
                Rectification.requirement.icontains(filters.q, autoescape=True),
                Rectification.subject_name.icontains(filters.q, autoescape=True),
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={
            "due_at": Rectification.due_at,
            "ordered_at": Rectification.ordered_at,
            "id": Rectification.id,
        },
        id=Rectification.id,
        paging=filters,
    )
    off = await recused_from(session, actor, [row.inspection_id for (row,) in rows])
    items = [
        RectificationView.of(row, actor, moment, recused=row.inspection_id in off)
        for (row,) in rows
    ]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_rectifications(
    request: Request, actor: Reader, query: Annotated[RectificationExport, Query()]
) -> Response:
    """The register of rectifications (整改台账) as CSV or XLSX, with every filter of the list."""
    return await export(
        request,
        actor,
        query,
        list_rectifications,
        of=RectificationQuery,
        name="rectifications",
        columns=EXPORTED,
    )


@router.get("/{id}")
async def get_rectification(session: ReadSession, actor: Reader, id: UUID) -> RectificationView:
    """One rectification, with its deadline and what the caller may do with it now."""
    row = await load(session, Rectification, id, actor)
    off = await recused_from(session, actor, [row.inspection_id])
    return RectificationView.of(row, actor, now(session), recused=bool(off))


@router.post("/{id}/receive")
async def receive_rectification(session: Session, actor: Answerer, id: UUID) -> RectificationView:
    """Acknowledge that the order was received, for one's own body."""
    return RectificationView.of(await actions.receive(session, actor, id), actor, now(session))


@router.post("/{id}/begin")
async def begin_rectification(session: Session, actor: Answerer, id: UUID) -> RectificationView:
    """Say that the correction is under way; also after a rejection."""
    return RectificationView.of(await actions.begin(session, actor, id), actor, now(session))


@router.post("/{id}/plan")
async def plan_rectification(
    session: Session, actor: Answerer, id: UUID, body: PlanRequest
) -> RectificationView:
    """Lay down how it will be corrected (整改方案): by whom, in which steps, by which days.

    While the deadline runs no step ends behind it. A later plan takes the place of the one before,
    which stays on record.
    """
    return RectificationView.of(await actions.plan(session, actor, id, body), actor, now(session))


@router.post("/{id}/report-progress")
async def report_rectification_progress(
    session: Session, actor: Answerer, id: UUID, body: ProgressRequest
) -> RectificationView:
    """Report how far the correction is (整改进展)."""
    row = await actions.report_progress(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.get("/{id}/progress")
async def list_rectification_progress(
    session: ReadSession,
    actor: Reader,
    id: UUID,
    filters: Annotated[ProgressFilters, Query()],
) -> Page[ProgressView]:
    """What the subject reported on the way, the newest first."""
    await load(session, Rectification, id, actor)
    rows, next_cursor, count = await paginate(
        session,
        select(RectificationProgress).where(RectificationProgress.rectification_id == id),
        sort=filters.sort,
        columns={"id": RectificationProgress.id},
        id=RectificationProgress.id,
        paging=filters,
    )
    items = [ProgressView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.post("/{id}/submit")
async def submit_rectification(
    session: Session, actor: Answerer, id: UUID, body: SubmissionRequest
) -> RectificationView:
    """Report what was corrected, with the documents that prove it.

    After the deadline it is still possible, and marked as late.
    """
    row = await actions.submit(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.post("/{id}/verify")
async def verify_rectification(
    session: Session, actor: Judge, id: UUID, body: VerificationRequest
) -> RectificationView:
    """Verify that it is corrected (验收).

    By another person than the one who submitted it, and than the one who ordered it.
    """
    row = await actions.verify(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.post("/{id}/reject")
async def reject_rectification(
    session: Session, actor: Judge, id: UUID, body: RejectionRequest
) -> RectificationView:
    """Reject a submission: the subject goes on, by the rule `rectification.rework` in force or a
    shorter term.

    A deadline that runs longer than that anyway is not shortened.
    """
    row = await actions.reject(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.post("/{id}/revoke")
async def revoke_rectification(
    session: Session, actor: Judge, id: UUID, body: RevocationRequest
) -> RectificationView:
    """Revoke an order that was wrong (撤回责令整改): by another person than the one who gave it.

    The finding stands, and can be reopened or ordered to be corrected anew.
    """
    return RectificationView.of(await actions.revoke(session, actor, id, body), actor, now(session))


@router.post("/{id}/request-extension")
async def request_extension(
    session: Session, actor: Answerer, id: UUID, body: ExtensionRequest
) -> RectificationView:
    """Ask for more time, before the deadline has passed.

    One extension can be granted, or as many as the rule `rectification.extension` in force on the
    day of the order says.
    """
    row = await actions.request_extension(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.post("/{id}/extend")
async def grant_extension(
    session: Session, actor: Judge, id: UUID, body: GrantRequest
) -> RectificationView:
    """Grant the extension that the subject asked for, as asked or with other days.

    It is counted from the last day of the running deadline; what the rule allows is used up then.
    """
    row = await actions.extend(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))


@router.post("/{id}/refuse-extension")
async def refuse_extension(
    session: Session, actor: Judge, id: UUID, body: RefusalRequest
) -> RectificationView:
    """Refuse the extension that the subject asked for; the deadline stays as it is."""
    row = await actions.refuse_extension(session, actor, id, body)
    return RectificationView.of(row, actor, now(session))

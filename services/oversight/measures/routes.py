"""Measures over HTTP: proposed, decided, executed, reported, verified."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, or_, select

from services.oversight.inspections.actions import recused_from
from services.oversight.measures import actions
from services.oversight.measures.schemas import (
    DecideRequest,
    DeclineRequest,
    ExecuteRequest,
    MeasureFilters,
    MeasureRejectionRequest,
    MeasureRequest,
    MeasureVerdictRequest,
    MeasureView,
    ReportRequest,
)
from services.oversight.measures.tables import Measure
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/measures", "measures")

Reader = Annotated[Actor, May("measure:read")]
Decider = Annotated[Actor, May("measure:decide")]
Executing = Annotated[Actor, May("measure:execute")]
Judge = Annotated[Actor, May("measure:judge")]


@router.post("", status_code=201)
async def propose_measure(
    session: Session, actor: Annotated[Actor, May("measure:propose")], body: MeasureRequest
) -> MeasureView:
    """Propose a measure (监督处理) on a confirmed finding.

    责令履行, 撤销, 变更, 确认违法, 确认无效, 通报批评, 约谈, 暂扣证件 or 离岗培训. The rule
    `measure.<kind>` in force says on which grounds, who carries it out and within which term.
    """
    return MeasureView.of(await actions.propose(session, actor, body), actor, now(session))


@router.get("")
async def list_handling_measures(
    session: ReadSession, actor: Reader, filters: Annotated[MeasureFilters, Query()]
) -> Page[MeasureView]:
    """The measures that the caller may see, the newest first."""
    moment = now(session)
    statement = select(Measure).where(visible(Measure, actor))
    for column, value in (
        (Measure.state, filters.state),
        (Measure.kind, filters.kind),
        (Measure.ground, filters.ground),
        (Measure.executor, filters.executor),
        (Measure.subject_id, filters.subject_id),
        (Measure.finding_id, filters.finding_id),
        (Measure.officer_id, filters.officer_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Measure, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Measure.decided_at, filters.decided_from, filters.decided_to)
    )
    statement = statement.where(*in_days(Measure.due_at, filters.due_from, filters.due_to))
    if filters.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if filters.overdue else not_(overdue))
    if filters.q is not None:
        statement = statement.where(
            or_(
                Measure.reasons.icontains(filters.q, autoescape=True),
                Measure.subject_name.icontains(filters.q, autoescape=True),
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Measure.id, "due_at": Measure.due_at},
        id=Measure.id,
        paging=filters,
    )
    off = await recused_from(session, actor, [row.inspection_id for (row,) in rows])
    items = [
        MeasureView.of(row, actor, moment, recused=row.inspection_id in off) for (row,) in rows
    ]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_measure(session: ReadSession, actor: Reader, id: UUID) -> MeasureView:
    """One measure, with its deadline and what the caller may do with it now."""
    row = await load(session, Measure, id, actor)
    off = await recused_from(session, actor, [row.inspection_id])
    return MeasureView.of(row, actor, now(session), recused=bool(off))


@router.post("/{id}/decide")
async def decide_measure(
    session: Session, actor: Decider, id: UUID, body: DecideRequest
) -> MeasureView:
    """Decide that it is taken: by another person than the one who proposed it.

    The suspension of a certificate is put before its issuer, who approves or refuses it.
    """
    return MeasureView.of(await actions.decide(session, actor, id, body), actor, now(session))


@router.post("/{id}/decline")
async def decline_measure(
    session: Session, actor: Decider, id: UUID, body: DeclineRequest
) -> MeasureView:
    """Decide that it is not taken: by another person than the one who proposed it."""
    return MeasureView.of(await actions.decline(session, actor, id, body), actor, now(session))


@router.post("/{id}/execute")
async def execute_measure(
    session: Session, actor: Executing, id: UUID, body: ExecuteRequest
) -> MeasureView:
    """Say that it is carried out: the unit, or the supervising body where the rule names that."""
    return MeasureView.of(await actions.execute(session, actor, id, body), actor, now(session))


@router.post("/{id}/report")
async def report_measure(
    session: Session, actor: Executing, id: UUID, body: ReportRequest
) -> MeasureView:
    """Report on the execution in writing, with the documents that prove it."""
    return MeasureView.of(await actions.report(session, actor, id, body), actor, now(session))


@router.post("/{id}/verify")
async def verify_measure(
    session: Session, actor: Judge, id: UUID, body: MeasureVerdictRequest
) -> MeasureView:
    """Verify that it is carried out: by another person than the one who reported it."""
    return MeasureView.of(await actions.verify(session, actor, id, body), actor, now(session))


@router.post("/{id}/reject")
async def reject_measure(
    session: Session, actor: Judge, id: UUID, body: MeasureRejectionRequest
) -> MeasureView:
    """Send a report back: the executor goes on, by the rule `measure.rework` in force.

    A deadline that runs longer than that anyway is not shortened.
    """
    return MeasureView.of(await actions.reject(session, actor, id, body), actor, now(session))


@router.post("/{id}/revoke")
async def revoke_measure(
    session: Session, actor: Decider, id: UUID, body: DeclineRequest
) -> MeasureView:
    """Revoke a measure that was wrong: by another person than the one who decided it."""
    return MeasureView.of(await actions.revoke(session, actor, id, body), actor, now(session))

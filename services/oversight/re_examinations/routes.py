"""Re-examinations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.re_examinations import actions
from services.oversight.re_examinations.rules import DECIDE, REQUEST
from services.oversight.re_examinations.schemas import (
    OutcomeRequest,
    ReExaminationQuery,
    ReExaminationRequest,
    ReExaminationView,
)
from services.oversight.re_examinations.tables import ReExamination
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/re-examinations", "documents")

Reader = Annotated[Actor, May("document:read")]
Applicant = Annotated[Actor, May(REQUEST)]
Decider = Annotated[Actor, May(DECIDE)]


@router.get("")
async def list_re_examinations(
    session: ReadSession, actor: Reader, query: Annotated[ReExaminationQuery, Query()]
) -> Page[ReExaminationView]:
    """The re-examinations of decisions (复查) that the caller may see, the newest first."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ReExaminationView.of(row, actor, now(session)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def request_re_examination(
    session: Session, actor: Applicant, body: ReExaminationRequest
) -> ReExaminationView:
    """Apply for the re-examination (申请复查) of a decision about one's own body.

    Once, within the term that runs from its service. The decision is executed meanwhile.
    """
    row = await actions.request_it(session, actor, body)
    return ReExaminationView.of(row, actor, now(session))


@router.get("/{id}")
async def get_re_examination(session: ReadSession, actor: Reader, id: UUID) -> ReExaminationView:
    """One re-examination."""
    row = await load(session, ReExamination, id, actor)
    return ReExaminationView.of(row, actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_re_examination(
    session: Session, actor: Applicant, id: UUID
) -> ReExaminationView:
    """Withdraw one's own application (撤回); the decision stands."""
    row = await actions.withdraw(session, actor, id)
    return ReExaminationView.of(row, actor, now(session))


@router.post("/{id}/uphold")
async def uphold_decision(
    session: Session, actor: Decider, id: UUID, body: OutcomeRequest
) -> ReExaminationView:
    """Uphold the decision (维持), by another than those who made it."""
    row = await actions.uphold(session, actor, id, body)
    return ReExaminationView.of(row, actor, now(session))


@router.post("/{id}/amend")
async def amend_decision(
    session: Session, actor: Decider, id: UUID, body: OutcomeRequest
) -> ReExaminationView:
    """Put another decision in its place (变更): what the named document says."""
    row = await actions.amend(session, actor, id, body)
    return ReExaminationView.of(row, actor, now(session))


@router.post("/{id}/revoke")
async def revoke_decision(
    session: Session, actor: Decider, id: UUID, body: OutcomeRequest
) -> ReExaminationView:
    """Revoke the decision (撤销)."""
    row = await actions.revoke(session, actor, id, body)
    return ReExaminationView.of(row, actor, now(session))

"""Reviews of case files over HTTP: see `case_reviews.rules` for how one goes."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_reviews import actions
from services.oversight.case_reviews.rules import sample
from services.oversight.case_reviews.schemas import (
    CaseAssignRequest,
    CaseCancelRequest,
    CaseDecideRequest,
    CaseObjectRequest,
    CaseReviewQuery,
    CaseReviewRequest,
    CaseReviewView,
    SampleView,
)
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.inspections.actions import recused_from
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/case-reviews", "case reviews")

Reader = Annotated[Actor, May("case_review:read")]
Manager = Annotated[Actor, May("case_review:manage")]
Subject = Annotated[Actor, May("case_review:answer")]


async def _view(session: AsyncSession, row: CaseReview, actor: Actor) -> CaseReviewView:
    off = await recused_from(session, actor, [row.inspection_id])
    return CaseReviewView.of(row, actor, now(session), recused=bool(off))


@router.get("")
async def list_case_reviews(
    session: ReadSession, actor: Reader, query: Annotated[CaseReviewQuery, Query()]
) -> Page[CaseReviewView]:
    """The reviews of case files (案卷评查) that the caller may see; a subject's, once announced."""
    rows, cursor, count = await actions.page(session, actor, query)
    moment = now(session)
    off = await recused_from(session, actor, [row.inspection_id for row in rows])
    items = [
        CaseReviewView.of(row, actor, moment, recused=row.inspection_id in off) for row in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def sample_case_files(
    session: Session, actor: Manager, body: CaseReviewRequest
) -> CaseReviewView:
    """Draw files (抽取案卷) of the body that an inspection of files is about.

    The seed is drawn after the list is fixed and kept with it, so that anybody who has the list
    can draw the sample again. The body does not see the review until it is announced.
    """
    return await _view(session, await actions.sample(session, actor, body), actor)


@router.get("/{id}")
async def get_case_review(session: ReadSession, actor: Reader, id: UUID) -> CaseReviewView:
    """One review."""
    return await _view(session, await actions.read(session, actor, id), actor)


@router.get("/{id}/sample")
async def get_case_sample(session: ReadSession, actor: Reader, id: UUID) -> SampleView:
    """What the sample was drawn from, the seed, and the sample drawn again by it."""
    row = await load(session, CaseReview, id, actor)
    drawn = sample(row.population, size=row.sample_size, seed=row.seed)
    return SampleView(
        seed=row.seed, population=row.population, digest=row.digest, sampled=sorted(drawn)
    )


@router.post("/{id}/assign")
async def assign_case_reviewers(
    session: Session, actor: Manager, id: UUID, body: CaseAssignRequest
) -> CaseReviewView:
    """Name two reviewers (评查人) and an arbiter (复评人), none of them of the subject.

    Whoever is of another district (交叉评查) sees this review and its files until it ends, and
    nothing else of the inspection.
    """
    return await _view(session, await actions.assign(session, actor, id, body), actor)


@router.post("/{id}/announce")
async def announce_case_review(session: Session, actor: Manager, id: UUID) -> CaseReviewView:
    """Tell the body the result (反馈), by another person than who scored; it may object now."""
    return await _view(session, await actions.announce(session, actor, id), actor)


@router.post("/{id}/accept")
async def accept_case_review(session: Session, actor: Subject, id: UUID) -> CaseReviewView:
    """Accept the result about one's own body (无异议)."""
    return await _view(session, await actions.accept(session, actor, id), actor)


@router.post("/{id}/object")
async def object_to_case_review(
    session: Session, actor: Subject, id: UUID, body: CaseObjectRequest
) -> CaseReviewView:
    """Object to the score of files of one's own body (异议), once and within the term."""
    row = await actions.object_to(session, actor, id, body)
    return await _view(session, row, actor)


@router.post("/{id}/decide")
async def decide_case_objection(
    session: Session, actor: Manager, id: UUID, body: CaseDecideRequest
) -> CaseReviewView:
    """Decide on the objection (异议复核), by another person than who scored."""
    return await _view(session, await actions.decide(session, actor, id, body), actor)


@router.post("/{id}/conclude")
async def conclude_case_review(session: Session, actor: Manager, id: UUID) -> CaseReviewView:
    """Conclude a review (办结) to which the body did not object in time."""
    return await _view(session, await actions.conclude(session, actor, id), actor)


@router.post("/{id}/cancel")
async def cancel_case_review(
    session: Session, actor: Manager, id: UUID, body: CaseCancelRequest
) -> CaseReviewView:
    """Cancel a review whose files are not all scored; another sample may be drawn then."""
    row = await actions.cancel(session, actor, id, body.reason)
    return await _view(session, row, actor)

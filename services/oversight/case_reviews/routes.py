"""Reviews of case files over HTTP: see `case_reviews.rules` for how one goes."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_reviews import actions
from services.oversight.case_reviews.rules import sample
from services.oversight.case_reviews.schemas import (
    CaseAssignRequest,
    CaseCancelRequest,
    CaseDecideRequest,
    CaseFileQuery,
    CaseFileView,
    CaseObjectRequest,
    CaseReviewQuery,
    CaseReviewRequest,
    CaseReviewView,
    RaiseRequest,
    SampleView,
    SheetRequest,
)
from services.oversight.case_reviews.tables import CaseFile, CaseReview
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

reviews = router_of("/oversight/v1/case-reviews", "case reviews")
files = router_of("/oversight/v1/case-files", "case reviews")
routers: list[APIRouter] = [reviews, files]

Reader = Annotated[Actor, May("case_review:read")]
Manager = Annotated[Actor, May("case_review:manage")]
Subject = Annotated[Actor, May("case_review:answer")]
Scorer = Annotated[Actor, May("case_file:score")]


async def _file_views(
    session: AsyncSession, rows: Sequence[CaseFile], actor: Actor
) -> list[CaseFileView]:
    its_review = await actions.reviews_of(session, actor, rows)
    sheets = await actions.sheets_of(session, rows)
    return [CaseFileView.of(row, its_review[row.review_id], sheets[row.id], actor) for row in rows]


async def _file_view(session: AsyncSession, row: CaseFile, actor: Actor) -> CaseFileView:
    return (await _file_views(session, [row], actor))[0]


@reviews.get("")
async def list_case_reviews(
    session: ReadSession, actor: Reader, query: Annotated[CaseReviewQuery, Query()]
) -> Page[CaseReviewView]:
    """The reviews of case files (案卷评查) that the caller may see; a subject's, once announced."""
    rows, cursor, count = await actions.page(session, actor, query)
    moment = now(session)
    items = [CaseReviewView.of(row, actor, moment) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@reviews.post("", status_code=201)
async def sample_case_files(
    session: Session, actor: Manager, body: CaseReviewRequest
) -> CaseReviewView:
    """Draw files (抽取案卷) of the body that an inspection of files is about.

    The seed is drawn after the list is fixed and kept with it, so that anybody who has the list
    can draw the sample again. The body does not see the review until it is announced.
    """
    return CaseReviewView.of(await actions.sample(session, actor, body), actor, now(session))


@reviews.get("/{id}")
async def get_case_review(session: ReadSession, actor: Reader, id: UUID) -> CaseReviewView:
    """One review."""
    return CaseReviewView.of(await actions.read_review(session, actor, id), actor, now(session))


@reviews.get("/{id}/sample")
async def get_case_sample(session: ReadSession, actor: Reader, id: UUID) -> SampleView:
    """What the sample was drawn from, the seed, and the sample drawn again by it."""
    row = await load(session, CaseReview, id, actor)
    drawn = sample(row.population, size=row.sample_size, seed=row.seed)
    return SampleView(
        seed=row.seed, population=row.population, digest=row.digest, sampled=sorted(drawn)
    )


@reviews.post("/{id}/assign")
async def assign_case_reviewers(
    session: Session, actor: Manager, id: UUID, body: CaseAssignRequest
) -> CaseReviewView:
    """Name two reviewers (评查人) and an arbiter (复评人), none of them of the subject.

    Whoever is of another district (交叉评查) sees this review and its files until it ends, and
    nothing else of the inspection.
    """
    return CaseReviewView.of(await actions.assign(session, actor, id, body), actor, now(session))


@reviews.post("/{id}/announce")
async def announce_case_review(session: Session, actor: Manager, id: UUID) -> CaseReviewView:
    """Tell the body the result (反馈), by another person than who scored; it may object now."""
    return CaseReviewView.of(await actions.announce(session, actor, id), actor, now(session))


@reviews.post("/{id}/accept")
async def accept_case_review(session: Session, actor: Subject, id: UUID) -> CaseReviewView:
    """Accept the result about one's own body (无异议)."""
    return CaseReviewView.of(await actions.accept(session, actor, id), actor, now(session))


@reviews.post("/{id}/object")
async def object_to_case_review(
    session: Session, actor: Subject, id: UUID, body: CaseObjectRequest
) -> CaseReviewView:
    """Object to the score of files of one's own body (异议), once and within the term."""
    row = await actions.object_to(session, actor, id, body)
    return CaseReviewView.of(row, actor, now(session))


@reviews.post("/{id}/decide")
async def decide_case_objection(
    session: Session, actor: Manager, id: UUID, body: CaseDecideRequest
) -> CaseReviewView:
    """Decide on the objection (异议复核), by another person than who scored."""
    return CaseReviewView.of(await actions.decide(session, actor, id, body), actor, now(session))


@reviews.post("/{id}/conclude")
async def conclude_case_review(session: Session, actor: Manager, id: UUID) -> CaseReviewView:
    """Conclude a review (办结) to which the body did not object in time."""
    return CaseReviewView.of(await actions.conclude(session, actor, id), actor, now(session))


@reviews.post("/{id}/cancel")
async def cancel_case_review(
    session: Session, actor: Manager, id: UUID, body: CaseCancelRequest
) -> CaseReviewView:
    """Cancel a review whose files are not all scored; another sample may be drawn then."""
    row = await actions.cancel(session, actor, id, body.reason)
    return CaseReviewView.of(row, actor, now(session))


@files.get("")
async def list_case_files(
    session: ReadSession, actor: Reader, query: Annotated[CaseFileQuery, Query()]
) -> Page[CaseFileView]:
    """The files that were drawn (被评查案卷) and that the caller may see."""
    rows, cursor, count = await actions.files(session, actor, query)
    items = await _file_views(session, rows, actor)
    return Page(items=items, next_cursor=cursor, count=count)


@files.get("/{id}")
async def get_case_file(session: ReadSession, actor: Reader, id: UUID) -> CaseFileView:
    """One file. Of the sheets only the caller's own, until both reviewers have handed in theirs."""
    return await _file_view(session, await actions.read_file(session, actor, id), actor)


@files.post("/{id}/score")
async def score_case_file(
    session: Session, actor: Scorer, id: UUID, body: SheetRequest
) -> CaseFileView:
    """Hand in one's sheet (评查表), once and blind to the other reviewer's.

    Within the rule `case_review.gap` of each other, their mean is the score; else the arbiter's is.
    """
    file = await actions.score(session, actor, id, body)
    return await _file_view(session, file, actor)


@files.post("/{id}/arbitrate")
async def arbitrate_case_file(
    session: Session, actor: Scorer, id: UUID, body: SheetRequest
) -> CaseFileView:
    """Score a file on which the two reviewers are too far apart (复评); that score counts."""
    file = await actions.arbitrate(session, actor, id, body)
    return await _file_view(session, file, actor)


@files.post("/{id}/raise")
async def raise_case_finding(
    session: Session, actor: Manager, id: UUID, body: RaiseRequest
) -> CaseFileView:
    """Make a finding (监督检查问题) of a file's errors, once the review is concluded.

    It is a finding of the inspection, which must still be on site; the body may comment on it.
    """
    file = await actions.raise_finding(session, actor, id, body)
    return await _file_view(session, file, actor)

"""Appraisals over HTTP: see `appraisals.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.appraisals import actions
from services.oversight.appraisals.schemas import (
    AppraisalDropRequest,
    AppraisalQuery,
    AppraisalRequest,
    AppraisalReviewRequest,
    AppraisalView,
    HearingRequest,
    ObjectionRequest,
    RankingQuery,
    RankView,
    SelfScoreRequest,
    UseRequest,
)
from services.oversight.appraisals.tables import Appraisal
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/appraisals", "appraisals")

Reader = Annotated[Actor, May("appraisal:read")]
Opener = Annotated[Actor, May("appraisal:open")]
Appraised = Annotated[Actor, May("appraisal:answer")]
Reviewer = Annotated[Actor, May("appraisal:review")]
Publisher = Annotated[Actor, May("appraisal:publish")]


@router.get("")
async def list_appraisals(
    session: ReadSession, actor: Reader, query: Annotated[AppraisalQuery, Query()]
) -> Page[AppraisalView]:
    """The appraisals (评议考核) that the caller may see, the newest first."""
    rows, cursor, count = await actions.page(session, actor, query)
    moment = now(session)
    items = [AppraisalView.of(row, actor, moment) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def open_appraisal(session: Session, actor: Opener, body: AppraisalRequest) -> AppraisalView:
    """Open the appraisal of a subject or of a government by an adopted scheme; once a year.

    A government (下级政府) is appraised by the one above it, and its own supervisors answer for it.
    The appraised may score itself (自评) for as long as the rule `appraisal.self_score` says.
    """
    row = await actions.open_appraisal(session, actor, body)
    return AppraisalView.of(row, actor, now(session))


@router.get("/ranking")
async def rank_appraisals(
    session: ReadSession, actor: Reader, query: Annotated[RankingQuery, Query()]
) -> Page[RankView]:
    """The ranking (排名) of what is published by a scheme, with the reason of each point lost.

    The places are those among all; a caller is shown those that they may see. Who fell
    under a veto (一票否决) comes after everybody who did not.
    """
    rows, cursor, count = await actions.ranking(session, actor, query)
    items = [RankView.at(row, rank, ranked) for row, rank, ranked in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_appraisal(session: ReadSession, actor: Reader, id: UUID) -> AppraisalView:
    """One appraisal."""
    return AppraisalView.of(await load(session, Appraisal, id, actor), actor, now(session))


@router.post("/{id}/score")
async def self_score_appraisal(
    session: Session, actor: Appraised, id: UUID, body: SelfScoreRequest
) -> AppraisalView:
    """Score one's own body or government (自评) on each indicator that is not automatic.

    Late is still taken, as long as nobody has reviewed it.
    """
    row = await actions.self_score(session, actor, id, body)
    return AppraisalView.of(row, actor, now(session))


@router.post("/{id}/review")
async def review_appraisal(
    session: Session, actor: Reviewer, id: UUID, body: AppraisalReviewRequest
) -> AppraisalView:
    """Review it (复核): points with a reason for each loss, automatic values taken from the data.

    Once the appraised has scored itself, or its term is over. It may then object for as long as the
    rule `appraisal.objection` says.
    """
    return AppraisalView.of(await actions.review(session, actor, id, body), actor, now(session))


@router.post("/{id}/accept")
async def accept_appraisal(session: Session, actor: Appraised, id: UUID) -> AppraisalView:
    """Accept the review of one's own body or government (无异议)."""
    return AppraisalView.of(await actions.accept(session, actor, id), actor, now(session))


@router.post("/{id}/object")
async def object_to_appraisal(
    session: Session, actor: Appraised, id: UUID, body: ObjectionRequest
) -> AppraisalView:
    """Object to points or vetoes of one's own body or government (异议), once and in time."""
    row = await actions.object_to(session, actor, id, body)
    return AppraisalView.of(row, actor, now(session))


@router.post("/{id}/hear")
async def hear_appraisal(
    session: Session, actor: Reviewer, id: UUID, body: HearingRequest
) -> AppraisalView:
    """Record the hearing of the objection (听取异议) and what it changed, by another reviewer."""
    return AppraisalView.of(await actions.hear(session, actor, id, body), actor, now(session))


@router.post("/{id}/publish")
async def publish_appraisal(session: Session, actor: Publisher, id: UUID) -> AppraisalView:
    """Publish the result (公布), by another person than who gave the points."""
    return AppraisalView.of(await actions.publish(session, actor, id), actor, now(session))


@router.post("/{id}/use")
async def use_appraisal(
    session: Session, actor: Publisher, id: UUID, body: UseRequest
) -> AppraisalView:
    """Record what the published result was used for (结果运用)."""
    return AppraisalView.of(await actions.use(session, actor, id, body), actor, now(session))


@router.post("/{id}/drop")
async def drop_appraisal(
    session: Session, actor: Opener, id: UUID, body: AppraisalDropRequest
) -> AppraisalView:
    """Drop an appraisal that was not reviewed yet; the same may be appraised anew."""
    row = await actions.drop(session, actor, id, body.reason)
    return AppraisalView.of(row, actor, now(session))

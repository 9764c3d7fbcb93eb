"""Recommendations over HTTP: see `recommendations.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.recommendations import actions
from services.escalation.recommendations.schemas import (
    RecommendationPatch,
    RecommendationQuery,
    RecommendationRequest,
    RecommendationView,
    RemarksOnRecommendation,
)
from services.escalation.recommendations.tables import Recommendation, papers_seen_by
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/recommendations", "recommendations")

Reader = Annotated[Actor, May("recommendation:read")]
Writer = Annotated[Actor, May("recommendation:write")]
Approver = Annotated[Actor, May("recommendation:approve")]


@router.get("")
async def list_recommendations(
    session: ReadSession, actor: Reader, query: Annotated[RecommendationQuery, Query()]
) -> Page[RecommendationView]:
    """The caller's own papers and issued ones that they may see, newest first."""
    paper = Recommendation
    statement = select(paper).where(papers_seen_by(actor))
    for column, value in (
        (paper.programme_id, query.programme_id),
        (paper.state, query.state),
        (paper.level, query.level),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        statement = statement.where(in_division(paper, query.division, direct=query.direct))
    rows, cursor, count = await paginate(
        session, statement, sort="-id", columns={"id": paper.id}, id=paper.id, paging=query
    )
    items = [RecommendationView.of(row, actor) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_recommendation(
    session: Session, actor: Writer, body: RecommendationRequest
) -> RecommendationView:
    """Compile a paper of the caller's level (city, district or township) from data.

    Issues and disputes of the programme's days by kind and state, each number with the ids behind
    it; its accepted reports; figures frozen within these days: what the author may see.
    """
    return RecommendationView.of(await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_recommendation(session: ReadSession, actor: Reader, id: UUID) -> RecommendationView:
    """One paper; until it is issued only for the division whose it is."""
    row = await load(session, Recommendation, id, actor, seen=papers_seen_by(actor))
    return RecommendationView.of(row, actor)


@router.patch("/{id}")
async def change_recommendation(
    session: Session, actor: Writer, id: UUID, body: RecommendationPatch
) -> RecommendationView:
    """Write on it; each item rests on at least one source, which the author may see."""
    return RecommendationView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/recompile")
async def recompile_recommendation(session: Session, actor: Writer, id: UUID) -> RecommendationView:
    """Compile the data anew; what is recommended stays."""
    return RecommendationView.of(await actions.recompile(session, actor, id), actor)


@router.post("/{id}/submit")
async def submit_recommendation(session: Session, actor: Writer, id: UUID) -> RecommendationView:
    """Submit it (送审) to another person of the level."""
    return RecommendationView.of(await actions.submit(session, actor, id), actor)


@router.post("/{id}/approve")
async def approve_recommendation(session: Session, actor: Approver, id: UUID) -> RecommendationView:
    """Approve it (审定), as another person than who wrote or submitted it."""
    return RecommendationView.of(await actions.approve(session, actor, id), actor)


@router.post("/{id}/return")
async def return_recommendation(
    session: Session, actor: Approver, id: UUID, body: RemarksOnRecommendation
) -> RecommendationView:
    """Return it to be mended (退回修改)."""
    return RecommendationView.of(await actions.send_back(session, actor, id, body.remarks), actor)


@router.post("/{id}/issue")
async def issue_recommendation(session: Session, actor: Writer, id: UUID) -> RecommendationView:
    """Issue it (印发): it gets its number, never changes again, and the level above sees it."""
    return RecommendationView.of(await actions.issue(session, actor, id), actor)


@router.post("/{id}/withdraw")
async def withdraw_recommendation(
    session: Session, actor: Writer, id: UUID, body: RemarksOnRecommendation
) -> RecommendationView:
    """Withdraw it (撤回) before it is issued."""
    return RecommendationView.of(await actions.withdraw(session, actor, id, body.remarks), actor)

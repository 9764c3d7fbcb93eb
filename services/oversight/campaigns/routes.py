"""Campaigns over HTTP: plan, approve, hold, report."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaign_progress.actions import progress_of
from services.oversight.campaigns import actions
from services.oversight.campaigns.schemas import (
    CampaignFilters,
    CampaignPatch,
    CampaignRequest,
    CampaignView,
    ReasonRequest,
    ReportRequest,
)
from services.oversight.campaigns.tables import Campaign
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/campaigns", "campaigns")

Reader = Annotated[Actor, May("campaign:read")]
Planner = Annotated[Actor, May("campaign:plan")]
Decider = Annotated[Actor, May("campaign:decide")]
Conductor = Annotated[Actor, May("campaign:conduct")]


async def _views(
    session: AsyncSession, rows: Sequence[Campaign], actor: Actor
) -> list[CampaignView]:
    counted = await progress_of(session, actor, [row.id for row in rows])
    allowed = await actions.allowed_of(session, actor, rows)
    moment = now(session)
    return [
        CampaignView.of(row, progress=counted[row.id], allowed=allowed[row.id], now=moment)
        for row in rows
    ]


async def _view(session: AsyncSession, row: Campaign, actor: Actor) -> CampaignView:
    return (await _views(session, [row], actor))[0]


@router.post("", status_code=201)
async def plan_campaign(session: Session, actor: Planner, body: CampaignRequest) -> CampaignView:
    """Plan a campaign of supervision (专项、重点、日常监督) in the caller's division.

    Another person approves it. One that an authority (权力机关), a superior or a judicial
    recommendation asks for is mandatory: it names the document, its result is reported back, and
    whoever holds it cannot cancel it. An unannounced one (暗访) is known to supervisors alone
    until its result is reported, and to none of them who works for a body that may be visited.
    """
    return await _view(session, await actions.plan(session, actor, body), actor)


@router.get("")
async def list_campaigns(
    session: ReadSession, actor: Reader, filters: Annotated[CampaignFilters, Query()]
) -> Page[CampaignView]:
    """The campaigns that the caller may know of, the newest first."""
    rows, cursor, count = await actions.page(session, actor, filters)
    return Page(items=await _views(session, rows, actor), next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_campaign(session: ReadSession, actor: Reader, id: UUID) -> CampaignView:
    """One campaign, how far it has come, and what the caller may do with it now."""
    return await _view(session, await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_campaign(
    session: Session, actor: Planner, id: UUID, body: CampaignPatch
) -> CampaignView:
    """Change a plan that is not approved yet. Whoever changed it does not approve it."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/submit")
async def submit_campaign(session: Session, actor: Planner, id: UUID) -> CampaignView:
    """Put a returned plan forward again."""
    return await _view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/approve")
async def approve_campaign(session: Session, actor: Decider, id: UUID) -> CampaignView:
    """Approve a plan that others wrote. It says when the report is due.

    Of a recurring one the next is prepared by itself some time before it begins.
    """
    return await _view(session, await actions.approve(session, actor, id), actor)


@router.post("/{id}/return")
async def return_campaign(
    session: Session, actor: Decider, id: UUID, body: ReasonRequest
) -> CampaignView:
    """Send back (退回) a plan that waits for approval, or a result report."""
    return await _view(session, await actions.send_back(session, actor, id, body), actor)


@router.post("/{id}/start")
async def start_campaign(session: Session, actor: Conductor, id: UUID) -> CampaignView:
    """Start a campaign whose period has begun: from now on inspections are held under it."""
    return await _view(session, await actions.start(session, actor, id), actor)


@router.post("/{id}/report")
async def report_campaign(
    session: Session, actor: Conductor, id: UUID, body: ReportRequest
) -> CampaignView:
    """Report the result (结果报告), once every inspection is closed.

    The figures are counted from the inspections and stay as they are. That of an unannounced
    campaign lets those know of it whom it concerned.
    """
    return await _view(session, await actions.report(session, actor, id, body), actor)


@router.post("/{id}/close")
async def close_campaign(session: Session, actor: Decider, id: UUID) -> CampaignView:
    """Accept the result that somebody else reported."""
    return await _view(session, await actions.close(session, actor, id), actor)


@router.post("/{id}/cancel")
async def cancel_campaign(
    session: Session, actor: Planner, id: UUID, body: ReasonRequest
) -> CampaignView:
    """Call a campaign off, and with it the next ones of a recurring one that are not there yet.

    A mandatory one is called off by a body above the one that holds it; the Bureau's own by another
    than its planner.
    """
    return await _view(session, await actions.cancel(session, actor, id, body), actor)

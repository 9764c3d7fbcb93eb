"""Result reports over HTTP, as data."""

from typing import Annotated
from uuid import UUID

from services.oversight.campaign_reports.schemas import CampaignReportView
from services.oversight.campaigns import actions as campaigns
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as make_router

router = make_router("/oversight/v1/campaigns", "campaigns")

Reader = Annotated[Actor, May("campaign:read_report")]


@router.get("/{id}/report")
async def read_campaign_report(session: ReadSession, actor: Reader, id: UUID) -> CampaignReportView:
    """What a campaign came to (结果报告), by subject, code, severity and state.

    Frozen when it was reported: what happens to its rectifications afterwards changes nothing.
    For the body that holds the campaign and those above it.
    """
    return CampaignReportView.of(await campaigns.report_of(session, actor, id))

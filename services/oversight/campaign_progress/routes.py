"""How far a campaign has come."""

from typing import Annotated
from uuid import UUID

from services.oversight.campaign_progress import actions
from services.oversight.campaign_progress.schemas import CampaignProgressView, PlaceView
from services.oversight.campaigns import actions as campaigns
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as make_router

router = make_router("/oversight/v1/campaigns", "campaigns")


@router.get("/{id}/progress")
async def read_campaign_progress(
    session: ReadSession, actor: Annotated[Actor, May("campaign:read")], id: UUID
) -> CampaignProgressView:
    """How far a campaign has come (进展), by the division of the inspected subjects.

    Counted from the inspections that the caller may see.
    """
    row = await campaigns.read(session, actor, id)
    counted = await actions.by_division(session, actor, id)
    items = [PlaceView(division=place, **counts) for place, counts in counted]
    return CampaignProgressView(campaign_id=id, theme=row.theme, target=row.target, items=items)

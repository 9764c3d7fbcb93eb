"""Checklists of inspections over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.oversight.inspection_checklists import actions
from services.oversight.inspection_checklists.schemas import (
    BatchRequest,
    BatchView,
    ChecklistsView,
    ChoiceRequest,
    InspectionChecklistView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router

inspections = make_router("/oversight/v1/inspections", "checklists")
checklists = make_router("/oversight/v1/inspection-checklists", "checklists")
routers: list[APIRouter] = [inspections, checklists]

Reader = Annotated[Actor, May("inspection:read")]
Filler = Annotated[Actor, May("checklist:fill")]


@inspections.post("/{id}/checklists", status_code=201)
async def choose_checklist(
    session: Session, actor: Filler, id: UUID, body: ChoiceRequest
) -> InspectionChecklistView:
    """Hold an inspection by a published checklist (选用检查表), as it stands now."""
    row, inspection = await actions.choose(session, actor, id, body.template_id)
    return InspectionChecklistView.of(row, {}, open_=actions.is_open(actor, inspection))


@inspections.get("/{id}/checklists")
async def list_inspection_checklists(
    session: ReadSession, actor: Reader, id: UUID
) -> ChecklistsView:
    """The checklists of an inspection with results and scores."""
    inspection, rows, results = await actions.of_inspection(session, actor, id)
    open_ = actions.is_open(actor, inspection)
    items = [InspectionChecklistView.of(row, results[row.id], open_=open_) for row in rows]
    return ChecklistsView(items=items)


@checklists.get("/{id}")
async def get_inspection_checklist(
    session: ReadSession, actor: Reader, id: UUID
) -> InspectionChecklistView:
    """One checklist of an inspection with its results and its score (得分)."""
    row, inspection, results = await actions.read(session, actor, id)
    return InspectionChecklistView.of(row, results, open_=actions.is_open(actor, inspection))


@checklists.post("/{id}/results")
async def upload_checklist_results(
    session: Session, actor: Filler, id: UUID, body: BatchRequest
) -> BatchView:
    """Upload results that were written down without a connection (离线采集).

    Each bears an id that the device made: uploaded again it counts once. The answer says of each
    whether it was taken, was known, or why not; what is refused does not hold up the others. An
    item has one result; a correction names the one that it replaces, which stays on record.
    """
    return await actions.record(session, actor, id, body)

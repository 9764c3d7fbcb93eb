"""Staffing plans over HTTP: see `staffing.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.staffing import actions
from services.registry.staffing.actions import Filled
from services.registry.staffing.schemas import (
    AdjustmentRequest,
    ApprovalRequest,
    ReasonRequest,
    StaffingPatch,
    StaffingQuery,
    StaffingRequest,
    StaffingView,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/staffing", "staffing")


def _view(session: Session, filled: Filled, actor: Actor) -> StaffingView:
    return StaffingView.of(filled.plan, filled.actual, actor, today(session).year)


@router.get("")
async def list_staffing(
    session: ReadSession,
    actor: Annotated[Actor, May("staffing:read")],
    query: Annotated[StaffingQuery, Query()],
) -> Page[StaffingView]:
    """The staffing plans (编制) that the caller may see, each with who fills the posts now."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def file_staffing(
    session: Session, actor: Annotated[Actor, May("staffing:file")], body: StaffingRequest
) -> StaffingView:
    """File the posts that a division's bodies of one kind are to have in a year."""
    return _view(session, await actions.file(session, actor, body), actor)


@router.get("/{id}")
async def get_staffing(
    session: ReadSession, actor: Annotated[Actor, May("staffing:read")], id: UUID
) -> StaffingView:
    """One staffing plan, planned against actual."""
    return _view(session, await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_staffing(
    session: Session,
    actor: Annotated[Actor, May("staffing:file")],
    id: UUID,
    body: StaffingPatch,
) -> StaffingView:
    """Change a plan that is not approved yet; whoever changes it does not approve it."""
    return _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/approve")
async def approve_staffing(
    session: Session,
    actor: Annotated[Actor, May("staffing:approve")],
    id: UUID,
    body: ApprovalRequest,
) -> StaffingView:
    """Record the decision of the staffing office (机构编制部门); never by the person who filed.

    From then on it is told when posts of the running year are vacant, and when they are filled.
    """
    return _view(session, await actions.approve(session, actor, id, body), actor)


@router.post("/{id}/withdraw")
async def withdraw_staffing(
    session: Session, actor: Annotated[Actor, May("staffing:file")], id: UUID, body: ReasonRequest
) -> StaffingView:
    """Withdraw a plan that is not approved; another may then be filed."""
    return _view(session, await actions.withdraw(session, actor, id, body.reason), actor)


@router.post("/{id}/adjust")
async def adjust_staffing(
    session: Session,
    actor: Annotated[Actor, May("staffing:approve")],
    id: UUID,
    body: AdjustmentRequest,
) -> StaffingView:
    """Change the headcount of an approved plan by a later decision of the staffing office."""
    return _view(session, await actions.adjust(session, actor, id, body), actor)

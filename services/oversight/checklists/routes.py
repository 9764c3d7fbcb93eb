"""Checklists over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.checklists import actions
from services.oversight.checklists.schemas import (
    ChecklistFilters,
    ChecklistPatch,
    ChecklistRequest,
    ChecklistView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/checklists", "checklists")

Reader = Annotated[Actor, May("checklist:read")]
Author = Annotated[Actor, May("checklist:draft")]


@router.post("", status_code=201)
async def draft_checklist(session: Session, actor: Author, body: ChecklistRequest) -> ChecklistView:
    """Draft a checklist (检查表模板), or the next edition of one. Another person publishes it."""
    return ChecklistView.of(await actions.draft(session, actor, body), actor)


@router.get("")
async def list_checklists(
    session: ReadSession, actor: Reader, filters: Annotated[ChecklistFilters, Query()]
) -> Page[ChecklistView]:
    """The editions of all checklists, the newest first; `state=published` are those in use."""
    rows, cursor, count = await actions.page(session, filters)
    items = [ChecklistView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_checklist(session: ReadSession, actor: Reader, id: UUID) -> ChecklistView:
    """One edition of a checklist."""
    return ChecklistView.of(await actions.read(session, id), actor)


@router.patch("/{id}")
async def change_checklist(
    session: Session, actor: Author, id: UUID, body: ChecklistPatch
) -> ChecklistView:
    """Change a draft. Whoever changed it does not publish it."""
    return ChecklistView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/publish")
async def publish_checklist(
    session: Session, actor: Annotated[Actor, May("checklist:publish")], id: UUID
) -> ChecklistView:
    """Publish an edition that others wrote; it takes the place of the one before."""
    return ChecklistView.of(await actions.publish(session, actor, id), actor)


@router.post("/{id}/discard")
async def discard_checklist(session: Session, actor: Author, id: UUID) -> ChecklistView:
    """Discard a draft."""
    return ChecklistView.of(await actions.discard(session, id), actor)

"""Draws over HTTP: commit, fix, draw, assign."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.draws import actions
from services.oversight.draws.schemas import (
    AssignRequest,
    DrawFilters,
    DrawRecord,
    DrawRequest,
    DrawView,
    FixRequest,
    RunRequest,
    VoidRequest,
)
from services.oversight.draws.tables import Draw
from services.oversight.permissions import holds
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/draws", "draws")

Reader = Annotated[Actor, May("draw:read")]
Conductor = Annotated[Actor, May("draw:conduct")]


def _view(row: Draw, actor: Actor) -> DrawView:
    return DrawView.of(row, allowed=actions.allowed_of(actor, row), holder=holds(actor, row))


@router.post("", status_code=201)
async def commit_draw(session: Session, actor: Conductor, body: DrawRequest) -> DrawView:
    """Begin a random draw (双随机) for a running campaign: a seed is made and its hash published.

    One draw of a campaign at a time. Of an unannounced campaign it is as secret as the campaign;
    the hashes then lie in the log, and are disclosed with the result.
    """
    return _view(await actions.commit(session, actor, body.campaign_id), actor)


@router.get("")
async def list_draws(
    session: ReadSession, actor: Reader, filters: Annotated[DrawFilters, Query()]
) -> Page[DrawView]:
    """The draws that the caller may know of, the newest first."""
    rows, cursor, count = await actions.page(session, actor, filters)
    return Page(items=[_view(row, actor) for row in rows], next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_draw(session: ReadSession, actor: Reader, id: UUID) -> DrawView:
    """One draw, and what the caller may do with it now."""
    return _view(await actions.read(session, actor, id), actor)


@router.get("/{id}/record")
async def export_draw_record(session: ReadSession, actor: Reader, id: UUID) -> DrawRecord:
    """All that it takes to draw again (抽取记录): save it and run `xiejian draw verify FILE`.

    The hashes in it are those of the facts `draw.committed` and `draw.fixed`.
    """
    return DrawRecord.of(await actions.read(session, actor, id))


@router.post("/{id}/fix")
async def fix_draw_lists(
    session: Session, actor: Conductor, id: UUID, body: FixRequest
) -> DrawView:
    """Fix the lists (锁定名单) and publish their hash.

    The subjects are all that the campaign is about; those inspected of late are left out, by dated
    rules and by nobody's choice. An inspector does not inspect their own unit, a body where kin
    work, one that they left less than three years ago, or one that they inspected of late.
    """
    return _view(await actions.fix(session, actor, id, body), actor)


@router.post("/{id}/draw")
async def run_draw(session: Session, actor: Conductor, id: UUID, body: RunRequest) -> DrawView:
    """Draw (抽取), by another than who fixed the lists. The seed is shown with the result."""
    return _view(await actions.draw(session, actor, id, body), actor)


@router.post("/{id}/assign")
async def assign_draw(
    session: Session, actor: Conductor, id: UUID, body: AssignRequest
) -> DrawView:
    """Set up the inspections of what was drawn, all at once.

    A subject that has ended, moved or merged meanwhile is skipped, and the record says so.
    """
    return _view(await actions.assign(session, actor, id, body), actor)


@router.post("/{id}/void")
async def void_draw(session: Session, actor: Conductor, id: UUID, body: VoidRequest) -> DrawView:
    """Void a draw (作废) before it is drawn. Its seed is shown, so that all can see why not."""
    return _view(await actions.void(session, actor, id, body), actor)

"""Acts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.oversight.acts import actions
from services.oversight.acts.schemas import (
    EXPORTED,
    ActChangeView,
    ActExport,
    ActsQuery,
    ActSummary,
    ActView,
    ChangesQuery,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/oversight/v1/acts", "acts")

Reader = Annotated[Actor, May("act:read")]


@router.get("")
async def list_acts(
    session: ReadSession, actor: Reader, query: Annotated[ActsQuery, Query()]
) -> Page[ActSummary]:
    """The enforcement acts (执法行为) that the caller may see, by when they began."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ActSummary.of(row, name) for row, name in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_acts(
    request: Request, actor: Reader, query: Annotated[ActExport, Query()]
) -> Response:
    """The same list as a file: all of it, with the same filters (导出)."""
    return await export(
        request, actor, query, list_acts, of=ActsQuery, name="acts", columns=EXPORTED
    )


@router.get("/{id}")
async def get_act(session: ReadSession, actor: Reader, id: UUID) -> ActView:
    """One act and its process: its stages in their order, and those that are missing."""
    return ActView.of(*await actions.one(session, actor, id))


@router.get("/{id}/changes")
async def list_act_changes(
    session: ReadSession, actor: Reader, id: UUID, query: Annotated[ChangesQuery, Query()]
) -> Page[ActChangeView]:
    """What its source corrected, added or took back since it was first told of, and why."""
    rows, cursor, count = await actions.changes_of(session, actor, id, query)
    items = [ActChangeView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

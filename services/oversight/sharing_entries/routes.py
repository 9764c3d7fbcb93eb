"""The sharing catalogue over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.sharing_entries import actions
from services.oversight.sharing_entries.schemas import (
    SharingEndRequest,
    SharingQuery,
    SharingRequest,
    SharingView,
)
from services.oversight.sharing_entries.tables import SharingEntry
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/sharing-entries", "sharing-entries")

Reader = Annotated[Actor, May("sharing:read")]
Keeper = Annotated[Actor, May("sharing:enter")]


async def _views(
    session: AsyncSession, rows: Sequence[SharingEntry], actor: Actor
) -> list[SharingView]:
    done = await actions.done_by(session, rows)
    return [
        SharingView.of(
            row,
            actor,
            in_charge=actions.in_charge(actor, row),
            done=(None, 0, 0, 0) if row.source_id is None else done[row.source_id],
            now=now(session),
        )
        for row in rows
    ]


@router.post("", status_code=201)
async def enter_sharing(session: Session, actor: Keeper, body: SharingRequest) -> SharingView:
    """Enter in the catalogue (数据共享目录) what a body supplies or receives, and on what basis."""
    (view,) = await _views(session, [await actions.enter(session, actor, body)], actor)
    return view


@router.get("")
async def list_sharing_entries(
    session: ReadSession, actor: Reader, query: Annotated[SharingQuery, Query()]
) -> Page[SharingView]:
    """The catalogue as the caller may see it, and whether each body supplies what it should."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = await _views(session, rows, actor)
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_sharing_entry(session: ReadSession, actor: Reader, id: UUID) -> SharingView:
    """One entry of the catalogue."""
    (view,) = await _views(session, [await load(session, SharingEntry, id, actor)], actor)
    return view


@router.post("/{id}/end")
async def end_sharing(
    session: Session, actor: Keeper, id: UUID, body: SharingEndRequest
) -> SharingView:
    """End an entry: it is shared no more."""
    (view,) = await _views(session, [await actions.end(session, actor, id, body)], actor)
    return view

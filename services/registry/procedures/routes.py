"""Procedures over HTTP, below the item that they are for."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.procedures import actions
from services.registry.procedures.schemas import EditionQuery, ProcedureRequest, ProcedureView
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.past import AsOfQuery
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/power-items", "item lists")


@router.get("/{id}/procedure")
async def get_procedure(
    session: ReadSession,
    actor: Annotated[Actor, May("procedure:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> ProcedureView:
    """The procedure (运行机制) of an item: who leads, who supports, in which steps and time."""
    return ProcedureView.of(await actions.read(session, actor, id, query.as_of))


@router.put("/{id}/procedure")
async def lay_down_procedure(
    session: Session,
    actor: Annotated[Actor, May("procedure:lay_down")],
    id: UUID,
    body: ProcedureRequest,
) -> ProcedureView:
    """Lay down the procedure of an item: the next edition, which ends the one before.

    It belongs to the item's code and goes on in the township's next list. One unit leads.
    """
    return ProcedureView.of(await actions.lay_down(session, actor, id, body))


@router.get("/{id}/procedure/editions")
async def list_procedure_editions(
    session: ReadSession,
    actor: Annotated[Actor, May("procedure:read")],
    id: UUID,
    query: Annotated[EditionQuery, Query()],
) -> Page[ProcedureView]:
    """All that was ever laid down for the item."""
    rows, cursor, count = await actions.editions(session, actor, id, query)
    items = [ProcedureView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

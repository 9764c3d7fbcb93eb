"""Frozen figures over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.frozen_figures import actions
from services.registry.frozen_figures.schemas import (
    FreezeRequest,
    FrozenFigureQuery,
    FrozenFigureView,
    FrozenView,
)
from services.registry.frozen_figures.tables import FrozenFigure
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.figures import Period
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/figures/frozen", "figures")


@router.get("")
async def list_frozen_figures(
    session: ReadSession,
    actor: Annotated[Actor, May("figure:read")],
    query: Annotated[FrozenFigureQuery, Query()],
) -> Page[FrozenFigureView]:
    """The figures that were frozen (固化统计数据), one row a division and period."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [FrozenFigureView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def freeze_figures(
    session: Session, actor: Annotated[Actor, May("figure:freeze")], body: FreezeRequest
) -> FrozenView:
    """Freeze the figures of a period that is over, for the city and each division in it.

    What a report cites by its id never changes, whatever is filed late. Each calendar month is
    frozen without being asked for.
    """
    rows = await actions.freeze(session, actor, Period(body.first, body.last))
    told = {"from": body.first, "to": body.last, "divisions": len(rows), "city_id": rows[0].id}
    return FrozenView.model_validate(told)


@router.get("/{id}")
async def get_frozen_figure(
    session: ReadSession, actor: Annotated[Actor, May("figure:read")], id: UUID
) -> FrozenFigureView:
    """What was counted for a division in a period."""
    return FrozenFigureView.of(await load(session, FrozenFigure, id, actor), actor)

"""Divisions over HTTP: public reference data, the same for every caller."""

from typing import Annotated

from fastapi import Query

from services.registry.divisions import actions
from services.registry.divisions.schemas import (
    DivisionDayQuery,
    DivisionMoveRequest,
    DivisionQuery,
    DivisionView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.law.divisions import DivisionCode
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/divisions", "divisions")


@router.get("")
async def list_divisions(
    session: ReadSession,
    actor: Annotated[Actor, May("division:read")],
    query: Annotated[DivisionQuery, Query()],
) -> Page[DivisionView]:
    """The divisions in force on a day: the city, its districts and counties, their townships."""
    rows, cursor, count = await actions.page(session, query)
    items = [DivisionView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{code}")
async def get_division(
    session: ReadSession,
    actor: Annotated[Actor, May("division:read")],
    code: DivisionCode,
    query: Annotated[DivisionDayQuery, Query()],
) -> DivisionView:
    """A division as of a day; of one that has ended, the last record, which names the successor."""
    return DivisionView.model_validate(await actions.read(session, code, query.as_of or query.on))


@router.post("/{code}/move")
async def move_division(
    session: Session,
    actor: Annotated[Actor, May("division:move")],
    code: DivisionCode,
    body: DivisionMoveRequest,
) -> DivisionView:
    """Record that a township belongs to another district from a day on.

    What was filed in the township moves along; the former district keeps reading what it handled.
    """
    return DivisionView.model_validate(await actions.move(session, code, body))

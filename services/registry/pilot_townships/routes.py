"""Pilot townships over HTTP: see `pilot_townships.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.pilot_townships import actions
from services.registry.pilot_townships.schemas import (
    DesignationRequest,
    EndRequest,
    PilotTownshipQuery,
    PilotTownshipView,
)
from services.registry.pilot_townships.tables import PilotTownship
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.law.divisions import DivisionCode
from shared.web import router as router_of
from shared.web.paging import Page

pilots = router_of("/registry/v1/pilots", "pilot townships")
townships = router_of("/registry/v1/pilot-townships", "pilot townships")
routers: list[APIRouter] = [pilots, townships]


@pilots.get("/{code}/townships")
async def list_pilot_townships(
    session: ReadSession,
    actor: Annotated[Actor, May("pilot_township:read")],
    code: DivisionCode,
    query: Annotated[PilotTownshipQuery, Query()],
) -> Page[PilotTownshipView]:
    """The townships that a district designated as pilots (试点乡镇、街道), by its code then."""
    rows, cursor, count = await actions.page(session, actor, code, query)
    items = [PilotTownshipView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@pilots.post("/{code}/townships", status_code=201)
async def designate_pilot_township(
    session: Session,
    actor: Annotated[Actor, May("pilot_township:designate")],
    code: DivisionCode,
    body: DesignationRequest,
) -> PilotTownshipView:
    """A pilot district designates one of its townships (选择部分乡镇、街道开展试点).

    The township must have lain in the district on that day. Of a programme that is closed, history
    is filed with `backfill`; it ended with the programme at the latest.
    """
    return PilotTownshipView.of(await actions.designate(session, actor, code, body), actor)


@townships.get("/{id}")
async def get_pilot_township(
    session: ReadSession, actor: Annotated[Actor, May("pilot_township:read")], id: UUID
) -> PilotTownshipView:
    """One designation."""
    return PilotTownshipView.of(await load(session, PilotTownship, id, actor), actor)


@townships.post("/{id}/end")
async def end_pilot_township(
    session: Session,
    actor: Annotated[Actor, May("pilot_township:designate")],
    id: UUID,
    body: EndRequest,
) -> PilotTownshipView:
    """The township is no pilot any more, after today and before the programme closes."""
    return PilotTownshipView.of(await actions.end(session, actor, id, body), actor)

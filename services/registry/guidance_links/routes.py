"""Guidance links over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.guidance_links import actions
from services.registry.guidance_links.schemas import (
    EndRequest,
    GuidanceLinkQuery,
    GuidanceLinkRequest,
    GuidanceLinkView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.past import AsOfQuery
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/guidance-links", "guidance")


@router.get("")
async def list_guidance_links(
    session: ReadSession,
    actor: Annotated[Actor, May("guidance:read")],
    query: Annotated[GuidanceLinkQuery, Query()],
) -> Page[GuidanceLinkView]:
    """The guiding departments (业务指导部门) of the townships that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    past = query.as_of is not None
    items = [GuidanceLinkView.of(row, actor, past=past) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def assign_guiding_department(
    session: Session,
    actor: Annotated[Actor, May("guidance_link:assign")],
    body: GuidanceLinkRequest,
) -> GuidanceLinkView:
    """Name the department that guides a township in a domain, or with one item; one at a time."""
    return GuidanceLinkView.of(await actions.assign(session, actor, body), actor)


@router.get("/{id}")
async def get_guidance_link(
    session: ReadSession,
    actor: Annotated[Actor, May("guidance:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> GuidanceLinkView:
    """One guiding department of a township; with `as_of` only if it guided that day."""
    link = await actions.read(session, actor, id, query.as_of)
    return GuidanceLinkView.of(link, actor, past=query.as_of is not None)


@router.post("/{id}/end")
async def end_guidance_link(
    session: Session,
    actor: Annotated[Actor, May("guidance_link:assign")],
    id: UUID,
    body: EndRequest,
) -> GuidanceLinkView:
    """End it today, for a reason; another department may then be named."""
    return GuidanceLinkView.of(await actions.end(session, actor, id, body.reason), actor)

"""Responsibilities over HTTP: see `responsibilities.rules` for the life of a version."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.responsibilities import actions
from services.registry.responsibilities.schemas import (
    GapsView,
    ResponsibilityPatch,
    ResponsibilityQuery,
    ResponsibilityReason,
    ResponsibilityRequest,
    ResponsibilityView,
)
from services.registry.responsibilities.tables import Responsibility
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/responsibilities", "responsibilities")


@router.get("")
async def list_responsibilities(
    session: ReadSession,
    actor: Annotated[Actor, May("responsibility:read")],
    query: Annotated[ResponsibilityQuery, Query()],
) -> Page[ResponsibilityView]:
    """Who answers for what (执法责任制) in the subjects that the caller may see, by version."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ResponsibilityView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_responsibilities(
    session: Session,
    actor: Annotated[Actor, May("responsibility:draft")],
    body: ResponsibilityRequest,
) -> ResponsibilityView:
    """Draft the next version of a subject's post-duty matrix (岗位职责分解)."""
    return ResponsibilityView.of(await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_responsibilities(
    session: ReadSession, actor: Annotated[Actor, May("responsibility:read")], id: UUID
) -> ResponsibilityView:
    """One version of a subject's responsibilities."""
    return ResponsibilityView.of(await load(session, Responsibility, id, actor), actor)


@router.get("/{id}/gaps")
async def read_responsibility_gaps(
    session: ReadSession, actor: Annotated[Actor, May("responsibility:read")], id: UUID
) -> GapsView:
    """Which active powers no post sees to, and which posts nobody answers for."""
    return await actions.gaps(session, actor, id)


@router.patch("/{id}")
async def change_responsibilities(
    session: Session,
    actor: Annotated[Actor, May("responsibility:draft")],
    id: UUID,
    body: ResponsibilityPatch,
) -> ResponsibilityView:
    """Write all posts of a draft anew."""
    return ResponsibilityView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/approve")
async def approve_responsibilities(
    session: Session, actor: Annotated[Actor, May("responsibility:approve")], id: UUID
) -> ResponsibilityView:
    """Approve a draft in which somebody answers for every post; never by who drafted it."""
    return ResponsibilityView.of(await actions.approve(session, actor, id), actor)


@router.post("/{id}/return")
async def return_responsibilities(
    session: Session,
    actor: Annotated[Actor, May("responsibility:approve")],
    id: UUID,
    body: ResponsibilityReason,
) -> ResponsibilityView:
    """Send an approved version back as a draft (退回)."""
    return ResponsibilityView.of(await actions.send_back(session, actor, id, body.reason), actor)


@router.post("/{id}/withdraw")
async def withdraw_responsibilities(
    session: Session,
    actor: Annotated[Actor, May("responsibility:draft")],
    id: UUID,
    body: ResponsibilityReason,
) -> ResponsibilityView:
    """Drop a draft (撤回), for a reason; the next version can be begun anew."""
    return ResponsibilityView.of(await actions.withdraw(session, actor, id, body.reason), actor)


@router.post("/{id}/enforce")
async def enforce_responsibilities(
    session: Session, actor: Annotated[Actor, May("responsibility:approve")], id: UUID
) -> ResponsibilityView:
    """Bring an approved version into force (施行); the one before is replaced."""
    return ResponsibilityView.of(await actions.enforce(session, actor, id), actor)

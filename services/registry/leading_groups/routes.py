"""Leading groups over HTTP: see `leading_groups.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.leading_groups import actions
from services.registry.leading_groups.schemas import (
    LeadingGroupPatch,
    LeadingGroupQuery,
    LeadingGroupReason,
    LeadingGroupRequest,
    LeadingGroupView,
    MemberQuery,
    MemberRequest,
    MemberView,
    ReleaseRequest,
)
from services.registry.leading_groups.tables import LeadingGroup
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/leading-groups", "leading groups")


async def _view(session: Session, group: LeadingGroup, actor: Actor) -> LeadingGroupView:
    members = await actions.members_of(session, [group])
    return LeadingGroupView.of(group, members[group.id], actor)


@router.get("")
async def list_leading_groups(
    session: ReadSession,
    actor: Annotated[Actor, May("leading_group:read")],
    query: Annotated[LeadingGroupQuery, Query()],
) -> Page[LeadingGroupView]:
    """The leading groups (行政执法协调监督领导小组) that the caller may see, with their offices."""
    rows, cursor, count = await actions.page(session, actor, query)
    members = await actions.members_of(session, rows)
    items = [LeadingGroupView.of(row, members[row.id], actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def propose_leading_group(
    session: Session,
    actor: Annotated[Actor, May("leading_group:propose")],
    body: LeadingGroupRequest,
) -> LeadingGroupView:
    """Propose a leading group, whose office works with the justice office (合署办公)."""
    return await _view(session, await actions.propose(session, actor, body), actor)


@router.get("/{id}")
async def get_leading_group(
    session: ReadSession, actor: Annotated[Actor, May("leading_group:read")], id: UUID
) -> LeadingGroupView:
    """One leading group and who is in it now."""
    return await _view(session, await load(session, LeadingGroup, id, actor), actor)


@router.patch("/{id}")
async def change_leading_group(
    session: Session,
    actor: Annotated[Actor, May("leading_group:propose")],
    id: UUID,
    body: LeadingGroupPatch,
) -> LeadingGroupView:
    """Change what it is called, its duties or its office."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.get("/{id}/members")
async def list_leading_group_members(
    session: ReadSession,
    actor: Annotated[Actor, May("leading_group:read")],
    id: UUID,
    query: Annotated[MemberQuery, Query()],
) -> Page[MemberView]:
    """Who is or was in the group or its office, from when until when."""
    rows, cursor, count = await actions.members(session, actor, id, query)
    items = [MemberView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/members", status_code=201)
async def add_leading_group_member(
    session: Session,
    actor: Annotated[Actor, May("leading_group:propose")],
    id: UUID,
    body: MemberRequest,
) -> LeadingGroupView:
    """Take somebody into the group or its office; a head takes the place of the former one."""
    return await _view(session, await actions.add_member(session, actor, id, body), actor)


@router.post("/{id}/release")
async def release_leading_group_member(
    session: Session,
    actor: Annotated[Actor, May("leading_group:propose")],
    id: UUID,
    body: ReleaseRequest,
) -> LeadingGroupView:
    """Release somebody from the group or its office."""
    return await _view(session, await actions.release(session, actor, id, body), actor)


@router.post("/{id}/establish")
async def establish_leading_group(
    session: Session, actor: Annotated[Actor, May("leading_group:establish")], id: UUID
) -> LeadingGroupView:
    """Establish it (设立), if it is complete; never by the person who proposed it."""
    return await _view(session, await actions.establish(session, actor, id), actor)


@router.post("/{id}/dissolve")
async def dissolve_leading_group(
    session: Session,
    actor: Annotated[Actor, May("leading_group:dissolve")],
    id: UUID,
    body: LeadingGroupReason,
) -> LeadingGroupView:
    """Dissolve it, or drop the proposal."""
    return await _view(session, await actions.dissolve(session, actor, id, body.reason), actor)

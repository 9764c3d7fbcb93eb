"""The verbs of leading groups: load, decide, change, publish."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.divisions.actions import place_of
from services.registry.leading_groups import rules
from services.registry.leading_groups.schemas import (
    LeadingGroupPatch,
    LeadingGroupQuery,
    LeadingGroupRequest,
    MemberQuery,
    MemberRequest,
    ReleaseRequest,
)
from services.registry.leading_groups.tables import LeadingGroup, LeadingGroupMember
from services.registry.officers.rules import has_been
from services.registry.permissions import acts_in
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.registry.leading_groups import (
    LeadingGroupChanged,
    LeadingGroupDissolved,
    LeadingGroupEstablished,
    LeadingGroupFact,
    LeadingGroupProposed,
)
from shared.facts import publish
from shared.law.tables import rule
from shared.web.paging import paginate

ESTABLISHMENT_RULE = "leading_group.establishment"

_SORTS = {"id": LeadingGroup.id, "updated_at": LeadingGroup.updated_at}

Members = Sequence[LeadingGroupMember]


async def page(
    session: AsyncSession, actor: Actor, query: LeadingGroupQuery
) -> tuple[list[LeadingGroup], str | None, int | None]:
    """The caller's leading groups that match, one page of them."""
    statement = select(LeadingGroup).where(visible(LeadingGroup, actor))
    if query.state:
        statement = statement.where(LeadingGroup.state == query.state)
    if query.division:
        statement = statement.where(in_division(LeadingGroup, query.division))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=LeadingGroup.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def members_of(
    session: AsyncSession, groups: Iterable[LeadingGroup]
) -> dict[UUID, list[LeadingGroupMember]]:
    """Who is in each of `groups` now, in the order in which they came."""
    found: dict[UUID, list[LeadingGroupMember]] = {group.id: [] for group in groups}
    rows = await session.scalars(
        select(LeadingGroupMember)
        .where(LeadingGroupMember.leading_group_id.in_(found), LeadingGroupMember.left_on.is_(None))
        .order_by(LeadingGroupMember.id)
    )
    for row in rows:
        found[row.leading_group_id].append(row)
    return found


async def members(
    session: AsyncSession, actor: Actor, id: UUID, query: MemberQuery
) -> tuple[list[LeadingGroupMember], str | None, int | None]:
    """Who is or was in a visible leading group."""
    await load(session, LeadingGroup, id, actor)
    statement = select(LeadingGroupMember).where(LeadingGroupMember.leading_group_id == id)
    if query.current is not None:
        left = LeadingGroupMember.left_on
        statement = statement.where(left.is_(None) if query.current else left.is_not(None))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": LeadingGroupMember.id},
        id=LeadingGroupMember.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def propose(
    session: AsyncSession, actor: Actor, request: LeadingGroupRequest
) -> LeadingGroup:
    """A leading group is to be set up in a division of the caller's."""
    scope = await place_of(session, actor, request.division)
    rules.may_be_at(request.division)
    moment = now(session)
    group = LeadingGroup(
        **request.model_dump(exclude={"members"}),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(group)
    await session.flush()  # before the rows that point at it
    for member in request.members:
        await _add(session, group, member)
    return await _done(session, group, LeadingGroupProposed)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: LeadingGroupPatch
) -> LeadingGroup:
    """Change fields; a change that changes nothing leaves no trace."""
    group = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in told.items() if getattr(group, name) != value}
    if not changes:
        return group
    await _check_stays(session, group, await _now_in(session, group), changes)
    for name, value in changes.items():
        setattr(group, name, value)
    return await _done(session, group, LeadingGroupChanged)


async def add_member(
    session: AsyncSession, actor: Actor, id: UUID, request: MemberRequest
) -> LeadingGroup:
    """Somebody comes in; as head or as director of the office in the place of who was."""
    group = await _take(session, actor, id, "members")
    await _add(session, group, request)
    return await _done(session, group, LeadingGroupChanged)


async def release(
    session: AsyncSession, actor: Actor, id: UUID, request: ReleaseRequest
) -> LeadingGroup:
    """Somebody leaves."""
    group = await _take(session, actor, id, "release")
    present = await _now_in(session, group)
    member = next((one for one in present if one.id == request.member_id), None)
    if member is None:
        raise rules.NotAMember
    rest = [one for one in present if one is not member]
    await _check_stays(session, group, rest, {})
    member.left_on, member.reason = today(session), request.reason
    return await _done(session, group, LeadingGroupChanged)


async def establish(session: AsyncSession, actor: Actor, id: UUID) -> LeadingGroup:
    """From today it is there."""
    group = await _take(session, actor, id, "establish")
    rules.may_establish(
        caller=actor.sub,
        proposed_by=group.created_by,
        requires=await _required(session),
        filled=_filled(group, await _now_in(session, group), {}),
    )
    group.established_on = today(session)
    return await _done(session, group, LeadingGroupEstablished, step="establish")


async def dissolve(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> LeadingGroup:
    """It is no more, or is not to be; who was in it at the end stays on record."""
    group = await _take(session, actor, id, "dissolve")
    for member in await _now_in(session, group):
        member.left_on, member.reason = today(session), reason
    group.reason = reason
    return await _done(session, group, LeadingGroupDissolved, step="dissolve")


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> LeadingGroup:
    """The locked group, if its state allows `action` and the caller is in charge."""
    group = await load(session, LeadingGroup, id, actor, lock=True)
    if not acts_in(actor, group.district, group.township):
        raise NotInCharge
    rules.LIFECYCLE.may(action, group.state)
    return group


async def _now_in(session: AsyncSession, group: LeadingGroup) -> Members:
    return (await members_of(session, [group]))[group.id]


async def _add(session: AsyncSession, group: LeadingGroup, request: MemberRequest) -> None:
    day = today(session)
    has_been(request.joined_on or day, today=day)
    if request.role in rules.SINGLE:
        for former in await _now_in(session, group):
            if former.role == request.role:
                former.left_on = max(request.joined_on or day, former.joined_on)
    session.add(
        LeadingGroupMember(
            leading_group_id=group.id,
            **request.model_dump(exclude={"joined_on"}),
            joined_on=request.joined_on or day,
            created_at=now(session),
        )
    )
    await session.flush()


async def _required(session: AsyncSession) -> list[str]:
    required: list[str] = (await rule(session, ESTABLISHMENT_RULE)).value["requires"]
    return required


async def _check_stays(
    session: AsyncSession, group: LeadingGroup, present: Members, changes: dict[str, Any]
) -> None:
    rules.may_stay(
        state=group.state,
        requires=await _required(session),
        filled=_filled(group, present, changes),
    )


def _filled(group: LeadingGroup, present: Members, changes: dict[str, Any]) -> dict[str, Any]:
    """What the group has, by the names that the rule of its establishment uses."""
    names = ("duties", "office", "co_located_with", "office_duties", "document_no")
    told = {name: changes.get(name, getattr(group, name)) for name in names}
    roles = {member.role for member in present}
    return {**told, **{role.value: role in roles for role in rules.GroupRole}}


async def _done(
    session: AsyncSession,
    group: LeadingGroup,
    event: type[LeadingGroupFact],
    *,
    step: str | None = None,
) -> LeadingGroup:
    """Write the row in its new state and version, and the fact."""
    if step is not None:
        group.state = rules.LIFECYCLE.next(step, group.state)
    group.updated_at = now(session)
    await session.flush()
    present = await _now_in(session, group)
    fact = event(
        leading_group_id=group.id,
        division=group.division,
        name=group.name,
        co_located_with=group.co_located_with,
        state=group.state,
        members=sum(member.role not in rules.IN_OFFICE for member in present),
        office_staff=sum(member.role in rules.IN_OFFICE for member in present),
    )
    publish(session, fact, at=group)
    return group

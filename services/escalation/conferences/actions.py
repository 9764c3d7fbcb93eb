"""The verbs of a conference, and what happens when its minutes fall due."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.clocks import actions as clocks
from services.escalation.conferences import rules
from services.escalation.conferences.rules import (
    MANDATORY,
    MINUTES,
    SERIES,
    WAITED_FOR,
    ConferenceKind,
    ConferenceState,
    MemberAnswer,
)
from services.escalation.conferences.schemas import (
    ConferencePatch,
    ConferenceRequest,
    Mandatory,
    MemberRequest,
    Members,
    MinutesRequest,
    PostponeRequest,
    member_of,
    part_of,
    standing,
)
from services.escalation.conferences.tables import Conference, ConferenceMember
from services.escalation.ladder.rules import level_of_division
from services.escalation.numbering.actions import next_numbers
from services.escalation.resolutions.actions import Resolved, assign_all
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now, today
from shared.events.escalation.conferences import (
    ConferenceAnswered,
    ConferenceCalled,
    ConferenceCancelled,
    ConferenceChanged,
    ConferenceClosed,
    ConferenceFact,
    ConferenceHeld,
    ConferenceMinutesDueSoon,
    ConferenceMinutesIssued,
    ConferenceMinutesOverdue,
    ConferenceMinutesReturned,
    ConferenceMinutesWritten,
    ConferencePlanned,
    ConferencePostponed,
)
from shared.facts import publish
from shared.law.tables import rule, scope_of

E = TypeVar("E", bound=ConferenceFact)
Stepped = tuple[Conference, Members]


async def plan(session: AsyncSession, actor: Actor, request: ConferenceRequest) -> Stepped:
    """Prepare a conference of the caller's level; nobody is invited yet."""
    rules.may_invite(member.organisation for member in request.members)
    scope = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    moment = now(session)
    row = Conference(
        **request.model_dump(exclude={"members", "agenda"}),
        agenda=[item.model_dump() for item in request.agenda],
        number=number,
        division=actor.division,
        level=level_of_division(actor.division),
        state=ConferenceState.PLANNED,
        created_at=moment,
        created_by=actor.sub,
        changed_at=moment,
        district=scope.district,
        township=scope.township,
    )
    session.add(row)
    await session.flush()
    members = await _invite(session, row, request.members)
    return await _settle(session, row, members, ConferencePlanned)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: ConferencePatch) -> Stepped:
    """Change what is prepared."""
    row, members = await _step(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True, exclude={"members"})
    for name, value in told.items():
        setattr(row, name, value)
    if patch.members:
        rules.may_invite(member.organisation for member in patch.members)
        for member in members:
            await session.delete(member)
        await session.flush()
        members = await _invite(session, row, patch.members)
    return await _settle(session, row, members, ConferenceChanged)


async def call(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """Invite them: from now on each sees it."""
    row, members = await _step(session, actor, id, "call")
    row.called_at = now(session)
    scopes = [await scope_of(session, member.division) for member in members]
    places = {place for scope in scopes for place in scope[1:] if place} - set(row.scope)
    row.parties = [*(member.organisation for member in members), *sorted(places)]
    return await _settle(session, row, members, ConferenceCalled)


async def answer(
    session: AsyncSession, actor: Actor, id: UUID, told: MemberAnswer, delegate: str | None
) -> Stepped:
    """A member says whether it comes."""
    row, members = await _step(session, actor, id, "answer")
    own = member_of(row, members, actor)
    assert own is not None
    own.answer, own.delegate, own.answered_at = told, delegate, now(session)
    by = own.organisation
    return await _settle(session, row, members, ConferenceAnswered, by=by, answer=told)


async def postpone(
    session: AsyncSession, actor: Actor, id: UUID, request: PostponeRequest
) -> Stepped:
    """It is at another time; all are asked again whether they come."""
    row, members = await _step(session, actor, id, "postpone")
    if request.starts_at <= now(session):
        raise rules.ConferenceInThePast
    row.starts_at, row.reason = request.starts_at, request.reason
    for member in members:
        member.answer = member.delegate = member.answered_at = None
    return await _settle(session, row, members, ConferencePostponed)


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Stepped:
    """It does not take place."""
    row, members = await _step(session, actor, id, "cancel")
    row.reason, row.closed_at = reason, now(session)
    return await _settle(session, row, members, ConferenceCancelled)


async def hold(session: AsyncSession, actor: Actor, id: UUID, attended: list[str]) -> Stepped:
    """It took place; the minutes are to be issued."""
    row, members = await _step(session, actor, id, "hold")
    present = [member for member in members if member.organisation in attended]
    mandatory = await mandatory_members(session)
    rules.may_hold({member.kind for member in present}, mandatory[row.kind])
    for member in members:
        member.attended = member in present
    row.held_at = now(session)
    await clocks.start(session, row, MINUTES)
    came = [member.organisation for member in present]
    return await _settle(session, row, members, ConferenceHeld, attended=came)


async def write_minutes(
    session: AsyncSession, actor: Actor, id: UUID, request: MinutesRequest
) -> Stepped:
    """The draft of the minutes, for another person of the level."""
    row, members = await _step(session, actor, id, "write_minutes")
    invited = {member.organisation for member in members}
    rules.may_resolve((one.owner for one in request.resolutions), invited)
    rules.may_fall_due((one.due_on for one in request.resolutions), today(session))
    row.minutes, row.decisions = request.minutes, list(request.decisions)
    row.resolved = [one.model_dump(mode="json") for one in request.resolutions]
    row.minutes_by, row.remarks = actor.sub, None
    return await _settle(session, row, members, ConferenceMinutesWritten)


async def return_minutes(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Stepped:
    """The draft has to be mended."""
    row, members = await _step(session, actor, id, "return_minutes")
    row.remarks = remarks
    return await _settle(session, row, members, ConferenceMinutesReturned)


async def issue_minutes(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The minutes hold, and what they resolve is to be done."""
    row, members = await _step(session, actor, id, "issue_minutes")
    row.issued_at, row.issued_by = now(session), actor.sub
    row.unresolved = len(row.resolved)
    await clocks.stop(session, row)
    told = {"resolutions": row.unresolved}
    stepped = await _settle(session, row, members, ConferenceMinutesIssued, **told)
    by_code = {member.organisation: member for member in members}
    resolved = [
        Resolved(one["requirement"], by_code[one["owner"]], date.fromisoformat(one["due_on"]))
        for one in row.resolved
    ]
    await assign_all(session, row, resolved)
    return stepped


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """All that it resolved is done."""
    row, members = await _step(session, actor, id, "close")
    row.closed_at = now(session)
    return await _settle(session, row, members, ConferenceClosed)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the minutes fall due soon."""
    row = await clocks.waiting(session, Conference, ref, over=False)
    if row is not None:
        members = await members_of_one(session, row)
        publish(session, _fact(ConferenceMinutesDueSoon, row, members), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the minutes were not issued in time."""
    row = await clocks.waiting(session, Conference, ref, over=True)
    if row is not None:
        row.overdue_at = now(session)
        await _settle(session, row, await members_of_one(session, row), ConferenceMinutesOverdue)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The minutes are late."""
    return and_(Conference.state.in_(WAITED_FOR), Conference.due_at <= moment)


async def mandatory_members(session: AsyncSession) -> Mandatory:
    """Who must be there, by kind of conference."""
    return (await rule(session, MANDATORY)).value


async def members_of(session: AsyncSession, rows: Iterable[Conference]) -> dict[UUID, Members]:
    """Who is invited to conferences that the caller sees."""
    found: dict[UUID, list[ConferenceMember]] = defaultdict(list)
    ids = [row.id for row in rows]
    of = select(ConferenceMember).where(ConferenceMember.conference_id.in_(ids))
    for member in await session.scalars(of.order_by(ConferenceMember.position)):
        found[member.conference_id].append(member)
    return found  # type: ignore[return-value]


async def members_of_one(session: AsyncSession, row: Conference) -> Members:
    return (await members_of(session, [row]))[row.id]


async def _invite(session: AsyncSession, row: Conference, told: Sequence[MemberRequest]) -> Members:
    for one in {member.division for member in told}:
        await scope_of(session, one)
    members = [
        ConferenceMember(conference_id=row.id, position=position, **member.model_dump())
        for position, member in enumerate(told)
    ]
    session.add_all(members)
    return members


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Stepped:
    """The conference, locked, in the state that `action` leads to."""
    row = await load(session, Conference, id, actor, lock=True)
    members, moment = await members_of_one(session, row), now(session)
    at = standing(row, members, await mandatory_members(session), moment)
    row.state = rules.next_state(action, at, part_of(row, members, actor), now=moment)
    row.changed_at = moment
    return row, members


async def _settle(
    session: AsyncSession, row: Conference, members: Members, kind: type[E], **more: Any
) -> Stepped:
    await session.flush()
    publish(session, _fact(kind, row, members, **more), at=row)
    return row, members


def _fact(kind: type[E], row: Conference, members: Members, **more: Any) -> E:
    names = ("number", "kind", "division", "level", "state", "starts_at", "venue", "due_at")
    told: dict[str, Any] = {name: getattr(row, name) for name in names}
    invited = [member.organisation for member in members] if row.called_at else []
    return kind(
        conference_id=row.id,
        kind_name=ConferenceKind(row.kind).label,
        organisations=invited,
        **told,
        **more,
    )

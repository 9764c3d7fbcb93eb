"""The verbs of an invitation. While the inspection is concealed, so is each of its facts."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.inspections import actions as inspections
from services.oversight.inspections.tables import Inspection
from services.oversight.participants import rules
from services.oversight.participants.rules import ANSWER, INVITE
from services.oversight.participants.schemas import (
    AcceptRequest,
    InvitationRequest,
    OpinionRequest,
    ParticipantFilters,
    ReasonRequest,
)
from services.oversight.participants.tables import Participant
from services.oversight.permissions import permissions_towards, require
from shared.access.actor import Actor, Role
from shared.access.visibility import unscoped
from shared.clock import now
from shared.events.oversight.participants import (
    ParticipantAccepted,
    ParticipantDeclined,
    ParticipantFact,
    ParticipantInvited,
    ParticipantOpined,
    ParticipantPrepared,
    ParticipantRecused,
    ParticipantWithdrawn,
)
from shared.facts import publish
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

Pair = tuple[Participant, Inspection]


async def page(
    session: AsyncSession, actor: Actor, inspection_id: UUID, filters: ParticipantFilters
) -> tuple[Inspection, list[Participant], str | None, int | None]:
    """Those invited to a visible inspection, one page of them."""
    inspection = await inspections.read(session, actor, inspection_id)
    rows, cursor, count = await paginate(
        session,
        select(Participant).where(Participant.inspection_id == inspection_id),
        sort=filters.sort,
        columns={"id": Participant.id},
        id=Participant.id,
        paging=filters,
    )
    return inspection, [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Pair:
    """One of those invited and the inspection: for the invited, and for who sees the inspection."""
    # The inspection first, as those do that change it: two that wait for each other never end.
    row = await session.get(Participant, id)
    if row is None:
        raise NotFound
    if _is_self(actor, row):
        inspection = await _of_self(session, row, lock=lock)
    else:
        inspection = await inspections.read(session, actor, row.inspection_id, lock=lock)
    if lock:
        await session.refresh(row, with_for_update=True)
        check_precondition(id, row.version)
    return row, inspection


async def invite(
    session: AsyncSession, actor: Actor, inspection_id: UUID, request: InvitationRequest
) -> Pair:
    """Invite somebody; whom the inspected body employs is not."""
    inspection = await inspections.read(session, actor, inspection_id, lock=True)
    require(actor, inspection, INVITE)
    invited = await session.scalar(
        select(func.count())
        .select_from(Participant)
        .where(Participant.inspection_id == inspection_id)
    )
    rules.may_invite(
        state=inspection.state,
        organisation=request.organisation,
        account=request.account,
        subject=inspection.uscc,
        inspectors=[one["sub"] for one in inspection.inspectors],
        invited=invited or 0,
    )
    row = Participant(
        **request.model_dump(),
        inspection_id=inspection_id,
        state=rules.LIFECYCLE.initial,
        invited_at=now(session),
        invited_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    _publish(session, row, inspection, ParticipantInvited)
    return row, inspection


async def accept(session: AsyncSession, actor: Actor, id: UUID, request: AcceptRequest) -> Pair:
    """They take part, and declare that they have no interest in the matter."""
    row, inspection = await _step(session, actor, id, "accept")
    row.declaration = request.declaration
    return await _answered(session, actor, row, inspection, ParticipantAccepted)


async def decline(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Pair:
    """They do not come."""
    row, inspection = await _step(session, actor, id, "decline")
    row.reason = request.reason
    return await _answered(session, actor, row, inspection, ParticipantDeclined)


async def recuse(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Pair:
    """They have an interest in the matter, and stay away."""
    row, inspection = await _step(session, actor, id, "recuse")
    row.reason = request.reason
    return await _answered(session, actor, row, inspection, ParticipantRecused)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Pair:
    """They are not wanted after all."""
    row, inspection = await _step(session, actor, id, "withdraw")
    row.reason = request.reason
    await session.flush()
    _publish(session, row, inspection, ParticipantWithdrawn)
    return row, inspection


async def opine(session: AsyncSession, actor: Actor, id: UUID, request: OpinionRequest) -> Pair:
    """They say what they think of what they saw."""
    row, inspection = await _step(session, actor, id, "opine")
    row.opinion, row.rating = request.opinion, request.rating
    row.opined_at, row.opined_by = now(session), actor.sub
    await session.flush()
    _publish(session, row, inspection, ParticipantOpined)
    return row, inspection


def is_whole(actor: Actor, row: Participant, inspection: Inspection) -> bool:
    """Whether the caller may read what the invited said."""
    return _is_self(actor, row) or INVITE in permissions_towards(actor, inspection)


def allowed_of(actor: Actor, row: Participant, inspection: Inspection) -> list[str]:
    """What the caller may do now."""
    return rules.allowed_actions(
        state=row.state,
        inspection=inspection.state,
        permissions=_permissions(actor, row, inspection),
    )


def _permissions(actor: Actor, row: Participant, inspection: Inspection) -> frozenset[str]:
    recused = inspection.recused(actor.sub)
    allowed = permissions_towards(actor, inspection, recused=recused) - {ANSWER}
    # Supervisors write down what the invited say to them.
    if INVITE in allowed or _is_self(actor, row):
        allowed |= {ANSWER} & actor.permissions
    return allowed


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Pair:
    """The row, locked, in the state that `action` leads to."""
    row, inspection = await read(session, actor, id, lock=True)
    needed = INVITE if action == "withdraw" else ANSWER
    if needed not in _permissions(actor, row, inspection):
        raise rules.NotTheParticipant
    row.state = rules.next_state(action, state=row.state, inspection=inspection.state)
    return row, inspection


async def _answered(
    session: AsyncSession,
    actor: Actor,
    row: Participant,
    inspection: Inspection,
    kind: type[ParticipantFact],
) -> Pair:
    row.answered_at, row.answered_by = now(session), actor.sub
    await session.flush()
    _publish(session, row, inspection, kind)
    return row, inspection


def _is_self(actor: Actor, row: Participant) -> bool:
    return Role.LAY_MONITOR in actor.roles and row.account == actor.sub


async def _of_self(session: AsyncSession, row: Participant, *, lock: bool) -> Inspection:
    statement = select(Inspection).where(
        Inspection.id == row.inspection_id,
        unscoped(Inspection, reason="who is invited to an inspection knows of it"),
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    return (await session.scalars(statement)).one()


def _publish(
    session: AsyncSession, row: Participant, inspection: Inspection, kind: type[ParticipantFact]
) -> None:
    told: dict[str, Any] = {
        "participant_id": row.id,
        "inspection_id": inspection.id,
        "subject_id": inspection.subject_id,
        "organisation": inspection.uscc,
        "subject_name": inspection.subject_name,
        "theme": inspection.theme,
        "planned_on": inspection.planned_on,
        "division": inspection.division,
        "kind": row.kind,
        "account": row.account,
        "state": row.state,
        "invited_by": row.invited_by,
    }
    fact = ParticipantPrepared(**told) if inspection.concealed else kind(**told)
    publish(session, fact, at=inspection)

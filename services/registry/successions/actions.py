"""What a body that ends leaves behind: its powers, and the delegations by it and to it.

Where one takes its place (合并) the powers are that one's, and with them what was delegated of
them. Where none does (撤销) the powers end, but for those that a township exercises by
empowerment. Where several do (分立) the powers wait until each is assigned to one of them; in the
meantime nobody exercises them. A delegation ends with its delegator unless one body carries it on,
and always with its trustee: whether a body is fit to be one (处罚法 art. 21) was looked into of
that body and of no other, and a mandate ends with the body that holds it (民法典 art. 173).
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.delegated_powers import actions as delegated_powers
from services.registry.delegations import actions as delegations
from services.registry.delegations.rules import ENDED as ENDED_DELEGATION
from services.registry.delegations.tables import Delegation
from services.registry.empowerments.rules import EmpowermentState
from services.registry.empowerments.tables import Empowerment
from services.registry.powers import actions as powers
from services.registry.powers.rules import ENDED as ENDED_POWER
from services.registry.powers.rules import PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.rules import SubjectState
from services.registry.subjects.tables import Subject
from services.registry.successions import rules
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import today

_ALL_OF_IT = "a body's end reaches all that it leaves behind; none is shown"


async def settle(session: AsyncSession, ended: Subject, reason: str) -> None:
    """In the transaction that ends the body, which is locked."""
    left = await _powers_of(session, ended.id)
    handed_down = await _handed_down(session, ended.id)
    successor = None
    heirs: Mapping[UUID, Power] = {}
    if ended.successor_id is not None:
        beyond = unscoped(Subject, reason="the body that a visible one was merged into")
        found = select(Subject).where(Subject.id == ended.successor_id, beyond)
        successor = (await session.scalars(found)).one()
        heirs = await _pass_on(session, left, handed_down, successor, reason)
    elif ended.state == SubjectState.REVOKED:
        for power in left:
            if power.id not in handed_down:
                await powers.end(session, power, reason)
    for delegation in await _delegations_of(session, ended.id):
        if (
            successor is not None
            and delegation.delegator_id == ended.id
            and await _keeps_delegating(session, delegation, successor, heirs)
        ):
            power_ids = [heirs[id].id for id in delegation.power_ids]
            await delegations.follow(session, delegation, successor, power_ids, reason)
        else:
            await delegations.end(session, delegation, reason)


async def assign(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    *,
    successor_id: UUID,
    power_ids: Sequence[UUID],
    reason: str,
) -> tuple[int, int]:
    """Several of its powers come to another body; how many did, and how many are still left."""
    ended = await load(session, Subject, id, actor)
    wanted = sorted(set(power_ids))
    for power_id in wanted:  # one order of locks
        await powers.assign(
            session, actor, power_id, subject_id=successor_id, reason=reason, of=ended.id
        )
    return len(wanted), len(await _powers_of(session, id))


async def _pass_on(
    session: AsyncSession,
    left: Sequence[Power],
    handed_down: Collection[UUID],
    successor: Subject,
    reason: str,
) -> dict[UUID, Power]:
    """Which power stands for each of those left, from now on.

    Its codes are given once: of two powers under one code the merged body's ends, unless it is in
    force and the other one is a draft, or a township exercises it: it is open then until the legal
    office has settled which of the two goes on.
    """
    own = {power.code: power for power in await _powers_of(session, successor.id)}
    heirs = {}
    for power in left:
        same = own.get(power.code)
        if same is not None and PowerState.ACTIVE not in {power.state} - {same.state}:
            if power.id not in handed_down:
                await powers.end(session, power, reason)
            heirs[power.id] = same
            continue
        if same is not None:
            await powers.end(session, same, reason)
        heirs[power.id] = await powers.transfer(session, power, successor, reason)
    return heirs


async def _keeps_delegating(
    session: AsyncSession, row: Delegation, successor: Subject, heirs: Mapping[UUID, Power]
) -> bool:
    named = {id: heirs[id] for id in row.power_ids if id in heirs}
    held = all(id in named and named[id].state == PowerState.ACTIVE for id in row.power_ids)
    others = {id: power.id for id, power in named.items() if power.id != id}
    return rules.keeps_delegating(
        kind=successor.kind,
        organisation=successor.uscc,
        trustee_code=row.trustee_code,
        within=await delegations.lies_in(session, row.division, successor),
        days_left=row.valid_to >= today(session),
        powers_held=held,
        free=not await delegated_powers.are_taken(session, row, others),
    )


async def _powers_of(session: AsyncSession, subject_id: UUID) -> Sequence[Power]:
    """Those that have not ended, locked."""
    found = await session.scalars(
        select(Power)
        .where(
            Power.subject_id == subject_id,
            Power.state.not_in(ENDED_POWER),
            unscoped(Power, reason=_ALL_OF_IT),
        )
        .order_by(Power.id)
        .with_for_update(of=Power)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def _handed_down(session: AsyncSession, subject_id: UUID) -> set[UUID]:
    """The powers of a body that a township exercises: what the province decided stands."""
    found = await session.scalars(
        select(Empowerment.power_id)
        .join(Power, Power.id == Empowerment.power_id)
        .where(
            Power.subject_id == subject_id,
            Empowerment.state == EmpowermentState.IN_FORCE,
            unscoped(Empowerment, reason=_ALL_OF_IT),
            unscoped(Power, reason=_ALL_OF_IT),
        )
    )
    return set(found)


async def _delegations_of(session: AsyncSession, subject_id: UUID) -> Sequence[Delegation]:
    """Those by a body and those to it that have not ended, locked."""
    found = await session.scalars(
        select(Delegation)
        .where(
            or_(Delegation.delegator_id == subject_id, Delegation.trustee_id == subject_id),
            Delegation.state.not_in(ENDED_DELEGATION),
            unscoped(Delegation, reason=_ALL_OF_IT),
        )
        .order_by(Delegation.id)
        .with_for_update(of=Delegation)
        .execution_options(populate_existing=True)
    )
    return found.all()

"""What delegations claim: which powers can be delegated, and at which place and time they are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import any_, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.delegated_powers import rules
from services.registry.delegated_powers.tables import DelegatedPower
from services.registry.delegations.rules import IN_FORCE, WAITING
from services.registry.delegations.tables import Delegation
from services.registry.powers.rules import PowerState, may_be_used
from services.registry.powers.tables import Power
from services.registry.subjects.rules import SubjectState
from services.registry.subjects.tables import Subject
from shared.access.visibility import unscoped
from shared.clock import today
from shared.law.divisions import Level, level_of
from shared.law.tables import Division


async def held(session: AsyncSession, delegator: Subject, ids: Sequence[UUID]) -> list[Power]:
    """The powers of `ids`, if the delegator holds them all and they are in force."""
    held = select(Power).where(
        Power.id.in_(ids),
        Power.subject_id == delegator.id,
        unscoped(Power, reason="who is in charge of the subject is of its powers"),
    )
    # Held against a repeal until the commit.
    locked = held.order_by(Power.id).with_for_update(read=True, of=Power)
    powers = {power.id: power for power in await session.scalars(locked)}
    missing = [id for id in ids if id not in powers]
    by_delegation: Collection[UUID] = ()
    if missing:
        passed = (
            select(DelegatedPower.power_id)
            .join(Delegation, Delegation.id == DelegatedPower.delegation_id)
            .where(
                DelegatedPower.power_id.in_(missing),
                Delegation.trustee_code == delegator.uscc,
                Delegation.state.in_(IN_FORCE),
                unscoped(Delegation, reason="the trustee is a party of it"),
            )
        )
        by_delegation = set(await session.scalars(passed))
    rules.may_hand_over(asked=ids, held=powers, by_delegation=by_delegation)
    for power in powers.values():
        may_be_used(code=power.code, state=power.state)
    return [powers[id] for id in ids]


def domains_of(powers: Iterable[Power]) -> list[str]:
    """The domains that any of `powers` lies in."""
    return sorted({domain for power in powers for domain in power.domains})


async def standing(session: AsyncSession, rows: Iterable[Delegation]) -> set[UUID]:
    """Those of `rows` that wait for approval or publication and could get it: their powers are in
    force, their bodies published."""
    ids = {row.id for row in rows if row.state in WAITING}
    if not ids:
        return set()
    delegator, trustee = aliased(Subject), aliased(Subject)
    repealed = (
        select(DelegatedPower.id)
        .join(Power, Power.id == DelegatedPower.power_id)
        .where(
            DelegatedPower.delegation_id == Delegation.id,
            # Not what it named before its delegator was merged: that keeps its claim on past days.
            DelegatedPower.power_id == any_(Delegation.power_ids),
            Power.state != PowerState.ACTIVE,
            unscoped(Power, reason="says what can be done to a visible delegation"),
        )
    )
    found = (
        select(Delegation.id)
        .join(delegator, delegator.id == Delegation.delegator_id)
        .outerjoin(trustee, trustee.id == Delegation.trustee_id)
        .where(
            Delegation.id.in_(ids),
            delegator.state == SubjectState.PUBLISHED,
            or_(trustee.id.is_(None), trustee.state == SubjectState.PUBLISHED),
            ~repealed.exists(),
            unscoped(Delegation, reason="these are visible"),
            unscoped(Subject, reason="says what can be done to a visible delegation"),
        )
    )
    return set(await session.scalars(found))


async def claim(session: AsyncSession, row: Delegation) -> None:
    """Take the powers for the place and the days; the database refuses what is taken."""
    await session.execute(delete(DelegatedPower).where(DelegatedPower.delegation_id == row.id))
    below = select(Division.code).where(
        Division.parent == row.division,
        Division.valid_from <= today(session),
        or_(Division.valid_to.is_(None), Division.valid_to > today(session)),
    )
    if level_of(row.division) is Level.CITY:
        area: list[Range[int]] = [Range(None, None)]
    else:
        codes = [row.division, *await session.scalars(below)]
        area = [Range(int(code), int(code), bounds="[]") for code in sorted(codes)]
    period = Range(row.valid_from, row.valid_to, bounds="[]")
    await session.execute(
        insert(DelegatedPower),
        [
            {"delegation_id": row.id, "power_id": id, "area": area, "period": period}
            for id in sorted(row.power_ids)
        ],
    )


async def are_taken(session: AsyncSession, row: Delegation, others: Mapping[UUID, UUID]) -> bool:
    """Whether one of the powers that it would name in place of its own is delegated already.

    `others` tells which would take the place of which.
    """
    mine, theirs = aliased(DelegatedPower), aliased(DelegatedPower)
    for own, other in others.items():
        overlapping = select(theirs.id).where(
            mine.delegation_id == row.id,
            mine.power_id == own,
            theirs.delegation_id != row.id,
            theirs.power_id == other,
            theirs.area.bool_op("&&")(mine.area),
            theirs.period.bool_op("&&")(mine.period),
            theirs.period.bool_op("&&")(Range(today(session), None)),
        )
        if await session.scalar(overlapping.limit(1)) is not None:
            return True
    return False


async def replace(session: AsyncSession, row: Delegation, power_ids: Sequence[UUID]) -> None:
    """From today on it claims these in place of its own, one by one, for the days that are left."""
    since = max(today(session), row.valid_from)
    for own, other in zip(row.power_ids, power_ids, strict=True):
        if own == other:
            continue
        claimed = DelegatedPower.delegation_id == row.id, DelegatedPower.power_id == own
        area = await session.scalar(select(DelegatedPower.area).where(*claimed))
        await release(session, row, ended_on=since, power_id=own)
        period = Range(since, row.valid_to, bounds="[]")
        values = {"delegation_id": row.id, "power_id": other, "area": area, "period": period}
        await session.execute(insert(DelegatedPower), [values])


async def release(
    session: AsyncSession, row: Delegation, *, ended_on: date, power_id: UUID | None = None
) -> None:
    """Give back the days from `ended_on` on, of all its powers or of one."""
    kept = DelegatedPower.period.intersection(Range(None, ended_on))
    of = [DelegatedPower.delegation_id == row.id]
    if power_id is not None:
        of.append(DelegatedPower.power_id == power_id)
    await session.execute(
        update(DelegatedPower)
        .where(*of)
        .values(period=kept)
        .execution_options(synchronize_session=False)
    )

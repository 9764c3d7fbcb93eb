"""The verbs of pilot townships: load, decide, change, publish."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.permissions import covers, in_charge
from services.registry.pilot_townships import rules
from services.registry.pilot_townships.schemas import (
    DesignationRequest,
    EndRequest,
    PilotTownshipQuery,
)
from services.registry.pilot_townships.tables import PilotTownship
from services.registry.programmes.tables import Programme, ProgrammeParticipant
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.pilot_townships import (
    PilotTownshipDesignated,
    PilotTownshipEnded,
    PilotTownshipFact,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.tables import scope_of
from shared.refusals import NotFound
from shared.web.paging import paginate

_SORTS = {"id": PilotTownship.id, "designated_on": PilotTownship.designated_on}


async def page(
    session: AsyncSession, actor: Actor, division: str, query: PilotTownshipQuery
) -> tuple[list[PilotTownship], str | None, int | None]:
    """What a district designated, as far as the caller may see it."""
    statement = select(PilotTownship).where(
        PilotTownship.division == division, visible(PilotTownship, actor)
    )
    if query.programme_id:
        statement = statement.where(PilotTownship.programme_id == query.programme_id)
    if query.state:
        statement = statement.where(PilotTownship.state == query.state)
    if query.on:
        statement = statement.where(
            PilotTownship.designated_on <= query.on,
            or_(PilotTownship.ended_on.is_(None), PilotTownship.ended_on >= query.on),
        )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=PilotTownship.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def designate(
    session: AsyncSession, actor: Actor, division: str, request: DesignationRequest
) -> PilotTownship:
    """A pilot district chooses one of its townships; of the past, what was so then is filed."""
    day = today(session)
    designated_on = request.designated_on or day
    # Where it lies today says who is in charge, where it lay then whether it could be chosen.
    present = await scope_of(session, request.township, day)
    if not covers(actor, present.district, present.township):
        raise DivisionUnknown(division=request.township, on=day.isoformat())
    then = await scope_of(session, request.township, designated_on)
    # Locked: it does not close meanwhile, and of two designations the second sees the first.
    programme = await session.get(Programme, request.programme_id, with_for_update=True)
    if programme is None:
        raise NotFound
    until = rules.lasts_until(
        designated_on=designated_on,
        ended_on=request.ended_on,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        closed_on=programme.closed_on,
        state=programme.state,
        backfill=request.backfill,
        today=day,
    )
    kind = await session.scalar(
        select(ProgrammeParticipant.kind).where(
            ProgrammeParticipant.programme_id == programme.id,
            ProgrammeParticipant.division == division,
            ProgrammeParticipant.left_on.is_(None),
        )
    )
    rules.may_designate(
        division=division,
        kind=kind,
        township=request.township,
        lies_in=then.district,
        on=designated_on,
    )
    others = await session.execute(
        select(PilotTownship.designated_on, PilotTownship.ended_on).where(
            PilotTownship.programme_id == programme.id,
            PilotTownship.township == request.township,
            unscoped(PilotTownship, reason="a township is a pilot once, whoever filed it"),
        )
    )
    rules.may_stand_beside(
        designated_on=designated_on, until=until, others=[(row[0], row[1]) for row in others]
    )
    moment = now(session)
    designation = PilotTownship(
        programme_id=programme.id,
        division=division,
        district=present.district,
        township=present.township,
        parties=[] if present.district == division else [division],
        designated_on=designated_on,
        ended_on=until,
        state=rules.PILOT_TOWNSHIP.initial if until is None else rules.PilotTownshipState.ENDED,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(designation)
    await session.flush()
    _tell(session, PilotTownshipDesignated, designation, backfill=request.backfill)
    return designation


async def end(session: AsyncSession, actor: Actor, id: UUID, request: EndRequest) -> PilotTownship:
    """From tomorrow the township is no pilot any more."""
    designation = await load(session, PilotTownship, id, actor, lock=True)
    if not in_charge(
        actor, district=designation.district, township=designation.township, organisation=""
    ):
        raise NotInCharge
    designation.state = rules.PILOT_TOWNSHIP.next("end", designation.state)
    designation.ended_on, designation.reason = today(session), request.reason
    designation.updated_at = now(session)
    await session.flush()
    _tell(session, PilotTownshipEnded, designation)
    return designation


async def close(session: AsyncSession, programme: Programme) -> list[PilotTownship]:
    """No township is a pilot of a programme that is closed. The caller tells it."""
    designated = (
        select(PilotTownship)
        .where(
            PilotTownship.programme_id == programme.id,
            PilotTownship.state == rules.PilotTownshipState.DESIGNATED,
            unscoped(PilotTownship, reason="a programme closes for all who take part"),
        )
        .order_by(PilotTownship.id)
        .with_for_update()
    )
    ended = list(await session.scalars(designated))
    for designation in ended:
        designation.state = rules.PILOT_TOWNSHIP.next("close", designation.state)
        designation.ended_on = programme.closed_on
        designation.updated_at = now(session)
    await session.flush()
    return ended


def tell_ended(session: AsyncSession, designations: Iterable[PilotTownship]) -> None:
    """One fact a township."""
    for designation in designations:
        _tell(session, PilotTownshipEnded, designation)


def _tell(
    session: AsyncSession,
    event: type[PilotTownshipFact],
    designation: PilotTownship,
    *,
    backfill: bool = False,
) -> None:
    fact = event(
        designation_id=designation.id,
        programme_id=designation.programme_id,
        division=designation.division,
        township=designation.township or "",
        designated_on=designation.designated_on,
        ended_on=designation.ended_on,
        state=designation.state,
    )
    publish(session, fact, at=designation, backfill=backfill)

"""The verbs of continuing training: the officer's sum of the year changes with each record."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates import actions as certificates
from services.registry.certificates.tables import Held
from services.registry.officer_trainings import rules
from services.registry.officer_trainings.schemas import (
    OfficerTrainingQuery,
    OfficerTrainingRequest,
    OfficerTrainingWithdrawal,
)
from services.registry.officer_trainings.tables import OfficerTraining
from services.registry.officers.rules import OfficerState, has_been
from services.registry.officers.tables import Officer
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now, today
from shared.events.registry.officers import (
    OfficerFact,
    OfficerTrainingRecorded,
    OfficerTrainingWithdrawn,
)
from shared.refusals import NotFound
from shared.web.paging import paginate


async def page(
    session: AsyncSession, actor: Actor, id: UUID, query: OfficerTrainingQuery
) -> tuple[list[OfficerTraining], str | None, int | None]:
    """The courses of a visible officer, one page of them."""
    await load(session, Officer, id, actor)
    statement = select(OfficerTraining).where(OfficerTraining.officer_id == id)
    if query.year is not None:
        statement = statement.where(OfficerTraining.year == query.year)
    if query.state is not None:
        statement = statement.where(OfficerTraining.state == query.state)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": OfficerTraining.id},
        id=OfficerTraining.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def record(
    session: AsyncSession, actor: Actor, id: UUID, request: OfficerTrainingRequest
) -> OfficerTraining:
    """Hours of a course count for the year in which it ended."""
    held = await certificates.take(session, actor, id)
    rules.may_be_trained(on_post=held.officer.state == OfficerState.ON_POST)
    has_been(request.on, today=today(session))
    moment = now(session)
    training = OfficerTraining(
        officer_id=id,
        year=request.on.year,
        course=request.course,
        hours=request.hours,
        held_on=request.on,
        state=rules.OFFICER_TRAINING.initial,
        recorded_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(training)
    await _add_up(session, held, training, training.hours, OfficerTrainingRecorded)
    return training


async def withdraw(
    session: AsyncSession, actor: Actor, id: UUID, request: OfficerTrainingWithdrawal
) -> OfficerTraining:
    """It was a mistake: its hours count no more."""
    held = await certificates.take(session, actor, id)
    # Read behind the officer's lock, which whoever changes it holds.
    found = await session.execute(
        select(OfficerTraining).where(
            OfficerTraining.id == request.record_id, OfficerTraining.officer_id == id
        )
    )
    training = found.scalar_one_or_none()
    if training is None:
        raise NotFound
    training.state = rules.OFFICER_TRAINING.next("withdraw", training.state)
    training.reason, training.updated_at = request.reason, now(session)
    await _add_up(session, held, training, -training.hours, OfficerTrainingWithdrawn)
    return training


async def record_attendance(
    session: AsyncSession, officer_id: UUID, *, course: str, hours: int, on: date, by: str
) -> None:
    """Hours of a training that was closed, by who held it; what is recorded already stays."""
    held = await certificates.take_any(
        session, officer_id, reason="a training that they were enrolled in was closed"
    )
    known = await session.scalar(
        select(OfficerTraining.id).where(
            OfficerTraining.officer_id == officer_id,
            OfficerTraining.held_on == on,
            OfficerTraining.course == course,
            OfficerTraining.state == rules.OfficerTrainingState.RECORDED,
        )
    )
    if known is not None:
        return
    moment = now(session)
    training = OfficerTraining(
        officer_id=officer_id,
        year=on.year,
        course=course,
        hours=hours,
        held_on=on,
        state=rules.OFFICER_TRAINING.initial,
        recorded_by=by,
        created_at=moment,
        updated_at=moment,
    )
    session.add(training)
    await _add_up(session, held, training, training.hours, OfficerTrainingRecorded)


async def _add_up(
    session: AsyncSession,
    held: Held,
    training: OfficerTraining,
    hours: int,
    event: type[OfficerFact],
) -> None:
    year, officer = str(training.year), held.officer
    in_year = officer.training_hours.get(year, 0) + hours
    officer.training_hours = {**officer.training_hours, year: in_year}
    told: dict[str, Any] = {
        "year": training.year,
        "hours": training.hours,
        "hours_in_year": in_year,
    }
    await certificates.record(session, held, event, told=told)

"""Hours of training of a year, and the timer that tells who is short of them.

An officer's hours are kept by `officer_trainings`; a supervision officer's are those of the closed
trainings that they attended.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, and_, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.officer_trainings.rules import OfficerTrainingState
from services.registry.officer_trainings.tables import OfficerTraining
from services.registry.officers.rules import OfficerState, Staffing
from services.registry.officers.tables import Officer
from services.registry.subjects.tables import Subject
from services.registry.supervision_officers.rules import SupervisionOfficerState
from services.registry.supervision_officers.tables import SupervisionOfficer
from services.registry.training_hours.schemas import HoursQuery
from services.registry.trainings.rules import PersonKind, TrainingState
from services.registry.trainings.tables import Training, TrainingEnrolment
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import today
from shared.db import Scope
from shared.events.registry.trainings import TrainingDue
from shared.facts import publish
from shared.law.calendar import end_of, last_day_of
from shared.law.divisions import level_of
from shared.law.tables import rule
from shared.refusals import NotFound
from shared.timers import Timer, schedule

DUE = "training.due"
"""The timer that looks, once a year, who is short of hours."""
CITY = UUID("019ab3a0-0000-7000-8000-0000000000a1")
"""What that timer is about: there is one, for the whole city."""
DUE_RULE = "training.due"
NEEDS = {
    PersonKind.OFFICER: "officer.training_hours",
    PersonKind.SUPERVISION_OFFICER: "training.supervision_hours",
}
MOST_IDS = 500
"""Ids in one fact: a body with more people who are short is told in several."""


class Hours(NamedTuple):
    """What somebody was trained in a year."""

    person_kind: PersonKind
    year: int
    hours: int
    needed: int
    courses: list[tuple[str, int, date]]


async def hours(session: AsyncSession, actor: Actor, query: HoursQuery) -> Hours:
    """What a visible person was trained in a year."""
    year = query.year or today(session).year
    statement = select(Officer).where(Officer.id == query.person_id, visible(Officer, actor))
    officer = (await session.execute(statement)).scalar_one_or_none()
    if officer is not None:
        records = await session.execute(
            select(OfficerTraining.course, OfficerTraining.hours, OfficerTraining.held_on)
            .where(
                OfficerTraining.officer_id == officer.id,
                OfficerTraining.year == year,
                OfficerTraining.state == OfficerTrainingState.RECORDED,
            )
            .order_by(OfficerTraining.id.desc())
        )
        courses = [(row.course, row.hours, row.held_on) for row in records]
        total = int(officer.training_hours.get(str(year), 0))
        return await _told(session, PersonKind.OFFICER, year, total, courses)
    if not actor.may("supervision_officer:read"):
        raise NotFound
    await load(session, SupervisionOfficer, query.person_id, actor)
    attended = await session.execute(
        select(Training.title, TrainingEnrolment.hours, Training.held_on)
        .join(Training, Training.id == TrainingEnrolment.training_id)
        .where(
            TrainingEnrolment.supervision_officer_id == query.person_id,
            _counts(year),
            unscoped(TrainingEnrolment, reason="of a person whom the caller sees"),
            unscoped(Training, reason="that a person whom the caller sees attended"),
        )
        .order_by(Training.id.desc())
    )
    courses = [(row.title, row.hours, row.held_on) for row in attended if row.held_on]
    total = sum(hours for _, hours, _ in courses)
    return await _told(session, PersonKind.SUPERVISION_OFFICER, year, total, courses)


async def watch(session: AsyncSession) -> None:
    """Have it looked each year who is short of hours; a timer that waits already stays."""
    known = select(Timer.id).where(Timer.kind == DUE, Timer.ref == CITY)
    if await session.scalar(known) is None:
        await _look_again(session, today(session))


async def tell_due(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: who is short of the hours of the year, one fact a body or division."""
    day = last_day_of(due_at)
    await _tell_officers(session, day.year)
    await _tell_supervisors(session, day.year)
    await _look_again(session, max(today(session), day))


async def _tell_officers(session: AsyncSession, year: int) -> None:
    needed = await _needed(session, PersonKind.OFFICER, year)
    had = func.coalesce(Officer.training_hours[str(year)].astext.cast(Integer), 0)
    rows = await session.execute(
        select(Subject.uscc, Subject.division, Officer.district, Officer.township, Officer.id)
        .join(Subject, Subject.id == Officer.subject_id)
        .where(
            Officer.state == OfficerState.ON_POST,
            Officer.staffing == Staffing.STAFF,
            had < needed,
            unscoped(Officer, reason="the system looks at everybody"),
            unscoped(Subject, reason="the system looks at everybody"),
        )
        .order_by(Subject.uscc, Officer.district, Officer.township, Subject.division, Officer.id)
    )
    for (uscc, division, district, township), people in groupby(rows, key=lambda row: row[:4]):
        _tell_due(
            session,
            Scope(district=district, township=township),
            [row.id for row in people],
            division=division,
            organisation=uscc,
            person_kind=PersonKind.OFFICER,
            year=year,
            needed=needed,
        )


async def _tell_supervisors(session: AsyncSession, year: int) -> None:
    needed = await _needed(session, PersonKind.SUPERVISION_OFFICER, year)
    had = (
        select(func.coalesce(func.sum(TrainingEnrolment.hours), 0))
        .join(Training, Training.id == TrainingEnrolment.training_id)
        .where(TrainingEnrolment.supervision_officer_id == SupervisionOfficer.id, _counts(year))
        .correlate(SupervisionOfficer)
        .scalar_subquery()
    )
    table = SupervisionOfficer
    rows = await session.execute(
        select(table.division, table.district, table.township, table.id)
        .where(table.state == SupervisionOfficerState.APPOINTED, had < needed)
        .order_by(table.division, table.district, table.township, table.id)
    )
    for (division, district, township), people in groupby(rows, key=lambda row: row[:3]):
        _tell_due(
            session,
            Scope(district=district, township=township),
            [row.id for row in people],
            division=division,
            organisation=None,
            person_kind=PersonKind.SUPERVISION_OFFICER,
            year=year,
            needed=needed,
        )


def _tell_due(session: AsyncSession, scope: Scope, ids: list[UUID], **told: Any) -> None:
    for chunk in _chunks(ids):
        fact = TrainingDue(level=level_of(told["division"]), person_ids=chunk, **told)
        publish(session, fact, at=scope)


def _chunks(ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), MOST_IDS):
        yield list(ids[start : start + MOST_IDS])


async def _look_again(session: AsyncSession, after: date) -> None:
    """On the day of the rule that comes after a day."""
    value = (await rule(session, DUE_RULE)).value
    day = date(after.year, value["month"], value["day"])
    if day <= after:
        day = day.replace(year=day.year + 1)
    await schedule(session, DUE, CITY, end_of(day))


def _counts(year: int) -> Any:
    """The trainings that count for a year."""
    return and_(
        Training.state == TrainingState.CLOSED,
        extract("year", Training.held_on) == year,
        TrainingEnrolment.hours > 0,
        TrainingEnrolment.stands(),
    )


async def _needed(session: AsyncSession, kind: PersonKind, year: int) -> int:
    return int((await rule(session, NEEDS[kind], date(year, 12, 31))).value["hours"])


async def _told(
    session: AsyncSession,
    kind: PersonKind,
    year: int,
    total: int,
    courses: list[tuple[str, int, date]],
) -> Hours:
    return Hours(kind, year, total, await _needed(session, kind, year), courses)

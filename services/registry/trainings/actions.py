"""The verbs of trainings: load, decide, change, publish.

An officer's hours of a year are kept by `officer_trainings`, into which a training that closes is
written.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.officer_trainings.actions import record_attendance
from services.registry.officers.rules import OfficerState
from services.registry.officers.tables import Officer
from services.registry.permissions import covers, in_charge
from services.registry.subjects.rules import NotInCharge
from services.registry.supervision_officers.rules import IN_HAND
from services.registry.supervision_officers.tables import SupervisionOfficer
from services.registry.trainings import rules
from services.registry.trainings.rules import PersonKind
from services.registry.trainings.schemas import (
    AttendanceRequest,
    EnrolmentQuery,
    EnrolmentRequest,
    ResultsRequest,
    TrainingPatch,
    TrainingQuery,
    TrainingRequest,
)
from services.registry.trainings.tables import Training, TrainingEnrolment
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.trainings import (
    TrainingAttended,
    TrainingCancelled,
    TrainingChanged,
    TrainingClosed,
    TrainingEnrolled,
    TrainingEnrolmentReversed,
    TrainingExamined,
    TrainingFact,
    TrainingHeld,
    TrainingOpened,
    TrainingPlanned,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown, level_of
from shared.law.tables import rule, scope_of
from shared.refusals import NotFound
from shared.reversals import ReversalRequest, take_back
from shared.web.paging import paginate

MARK_RULE, COMPLETION_RULE = "training.pass_mark", "training.completion"

_SORTS = {"id": Training.id, "starts_on": Training.starts_on}


async def page(
    session: AsyncSession, actor: Actor, query: TrainingQuery
) -> tuple[list[Training], str | None, int | None]:
    """The caller's trainings that match, one page of them."""
    statement = select(Training).where(visible(Training, actor))
    if query.division:
        statement = statement.where(in_division(Training, query.division))
    if query.kind:
        statement = statement.where(Training.kind == query.kind)
    if query.audience:
        statement = statement.where(Training.audience == query.audience)
    if query.state:
        statement = statement.where(Training.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Training.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def enrolments(
    session: AsyncSession, actor: Actor, id: UUID, query: EnrolmentQuery
) -> tuple[list[TrainingEnrolment], str | None, int | None]:
    """Who is enrolled in a visible training, as far as the caller may see them."""
    training = await load(session, Training, id, actor)
    if in_charge(actor, district=training.district, township=training.township, organisation=""):
        seen = unscoped(TrainingEnrolment, reason="of the training that the caller holds")
    else:
        seen = visible(TrainingEnrolment, actor)
    if not actor.may("supervision_officer:read"):
        seen = and_(seen, TrainingEnrolment.person_kind == PersonKind.OFFICER)
    rows, cursor, count = await paginate(
        session,
        select(TrainingEnrolment).where(TrainingEnrolment.training_id == id, seen),
        sort=query.sort,
        columns={"id": TrainingEnrolment.id},
        id=TrainingEnrolment.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def plan(session: AsyncSession, actor: Actor, request: TrainingRequest) -> Training:
    """Plan a training in a division of the caller's."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=""):
        # A division that is not the caller's looks like none.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise NotInCharge
    rules.may_run(starts_on=request.starts_on, ends_on=request.ends_on)
    moment = now(session)
    training = Training(
        **request.model_dump(),
        level=level_of(request.division),
        district=scope.district,
        township=scope.township,
        parties=[],
        enrolled=0,
        attended=0,
        completed=0,
        state=rules.LIFECYCLE.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(training)
    return await _done(session, training, TrainingPlanned)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: TrainingPatch) -> Training:
    """Change what is planned; a change that changes nothing leaves no trace."""
    training = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(training, name) == value for name, value in told.items()):
        return training
    for name, value in told.items():
        setattr(training, name, value)
    rules.may_run(starts_on=training.starts_on, ends_on=training.ends_on)
    return await _done(session, training, TrainingChanged)


async def open_enrolment(session: AsyncSession, actor: Actor, id: UUID) -> Training:
    """People may be enrolled."""
    training = await _take(session, actor, id, "open")
    return await _done(session, training, TrainingOpened, action="open")


async def enrol(
    session: AsyncSession, actor: Actor, id: UUID, request: EnrolmentRequest
) -> Training:
    """Enrol people of the caller's, all or none."""
    training = await _take(session, actor, id, "enrol")
    new = [
        *await _officers(session, actor, list(dict.fromkeys(request.officer_ids))),
        *await _supervisors(session, actor, list(dict.fromkeys(request.supervision_officer_ids))),
    ]
    rules.may_enrol(
        kinds={PersonKind(row.person_kind) for row in new},
        audience=training.audience,
        enrolled=training.enrolled + len(new),
    )
    for row in new:
        row.training_id, row.enrolled_at = training.id, now(session)
    session.add_all(new)
    await _count(session, training)
    return await _done(session, training, TrainingEnrolled)


async def reverse(
    session: AsyncSession, actor: Actor, id: UUID, request: ReversalRequest
) -> Training:
    """Somebody who should not have been enrolled: nothing of it counts, and they may be again."""
    training = await _take(session, actor, id, "reverse")
    of_training = (
        TrainingEnrolment.training_id == id,
        unscoped(TrainingEnrolment, reason="of the training in hand"),
    )
    row = await take_back(session, actor, TrainingEnrolment, request, *of_training)
    await _count(session, training)
    return await _done(session, training, TrainingEnrolmentReversed, enrolment_id=row.id)


async def hold(session: AsyncSession, actor: Actor, id: UUID) -> Training:
    """It was held."""
    training = await _take(session, actor, id, "hold")
    day = today(session)
    rules.may_hold(enrolled=training.enrolled, starts_on=training.starts_on, today=day)
    training.held_on = min(training.ends_on, day)
    return await _done(session, training, TrainingHeld, action="hold")


async def attend(
    session: AsyncSession, actor: Actor, id: UUID, request: AttendanceRequest
) -> Training:
    """So many hours did each of them attend."""
    training = await _take(session, actor, id, "attend")
    told = {entry.person_id: entry.hours for entry in request.attendance}
    for row in await _named(session, training, told, len(request.attendance)):
        rules.may_attend(hours=told[row.person_id], held=training.hours)
        row.hours = told[row.person_id]
    await _count(session, training)
    return await _done(session, training, TrainingAttended)


async def examine(
    session: AsyncSession, actor: Actor, id: UUID, request: ResultsRequest
) -> Training:
    """So many points did each of them reach."""
    training = await _take(session, actor, id, "examine")
    mark = (await rule(session, MARK_RULE, training.held_on)).value["score"]
    told = {entry.person_id: entry.score for entry in request.results}
    rows = await _named(session, training, told, len(request.results))
    for row in rows:
        rules.may_examine(exam=training.exam, hours=row.hours)
        row.score = told[row.person_id]
        row.passed = rules.is_passed(score=told[row.person_id], mark=mark)
    return await _done(session, training, TrainingExamined, action="examine")


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Training:
    """Settle who completed it; from now on the hours count."""
    training = await _take(session, actor, id, "close")
    rules.may_close(exam=training.exam, state=training.state)
    on = training.held_on
    assert on is not None
    percent = (await rule(session, COMPLETION_RULE, on)).value["percent"]
    rows = await _everybody(session, training)
    for row in rows:
        row.completed = rules.is_completed(
            hours=row.hours,
            held=training.hours,
            percent=percent,
            exam=training.exam,
            passed=row.passed,
        )
    training.completed = sum(bool(row.completed) for row in rows)
    training = await _done(session, training, TrainingClosed, action="close")
    for row in sorted(rows, key=lambda row: row.person_id):  # one order of locks
        if row.officer_id is not None and row.hours:
            await record_attendance(
                session,
                row.officer_id,
                course=training.title,
                hours=row.hours,
                on=on,
                by=actor.sub,
            )
    return training


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Training:
    """It will not be held."""
    training = await _take(session, actor, id, "cancel")
    training.reason = reason
    return await _done(session, training, TrainingCancelled, action="cancel")


async def _officers(
    session: AsyncSession, actor: Actor, ids: list[UUID]
) -> list[TrainingEnrolment]:
    if not ids:
        return []
    rows = (
        await session.scalars(select(Officer).where(Officer.id.in_(ids), visible(Officer, actor)))
    ).all()
    if len(rows) < len(ids):
        raise NotFound
    for row in rows:
        if row.state != OfficerState.ON_POST:
            raise rules.NotInService(name=row.name)
    return [
        TrainingEnrolment(
            person_kind=PersonKind.OFFICER,
            person_id=row.id,
            officer_id=row.id,
            organisation=row.organisation,
            name=row.name,
            district=row.district,
            township=row.township,
            hours=0,
        )
        for row in rows
    ]


async def _supervisors(
    session: AsyncSession, actor: Actor, ids: list[UUID]
) -> list[TrainingEnrolment]:
    if not ids:
        return []
    table = SupervisionOfficer
    rows = (
        await session.scalars(select(table).where(table.id.in_(ids), visible(table, actor)))
    ).all()
    if len(rows) < len(ids):
        raise NotFound
    for row in rows:
        if row.state not in IN_HAND:
            raise rules.NotInService(name=row.name)
    return [
        TrainingEnrolment(
            person_kind=PersonKind.SUPERVISION_OFFICER,
            person_id=row.id,
            supervision_officer_id=row.id,
            name=row.name,
            district=row.district,
            township=row.township,
            hours=0,
        )
        for row in rows
    ]


async def _everybody(session: AsyncSession, training: Training) -> Sequence[TrainingEnrolment]:
    rows = await session.scalars(
        select(TrainingEnrolment).where(
            TrainingEnrolment.training_id == training.id,
            TrainingEnrolment.stands(),
            unscoped(TrainingEnrolment, reason="of the training in hand"),
        )
    )
    return rows.all()


async def _named(
    session: AsyncSession, training: Training, told: dict[UUID, int], entries: int
) -> list[TrainingEnrolment]:
    """The enrolments of those who are named, each once."""
    found = [row for row in await _everybody(session, training) if row.person_id in told]
    if len(found) < entries:
        raise rules.NotEnrolled
    return found


async def _count(session: AsyncSession, training: Training) -> None:
    """How many are in it, and whose people they are."""
    await session.flush()
    rows = await _everybody(session, training)
    training.enrolled, training.attended = len(rows), sum(row.hours > 0 for row in rows)
    codes = {code for row in rows for code in (row.district, row.township, row.organisation)}
    training.parties = sorted(
        {code for code in codes if code} - {training.district, training.township}
    )


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Training:
    """The locked training, if the caller is in charge and its state allows `action`."""
    training = await load(session, Training, id, actor, lock=True)
    if not in_charge(
        actor, district=training.district, township=training.township, organisation=""
    ):
        raise NotInCharge
    rules.LIFECYCLE.may(action, training.state)
    return training


async def _done(
    session: AsyncSession,
    training: Training,
    event: type[TrainingFact],
    *,
    action: str | None = None,
    **more: Any,
) -> Training:
    """Write the row in its new state and version, and the fact, which says `more` where given."""
    if action is not None:
        training.state = rules.LIFECYCLE.next(action, training.state)
    training.updated_at = now(session)
    await session.flush()
    names = TrainingFact.model_fields.keys() - {"training_id", "meant_for"}
    told = {name: getattr(training, name) for name in names} | {"meant_for": training.audience}
    fact = event.model_validate({"training_id": training.id, **told, **more})
    publish(session, fact, at=training)
    return training

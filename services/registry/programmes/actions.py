"""The verbs of programmes: load, decide, change, publish."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.divisions import actions as divisions
from services.registry.permissions import covers, in_charge
from services.registry.programmes import rules
from services.registry.programmes.schemas import (
    ParticipantRequest,
    ProgrammeQuery,
    ProgrammeRequest,
    ProgressRequest,
    TaskQuery,
)
from services.registry.programmes.tables import FocusTask, Programme, ProgrammeParticipant
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.programmes import (
    Participant,
    PilotTaskUpdated,
    ProgrammeChanged,
    ProgrammeClosed,
    ProgrammeFact,
    ProgrammeOpened,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.divisions import DivisionUnknown
from shared.law.tables import scope_of
from shared.refusals import NotFound
from shared.timers import cancel, schedule
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

END = "programme.end"
"""The timer that closes a programme after its last day."""
PILOT = Path(__file__).parent / "data" / "pilot_2022.toml"

_SORTS = {"id": Programme.id, "starts_on": Programme.starts_on}
_TASK_SORTS = {"id": FocusTask.id, "updated_at": FocusTask.updated_at}


async def page(
    session: AsyncSession, query: ProgrammeQuery
) -> tuple[list[Programme], str | None, int | None]:
    """The programmes that match, one page of them."""
    statement = select(Programme)
    if query.state:
        statement = statement.where(Programme.state == query.state)
    if query.division:
        statement = statement.where(
            exists().where(
                ProgrammeParticipant.programme_id == Programme.id,
                ProgrammeParticipant.division == query.division,
            )
        )
    if query.q:
        statement = statement.where(
            or_(
                Programme.title.contains(query.q, autoescape=True),
                Programme.document_no.contains(query.q, autoescape=True),
            )
        )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Programme.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, id: UUID) -> Programme:
    """One programme."""
    programme = await session.get(Programme, id)
    if programme is None:
        raise NotFound
    return programme


async def participants_of(
    session: AsyncSession, programmes: Iterable[Programme]
) -> dict[UUID, list[ProgrammeParticipant]]:
    """Who takes part in each of `programmes`, in the order in which they joined."""
    found: dict[UUID, list[ProgrammeParticipant]] = {row.id: [] for row in programmes}
    rows = await session.scalars(
        select(ProgrammeParticipant)
        .where(ProgrammeParticipant.programme_id.in_(found))
        .order_by(ProgrammeParticipant.id)
    )
    for row in rows:
        found[row.programme_id].append(row)
    return found


async def tasks(
    session: AsyncSession, actor: Actor, id: UUID, query: TaskQuery
) -> tuple[list[FocusTask], str | None, int | None]:
    """The focus tasks of a programme that the caller may see."""
    await read(session, id)
    statement = select(FocusTask).where(FocusTask.programme_id == id, visible(FocusTask, actor))
    if query.division:
        statement = statement.where(FocusTask.division == query.division)
    if query.state:
        statement = statement.where(FocusTask.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_TASK_SORTS, id=FocusTask.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def pilot_tasks(
    session: AsyncSession, actor: Actor, division: str, query: TaskQuery
) -> tuple[list[FocusTask], str | None, int | None]:
    """The focus tasks of a division in all programmes, as far as the caller may see them."""
    statement = select(FocusTask).where(FocusTask.division == division, visible(FocusTask, actor))
    if query.state:
        statement = statement.where(FocusTask.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_TASK_SORTS, id=FocusTask.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def open_programme(session: AsyncSession, request: ProgrammeRequest) -> Programme:
    """Open a programme with its participants; one that is over is filed as closed history."""
    rules.may_run(starts_on=request.starts_on, ends_on=request.ends_on)
    moment = now(session)
    over = request.ends_on < today(session)
    programme = Programme(
        **request.model_dump(exclude={"participants"}),
        state=rules.PROGRAMME.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(programme)
    await session.flush()  # before the rows that point at it
    joined: list[ProgrammeParticipant] = []
    assigned: list[FocusTask] = []
    for participant in request.participants:
        rules.may_join(division=participant.division, kind=participant.kind, by_bureau=True)
        row, focus_tasks = await _join(session, programme, participant)
        joined.append(row)
        assigned += focus_tasks
    await session.flush()
    _tell(session, ProgrammeOpened, programme, joined, backfill=over)
    if over:
        # It ended before anybody could work on it here: no timer, no reminder, no message.
        programme.state = rules.PROGRAMME.next("end", programme.state)
        for task in assigned:
            task.state = rules.TASK.next("end", task.state)
        await session.flush()
        _tell(session, ProgrammeClosed, programme, joined, backfill=True)
    else:
        await schedule(session, END, programme.id, end_of(request.ends_on))
    for task in assigned:
        _tell_task(session, task, backfill=over)
    return programme


async def join(
    session: AsyncSession, actor: Actor, id: UUID, request: ParticipantRequest
) -> Programme:
    """A district takes part: named by the Bureau, or on its own will."""
    programme = await _take(session, id, "participants")
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not covers(actor, scope.district, scope.township):
        raise DivisionUnknown(division=request.division, on=day.isoformat())
    rules.may_join(
        division=request.division, kind=request.kind, by_bureau=actor.may("programme:manage")
    )
    _, assigned = await _join(session, programme, request)
    programme.updated_at = now(session)
    await session.flush()
    joined = (await participants_of(session, [programme]))[programme.id]
    _tell(session, ProgrammeChanged, programme, joined)
    for task in assigned:
        _tell_task(session, task)
    return programme


async def close(session: AsyncSession, id: UUID) -> Programme:
    """The programme is over; what is not done by now stays undone."""
    programme = await _take(session, id, "close")
    await cancel(session, END, programme.id)
    return await _end(session, programme, "close")


async def end(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the programme `ref` is over."""
    programme = await session.get(Programme, ref, with_for_update=True)
    if programme is None or programme.state != rules.ProgrammeState.OPEN:
        return
    await _end(session, programme, "end")


async def report(
    session: AsyncSession, actor: Actor, id: UUID, request: ProgressRequest
) -> FocusTask:
    """How far a focus task has come."""
    task = await load(session, FocusTask, id, actor, lock=True)
    if not in_charge(actor, district=task.district, township=task.township, organisation=""):
        raise NotInCharge
    state = rules.TASK.next(request.state, task.state)
    rules.may_report(state=state, note=request.note)
    task.state, task.note, task.updated_at = state, request.note, now(session)
    await session.flush()
    _tell_task(session, task)
    return task


async def load_pilot(session: AsyncSession) -> bool:
    """Load the pilot of 2022 that the system begins with; whether it was not there yet."""
    with PILOT.open("rb") as file:
        request = ProgrammeRequest.model_validate(tomllib.load(file))
    if await session.scalar(select(Programme.id).where(Programme.code == request.code)):
        return False
    await open_programme(session, request)
    return True


async def _take(session: AsyncSession, id: UUID, action: str) -> Programme:
    """The locked programme, if its state allows `action`."""
    programme = await session.get(Programme, id, with_for_update=True)
    if programme is None:
        raise NotFound
    check_precondition(id, programme.version)
    rules.PROGRAMME.may(action, programme.state)
    return programme


async def _join(
    session: AsyncSession, programme: Programme, request: ParticipantRequest
) -> tuple[ProgrammeParticipant, list[FocusTask]]:
    """The rows of a participant. In a programme that is over, a division counts as it was then."""
    day = min(today(session), programme.ends_on)
    scope = await scope_of(session, request.division, day)
    division = await divisions.read(session, request.division, None)
    # A division that has ended since is answered for by its successor, which reads what it did.
    parties = [division.successor] if division.successor else []
    participant = ProgrammeParticipant(
        programme_id=programme.id,
        division=request.division,
        kind=request.kind,
        joined_on=programme.starts_on if programme.ends_on < today(session) else day,
    )
    moment = now(session)
    focus_tasks = [
        FocusTask(
            programme_id=programme.id,
            division=request.division,
            district=scope.district,
            township=scope.township,
            parties=parties,
            title=title,
            state=rules.TASK.initial,
            created_at=moment,
            updated_at=moment,
        )
        for title in request.tasks
    ]
    session.add_all([participant, *focus_tasks])
    await session.flush()
    return participant, focus_tasks


async def _end(session: AsyncSession, programme: Programme, action: str) -> Programme:
    unfinished = (
        select(FocusTask)
        .where(
            FocusTask.programme_id == programme.id,
            FocusTask.state.in_(rules.UNFINISHED),
            unscoped(FocusTask, reason="a programme ends for all who take part"),
        )
        .order_by(FocusTask.id)
        .with_for_update()
    )
    ended = (await session.scalars(unfinished)).all()
    programme.state = rules.PROGRAMME.next(action, programme.state)
    programme.updated_at = now(session)
    for task in ended:
        task.state, task.updated_at = rules.TASK.next("end", task.state), programme.updated_at
    await session.flush()
    joined = (await participants_of(session, [programme]))[programme.id]
    _tell(session, ProgrammeClosed, programme, joined)
    for task in ended:
        _tell_task(session, task)
    return programme


def _tell(
    session: AsyncSession,
    event: type[ProgrammeFact],
    programme: Programme,
    participants: Sequence[ProgrammeParticipant],
    *,
    backfill: bool = False,
) -> None:
    told: dict[str, Any] = {
        "programme_id": programme.id,
        "code": programme.code,
        "title": programme.title,
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
        "state": programme.state,
        "participants": [Participant(division=p.division, kind=p.kind) for p in participants],
    }
    publish(session, event.model_validate(told), at=Scope(), backfill=backfill)


def _tell_task(session: AsyncSession, task: FocusTask, *, backfill: bool = False) -> None:
    fact = PilotTaskUpdated(
        task_id=task.id,
        programme_id=task.programme_id,
        division=task.division,
        title=task.title,
        state=task.state,
    )
    publish(session, fact, at=task, backfill=backfill)

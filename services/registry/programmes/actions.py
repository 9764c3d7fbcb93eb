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
from services.registry.focus_tasks import actions as focus_tasks
from services.registry.focus_tasks.tables import FocusTask
from services.registry.permissions import covers
from services.registry.pilot_townships import actions as pilot_townships
from services.registry.programmes import rules
from services.registry.programmes.schemas import (
    LeaveRequest,
    ParticipantQuery,
    ParticipantRequest,
    ProgrammeQuery,
    ProgrammeRequest,
)
from services.registry.programmes.tables import Programme, ProgrammeParticipant
from shared.access.actor import Actor
from shared.access.visibility import sees_scope
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.programmes import (
    Participant,
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
                ProgrammeParticipant.left_on.is_(None),
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
    """Who takes part in each of `programmes` now, in the order in which they joined."""
    found: dict[UUID, list[ProgrammeParticipant]] = {row.id: [] for row in programmes}
    rows = await session.scalars(
        select(ProgrammeParticipant)
        .where(ProgrammeParticipant.programme_id.in_(found), ProgrammeParticipant.left_on.is_(None))
        .order_by(ProgrammeParticipant.id)
    )
    for row in rows:
        found[row.programme_id].append(row)
    return found


async def participants(
    session: AsyncSession, id: UUID, query: ParticipantQuery
) -> tuple[list[ProgrammeParticipant], str | None, int | None]:
    """Who takes part in a programme, or has left it."""
    await read(session, id)
    statement = select(ProgrammeParticipant).where(ProgrammeParticipant.programme_id == id)
    if query.kind:
        statement = statement.where(ProgrammeParticipant.kind == query.kind)
    if query.left is not None:
        left = ProgrammeParticipant.left_on.is_not(None)
        statement = statement.where(left if query.left else ~left)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": ProgrammeParticipant.id},
        id=ProgrammeParticipant.id,
        paging=query,
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
        row, its_tasks = await _join(session, programme, participant)
        joined.append(row)
        assigned += its_tasks
    await session.flush()
    _tell(session, ProgrammeOpened, programme, joined, backfill=over)
    if over:
        # It ended before anybody could work on it here: no timer, no reminder, no message.
        programme.state = rules.PROGRAMME.next("end", programme.state)
        programme.closed_on = programme.ends_on
        await session.flush()
        _tell(session, ProgrammeClosed, programme, joined, backfill=True)
    else:
        await schedule(session, END, programme.id, end_of(request.ends_on))
    focus_tasks.tell(session, assigned, backfill=over)
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
    focus_tasks.tell(session, assigned)
    return programme


async def leave(session: AsyncSession, actor: Actor, id: UUID, request: LeaveRequest) -> Programme:
    """A voluntary participant goes; what it had in hand stays undone."""
    programme = await _take(session, id, "leave")
    participant = await session.scalar(
        select(ProgrammeParticipant).where(
            ProgrammeParticipant.programme_id == id,
            ProgrammeParticipant.division == request.division,
            ProgrammeParticipant.left_on.is_(None),
        )
    )
    if participant is None or not sees_scope(actor, request.division, None):
        raise rules.NotParticipant(division=request.division)
    rules.may_leave(kind=participant.kind)
    participant.left_on, participant.left_reason = today(session), request.reason
    programme.updated_at = now(session)
    await session.flush()
    ended = await focus_tasks.end(session, programme, request.division)
    joined = (await participants_of(session, [programme]))[programme.id]
    _tell(session, ProgrammeChanged, programme, joined)
    focus_tasks.tell(session, ended)
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
    session.add(participant)
    await session.flush()
    assigned = await focus_tasks.assign(
        session,
        programme,
        request.tasks,
        division=request.division,
        scope=scope,
        parties=parties,
    )
    return participant, assigned


async def _end(session: AsyncSession, programme: Programme, action: str) -> Programme:
    programme.state = rules.PROGRAMME.next(action, programme.state)
    programme.closed_on = min(programme.ends_on, today(session))
    programme.updated_at = now(session)
    await session.flush()
    ended = await focus_tasks.end(session, programme, None)
    townships = await pilot_townships.close(session, programme)
    joined = (await participants_of(session, [programme]))[programme.id]
    _tell(session, ProgrammeClosed, programme, joined)
    focus_tasks.tell(session, ended)
    pilot_townships.tell_ended(session, townships)
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
        "closed_on": programme.closed_on,
        "participants": [Participant(division=p.division, kind=p.kind) for p in participants],
    }
    publish(session, event.model_validate(told), at=Scope(), backfill=backfill)

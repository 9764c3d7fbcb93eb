"""The verbs of divisions. The registry owns them; the other services copy them from its facts."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import Base
from services.registry.divisions import rules
from services.registry.divisions.schemas import DivisionMoveRequest, DivisionQuery
from services.registry.permissions import acts_in, covers
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.clock import today
from shared.db import Scope, new_id
from shared.events.registry.divisions import DivisionMoved, DivisionsLoaded
from shared.facts import publish
from shared.law.divisions import (
    DivisionRecord,
    Divisions,
    DivisionUnknown,
    Level,
    level_of,
    read_divisions,
)
from shared.law.reactions import move_division
from shared.law.tables import Division, scope_of, upsert_divisions
from shared.refusals import NotFound
from shared.web.paging import paginate

DESCRIPTION = Path(__file__).parent / "data" / "chongqing_divisions.toml"
CHUNK = 500

_SORTS = {"code": Division.code, "name": Division.name}


async def page(
    session: AsyncSession, query: DivisionQuery
) -> tuple[list[Division], str | None, int | None]:
    """The divisions in force on a day that match, one page of them."""
    on = query.as_of or query.on or today(session)
    # On one day a code has one record, so the code is the list's id.
    statement = select(Division, Division.code.label("id")).where(
        Division.valid_from <= on, or_(Division.valid_to.is_(None), Division.valid_to > on)
    )
    if query.level:
        statement = statement.where(Division.level == query.level)
    if query.parent:
        statement = statement.where(Division.parent == query.parent)
    if query.q:
        statement = statement.where(
            or_(
                Division.name.contains(query.q, autoescape=True),
                Division.alias.contains(query.q, autoescape=True),
                Division.code.startswith(query.q, autoescape=True),
            )
        )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Division.code, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, code: str, on: date | None) -> Division:
    """The newest record begun by a day: the one in force, or the last of a division that ended."""
    statement = (
        select(Division)
        .where(Division.code == code, Division.valid_from <= (on or today(session)))
        .order_by(Division.valid_from.desc())
        .limit(1)
    )
    division = (await session.execute(statement)).scalar_one_or_none()
    if division is None:
        raise NotFound
    return division


async def place_of(session: AsyncSession, actor: Actor, code: str) -> Scope:
    """Where a division lies today, if the caller acts there; another's looks like none."""
    scope = await scope_of(session, code)
    if not acts_in(actor, scope.district, scope.township):
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=code, on=today(session).isoformat())
        raise NotInCharge
    return scope


async def move(session: AsyncSession, code: str, request: DivisionMoveRequest) -> Division:
    """A township belongs to another district from a day on, and all its rows with it."""
    # One move at a time; readers go on until the rows themselves move.
    await session.execute(text("LOCK TABLE division IN SHARE ROW EXCLUSIVE MODE"))
    day = today(session)
    division = await read(session, code, day)
    await scope_of(session, request.parent, request.on)  # refuses what did not exist on that day
    rules.may_move(
        level=division.level,
        began=division.valid_from,
        ended=division.valid_to is not None,
        parent=division.parent,
        to=request.parent,
        to_level=level_of(request.parent),
        on=request.on,
        today=day,
    )
    moved = DivisionMoved(
        code=code,
        name=division.name,
        alias=division.alias,
        former_parent=division.parent or "",
        parent=request.parent,
        moved_on=request.on,
    )
    await move_division(session, moved, Base)
    scope = await scope_of(session, code, request.on)
    publish(session, moved, at=scope)
    session.expire_all()  # the rows were rewritten behind the session's back
    return await read(session, code, day)


async def load_divisions(session: AsyncSession) -> int:
    """Load the records that come with the system, and tell them; returns how many were new.

    What is there stays as it is, moves recorded since the last load too; only a record that is
    still open is closed where a newer edition of the tables closes it. A township that moved by
    then takes its rows along, as by `move`.
    """
    await session.execute(text("LOCK TABLE division IN SHARE ROW EXCLUSIVE MODE"))
    known = {(row.code, row.valid_from): row for row in await session.scalars(select(Division))}
    edition = read_divisions(DESCRIPTION)
    told: list[DivisionRecord] = []
    closed: list[DivisionRecord] = []
    for record in edition:
        row = known.get((record.code, record.valid_from))
        if row is None:
            told.append(record)
        elif row.valid_to is None and record.valid_to is not None:
            told.append(record)
            closed.append(record)
    await upsert_divisions(session, told)
    load_id = new_id()
    chunks = [told[start : start + CHUNK] for start in range(0, len(told), CHUNK)]
    for number, records in enumerate(chunks):
        publish(
            session,
            DivisionsLoaded(load_id=load_id, chunk=number, chunks=len(chunks), records=records),
            at=Scope(),
            backfill=True,
        )
    # After the records: a listener needs the new district before rows come to it.
    for moved in moves(edition, closed, by=today(session)):
        await move_division(session, moved, Base)
        scope = Scope(district=moved.parent, township=moved.code)
        publish(session, moved, at=scope, backfill=True)
    return len(told)


def moves(
    edition: Divisions, closed: Iterable[DivisionRecord], *, by: date
) -> Iterator[DivisionMoved]:
    """The townships, of the records that an edition closes, that lie elsewhere by a day."""
    in_force = {record.code: record for record in edition.on(by, Level.TOWNSHIP)}
    for record in closed:
        after = in_force.get(record.code)
        if after is None or after.parent == record.parent:
            continue
        yield DivisionMoved(
            code=after.code,
            name=after.name,
            alias=after.alias,
            former_parent=record.parent or "",
            parent=after.parent or "",
            moved_on=after.valid_from,
        )

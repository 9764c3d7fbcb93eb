"""The verbs of the directory: keep it in step, find who holds a role, note which nobody holds."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.holders import rules
from services.notify.holders.rules import EMAIL_AS, PHONE_AS, SELF
from services.notify.holders.schemas import (
    DirectoryRequest,
    DirectoryView,
    HolderQuery,
    HolderRequest,
)
from services.notify.holders.tables import Holder, Vacancy
from services.notify.messages.rules import Reach
from services.notify.messages.tables import Message
from shared.access.actor import ADMINISTRATORS, Actor, Role
from shared.access.visibility import scoped_by, sees_scope, unscoped, visible
from shared.clock import now
from shared.db import Scope, new_id
from shared.events.notify.holders import DirectoryLoaded, VacancyFilled, VacancyFound
from shared.facts import publish
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.sealing import Seal
from shared.web.paging import Paging, paginate


def rows_of(file: bytes) -> list[HolderRequest]:
    """The holders of a CSV file; `DirectoryUnreadable` names the row that is none."""
    try:
        lines = csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))
        found = []
        for row, line in enumerate(lines, 2):
            told = {
                rules.COLUMNS.get(name.strip(), name.strip()): value.strip()
                for name, value in line.items()
                if name and value and value.strip()
            }
            try:
                found.append(HolderRequest.model_validate(told))
            except ValidationError:
                raise rules.DirectoryUnreadable(row=row) from None
            if len(found) > rules.MOST:
                raise rules.DirectoryUnreadable(row=row)
    except (UnicodeDecodeError, csv.Error, AttributeError):
        raise rules.DirectoryUnreadable(row=1) from None
    if not found:
        raise rules.DirectoryUnreadable(row=1)  # a whole directory of nobody is a mistake
    return found


async def load(session: AsyncSession, actor: Actor, request: DirectoryRequest) -> DirectoryView:
    """Have the directory say what a load says; of a whole one, who is missing has left."""
    moment, seal = now(session), session.info["seal"]
    rows = []
    there: set[tuple[str, ...]] = set()
    scopes: dict[str, Scope] = {}
    for number, one in enumerate(request.holders, 1):
        rules.may_hold(one.role, one.division, row=number)
        if one.division not in scopes:
            scopes[one.division] = await scope_of(session, one.division)
        scope = scopes[one.division]
        if len(actor.division) > len(one.division) or not sees_scope(
            actor, scope.district, scope.township
        ):
            raise rules.HolderElsewhere(row=number, division=one.division)
        key = (one.sub, one.role, one.division, one.organisation)
        if key in there:
            raise rules.DirectoryNamesTwice(row=number)
        there.add(key)
        rows.append(_row(one, scope, seal, source=request.source, at=moment))
    joined = await _keep(session, rows)
    left = 0
    if request.complete:
        gone = await session.scalars(
            update(Holder)
            .where(
                visible(Holder, actor),
                Holder.source == request.source,
                Holder.left_at.is_(None),
                Holder.seen_at < moment,
            )
            .values(left_at=moment, email=None, phone=None)
            .returning(Holder.id)
            .execution_options(synchronize_session=False)
        )
        left = len(gone.all())
    filled = await _fill(session, {key for row in rows for key in row["keys"]})
    fact = DirectoryLoaded(
        load_id=new_id(),
        source=request.source,
        division=actor.division,
        named=len(rows),
        joined=joined,
        left=left,
    )
    publish(session, fact, at=await scope_of(session, actor.division))
    return DirectoryView(named=len(rows), joined=joined, left=left, filled=filled)


async def introduce(session: AsyncSession, actor: Actor) -> None:
    """Know the caller by the own token: what it says now, and nothing that one before it said."""
    moment = now(session)
    roles = sorted(actor.roles - ADMINISTRATORS) if actor.division else []
    roles += sorted(actor.roles & {Role.SYSTEM_ADMIN})
    scope = await scope_of(session, actor.division) if actor.division else Scope()
    rows = [
        _row(
            HolderRequest.model_construct(
                sub=actor.sub,
                name=actor.name,
                role=role,
                division=actor.division,
                organisation=actor.organisation or "",
                email=None,
                phone=None,
            ),
            scope,
            session.info["seal"],
            source=SELF,
            at=moment,
        )
        for role in roles
    ]
    await _keep(session, rows)
    await session.execute(
        update(Holder)
        .where(
            scoped_by(Holder, Holder.sub == actor.sub),
            Holder.source == SELF,
            Holder.seen_at < moment,
            Holder.left_at.is_(None),
        )
        .values(left_at=moment)
        .execution_options(synchronize_session=False)
    )
    await _fill(session, {key for row in rows for key in row["keys"]})


def _row(one: HolderRequest, scope: Scope, seal: Seal, *, source: str, at: datetime) -> Any:
    return {
        "id": new_id(),
        "sub": one.sub,
        "name": one.name,
        "role": str(one.role),
        "division": one.division,
        "organisation": one.organisation,
        "keys": list(rules.keys(one.role, one.division, one.organisation, one.sub)),
        "email": seal.seal(one.email, EMAIL_AS) if one.email else None,
        "phone": seal.seal(one.phone, PHONE_AS) if one.phone else None,
        "source": source,
        "seen_at": at,
        "left_at": None,
        "district": scope.district,
        "township": scope.township,
        "parties": [],
    }


async def _keep(session: AsyncSession, rows: list[Any]) -> int:
    """Whom a directory named stays the directory's, whatever the token says; how many are new."""
    if not rows:
        return 0
    told = insert(Holder).values(rows)
    was_self = told.excluded.source == SELF
    kept = {
        name: func.coalesce(told.excluded[name], getattr(Holder, name))
        for name in ("email", "phone")
    }
    made = await session.execute(
        told.on_conflict_do_update(
            index_elements=["sub", "role", "division", "organisation"],
            set_={
                "name": told.excluded.name,
                "keys": told.excluded["keys"],
                "seen_at": told.excluded.seen_at,
                "source": told.excluded.source,
                "district": told.excluded.district,
                "township": told.excluded.township,
                "left_at": None,
                **kept,
            },
            where=or_(~was_self, Holder.source == SELF, Holder.left_at.is_not(None)),
        ).returning(Holder.id)
    )
    ids = {row["id"] for row in rows}
    return sum(id in ids for (id,) in made)


async def _fill(session: AsyncSession, keys: Collection[str]) -> int:
    """Vacancies of these addressees are none any more; of each there is a fact."""
    filled = await session.scalars(
        update(Vacancy)
        .where(scoped_by(Vacancy, Vacancy.addressee.in_(sorted(keys))), Vacancy.filled_at.is_(None))
        .values(filled_at=now(session))
        .returning(Vacancy)
        .execution_options(synchronize_session=False)
    )
    rows = filled.all()
    for row in rows:
        publish(session, VacancyFilled(**_told(row)), at=_seen_at(row))
    return len(rows)


async def note_vacancies(session: AsyncSession, messages: Iterable[Message]) -> None:
    """Messages that were addressed to nobody; of each addressee there is a fact the first time."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(message.addressee, []).append(message)
    if not found:
        return
    known = {
        row.addressee: row
        for row in await session.scalars(
            select(Vacancy)
            .where(
                unscoped(Vacancy, reason="the system's own note"),
                Vacancy.addressee.in_(sorted(found)),
            )
            .with_for_update()
        )
    }
    moment = now(session)
    for addressee, those in found.items():
        row, one = known.get(addressee), those[0]
        new = row is None or row.filled_at is not None
        if row is None:
            row = Vacancy(
                id=new_id(),
                reach=one.reach,
                role=one.role,
                organisation=one.organisation,
                person=one.person,
                district=None if one.reach == Reach.CITY else one.district,
                township=None if one.reach in (Reach.CITY, Reach.DISTRICT) else one.township,
                since=moment,
                messages=0,
            )
            session.add(row)
        elif new:
            row.since, row.messages, row.filled_at = moment, 0, None
        row.messages += len(those)
        row.last_at = moment
        if new:
            publish(session, VacancyFound(**_told(row)), at=_seen_at(row))


def _told(row: Vacancy) -> dict[str, Any]:
    return {
        "vacancy_id": row.id,
        "reach": row.reach,
        "role": row.role,
        "division": row.township or row.district or "50",
        "organisation": row.organisation,
    }


def _seen_at(row: Vacancy) -> Scope:
    return Scope(district=row.district, township=row.township)


async def holding(session: AsyncSession, keys: Collection[str]) -> Mapping[str, list[Holder]]:
    """Who is each of these addressees now."""
    rows = await session.scalars(
        select(Holder).where(
            unscoped(Holder, reason="messages are sent on to whom they are addressed"),
            Holder.keys.overlap(sorted(keys)),
            Holder.left_at.is_(None),
        )
    )
    found: dict[str, list[Holder]] = {}
    for row in rows:
        for key in set(row.keys) & set(keys):
            found.setdefault(key, []).append(row)
    return found


async def page(
    session: AsyncSession, actor: Actor, query: HolderQuery
) -> tuple[list[Holder], str | None, int | None]:
    """Who holds roles in the caller's divisions."""
    statement = select(Holder).where(visible(Holder, actor), Holder.left_at.is_(None))
    if query.role is not None:
        statement = statement.where(Holder.role == query.role.value)
    if query.division is not None:
        statement = statement.where(in_division(Holder, query.division, direct=False))
    return await _page(session, statement, Holder, query)


async def vacancies(
    session: AsyncSession, actor: Actor, paging: Paging
) -> tuple[list[Vacancy], str | None, int | None]:
    """The vacancies of the caller's divisions; an operator sees all: it is no business data."""
    seen: ColumnElement[bool] = visible(Vacancy, actor)
    if Role.SYSTEM_ADMIN in actor.roles:
        seen = unscoped(Vacancy, reason="who runs the system keeps the directory in step")
    statement = select(Vacancy).where(and_(seen, Vacancy.filled_at.is_(None)))
    return await _page(session, statement, Vacancy, paging)


async def _page(
    session: AsyncSession, statement: Any, table: Any, paging: Paging
) -> tuple[list[Any], str | None, int | None]:
    rows, cursor, count = await paginate(
        session, statement, sort="id", columns={"id": table.id}, id=table.id, paging=paging
    )
    return [row[0] for row in rows], cursor, count

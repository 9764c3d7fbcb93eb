"""The verbs of duties: opened, moved and closed as facts say; listed and counted for one's own."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.duties.rules import Close, Duties, Move, Open, Step
from services.notify.duties.rules import Duty as Rule
from services.notify.duties.schemas import DutyQuery
from services.notify.duties.tables import Duty
from services.notify.messages import actions as messages
from services.notify.messages.rules import Draft, Kind, Reach
from services.notify.permissions import reaches_within
from shared.access.actor import Actor
from shared.access.visibility import scoped_by, visible
from shared.clock import now
from shared.db import new_id
from shared.events import Event
from shared.facts.inbox import Fact
from shared.web.paging import paginate

OWN = -1
"""The place in a log of what no fact of another service moved."""


class Count(NamedTuple):
    """How many are open, and how many of these are overdue."""

    open: int = 0
    overdue: int = 0


# What facts do.


async def follow(session: AsyncSession, duties: Duties, event: Event, fact: Fact) -> None:
    """Have a fact open, move and close duties of the thing that it is about.

    History loaded late counts as well: a duty is how things stand, not a reminder of them.
    """
    rules = duties.by_event[type(event)]
    scope, place = fact.scope, ""
    if any(duties.opens(rule, event) for rule in rules):
        scope = await messages.scope_now(session, fact.scope)
        place = await messages.name_of(session, scope)
    done: dict[UUID, list[str]] = {}
    for rule in rules:
        thing = getattr(event, rule.thing)
        match duties.step(rule, event, scope, place):
            case Close(None):
                done.setdefault(thing, []).append(rule.name)
            case Close(body):
                which = and_(_of(thing), Duty.organisation == body)
                await _close(session, [rule.name], which, fact=fact)
            case step:
                await _take(session, rule, thing, step, event, fact)
    for thing, names in done.items():
        await _close(session, names, _of(thing), fact=fact)


async def _take(
    session: AsyncSession, rule: Rule, thing: UUID, step: Step, event: Event, fact: Fact
) -> None:
    match step:
        case Open(drafts, due_at, dated):
            keys = [draft.to.key for draft in drafts]
            others = and_(_of(thing), Duty.addressee.not_in(keys))
            await _close(session, [rule.name], others, fact=fact)
            rows = [
                _row(
                    rule.name,
                    thing,
                    draft,
                    due_at,
                    event=fact.type,
                    caused_by=fact.id,
                    told_to=event.told_to,
                    stream_index=fact.stream_index,
                    opened_at=fact.time,
                )
                for draft in drafts
            ]
            if rows:
                await _open(session, rows, dated=dated)
        case Move(due_at):
            await session.execute(
                update(Duty)
                .where(
                    _of(thing),
                    Duty.name == rule.name,
                    Duty.done_at.is_(None),
                    Duty.stream_index < fact.stream_index,
                )
                .values(due_at=due_at, stream_index=fact.stream_index)
                .execution_options(synchronize_session=False)
            )


def _of(thing: UUID) -> ColumnElement[bool]:
    return scoped_by(Duty, Duty.thing == thing)


async def _open(session: AsyncSession, rows: list[dict[str, Any]], *, dated: bool) -> None:
    told = insert(Duty).values(rows)
    kept = {"id", "name", "thing", "parties"} | (set() if dated else {"due_at"})
    anew = {name: told.excluded[name] for name in rows[0].keys() - kept}
    await session.execute(
        told.on_conflict_do_update(
            index_elements=["thing", "name", "addressee"],
            set_={**anew, "done_at": None, "closed_by": None, "closing_event": None},
            where=Duty.stream_index < told.excluded.stream_index,
        )
    )


async def _close(
    session: AsyncSession, names: Collection[str], which: ColumnElement[bool], *, fact: Fact
) -> None:
    await session.execute(
        update(Duty)
        .where(
            which,
            Duty.name.in_(names),
            Duty.done_at.is_(None),
            Duty.stream_index < fact.stream_index,
        )
        .values(
            done_at=fact.time,
            closed_by=fact.id,
            closing_event=fact.type,
            stream_index=fact.stream_index,
        )
        .execution_options(synchronize_session=False)
    )


def _row(
    name: str, thing: UUID, draft: Draft, due_at: datetime | None, **more: Any
) -> dict[str, Any]:
    to = draft.to
    return {
        "id": new_id(),
        "name": name,
        "thing": thing,
        "kind": draft.kind.value,
        "urgency": draft.urgency.value,
        "title": draft.title,
        "link": draft.link,
        "reach": to.reach.value,
        "role": to.role.value if to.role else None,
        "organisation": to.organisation,
        "person": to.person,
        "district": to.scope.district,
        "township": to.scope.township,
        "parties": [],
        "due_at": due_at,
        **more,
    }


# What this service's own capabilities open and close.


async def open_all(
    session: AsyncSession,
    name: str,
    drafts: Iterable[tuple[UUID, Draft]],
    *,
    due_at: datetime | None,
    event: str,
    caused_by: UUID,
) -> None:
    """Open a duty for each thing, those of many at once by COPY."""
    opened_at = now(session)
    rows = [
        _row(
            name,
            thing,
            draft,
            due_at,
            event=event,
            caused_by=caused_by,
            told_to="internal",
            stream_index=OWN,
            opened_at=opened_at,
        )
        for thing, draft in drafts
    ]
    for at in range(0, len(rows), messages.AT_ONCE):
        await messages.copy_rows(session, Duty, rows[at : at + messages.AT_ONCE])


async def close_all(
    session: AsyncSession,
    name: str,
    things: Collection[UUID] | Select[UUID],
    *,
    event: str,
    closed_by: UUID,
) -> None:
    """Close a duty for each of the things; a statement, whatever their number."""
    await session.execute(
        update(Duty)
        .where(scoped_by(Duty, Duty.thing.in_(things)), Duty.name == name, Duty.done_at.is_(None))
        .values(done_at=now(session), closed_by=closed_by, closing_event=event)
        .execution_options(synchronize_session=False)
    )


# Who asks.


def own(actor: Actor) -> ColumnElement[bool]:
    """The duties of the caller, and of the offices and bodies that the caller is one of."""
    return messages.addressed_to(actor, Duty)


def overseen(actor: Actor) -> ColumnElement[bool]:
    """The duties of offices and bodies in the caller's division and not above it; those of which
    only our own services are told are their holders' business."""
    reaches = reaches_within(actor.division) - {Reach.PERSON}
    return and_(
        visible(Duty, actor),
        Duty.reach.in_(sorted(reach.value for reach in reaches)),
        Duty.told_to == "public",
    )


async def page(
    session: AsyncSession, query: DutyQuery, *, whose: ColumnElement[bool]
) -> tuple[list[Duty], str | None, int | None]:
    """Duties, what is due first standing first: so what is overdue comes before the rest."""
    statement = select(Duty).where(whose, Duty.done_at.is_not(None) == query.done)
    if query.kind is not None:
        statement = statement.where(Duty.kind == query.kind.value)
    if query.urgency is not None:
        statement = statement.where(Duty.urgency == query.urgency.value)
    if query.overdue is not None:
        statement = statement.where((Duty.sorted_at <= now(session)) == query.overdue)
    if query.due_before is not None:
        statement = statement.where(Duty.sorted_at < query.due_before)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort="sorted_at",
        columns={"sorted_at": Duty.sorted_at},
        id=Duty.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def count(session: AsyncSession, *, whose: ColumnElement[bool]) -> Mapping[Kind, Count]:
    """How many duties of each kind are open."""
    overdue = func.count().filter(Duty.sorted_at <= now(session))
    counted = await session.execute(
        select(Duty.kind, func.count(), overdue)
        .where(whose, Duty.done_at.is_(None))
        .group_by(Duty.kind)
    )
    return {Kind(kind): Count(all_, late) for kind, all_, late in counted}

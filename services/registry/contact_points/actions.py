"""The verbs of contact points: load, decide, change, publish."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.contact_points import rules
from services.registry.contact_points.schemas import (
    ContactPointPatch,
    ContactPointQuery,
    ContactPointRequest,
    CoverageView,
    CoveredDivision,
    VisitQuery,
    VisitRequest,
)
from services.registry.contact_points.tables import PHONE_CONTEXT, ContactPoint, ContactVisit
from services.registry.divisions.actions import place_of
from services.registry.officers.rules import has_been
from services.registry.permissions import acts_in
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, visible
from shared.clock import now, today
from shared.events.registry.contact_points import (
    ContactPointChanged,
    ContactPointClosed,
    ContactPointFact,
    ContactPointOpened,
    ContactPointProposed,
    ContactPointSuspended,
    ContactPointVisitDue,
    ContactPointVisited,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import end_of
from shared.law.divisions import Level, level_of
from shared.law.places import in_division
from shared.law.tables import Division, rule
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.search import matches
from shared.timers import cancel, schedule
from shared.web.paging import paginate

VISIT = "contact_point.visit"
"""The timer that reminds of a visit, and tells that it is overdue."""
VISIT_RULE = "contact_point.visit"

_SORTS = {
    "id": ContactPoint.id,
    "name": ContactPoint.name,
    "updated_at": ContactPoint.updated_at,
}


async def page(
    session: AsyncSession, actor: Actor, query: ContactPointQuery
) -> tuple[list[ContactPoint], str | None, int | None]:
    """The caller's contact points that match, one page of them."""
    statement = select(ContactPoint).where(visible(ContactPoint, actor))
    if query.state:
        statement = statement.where(ContactPoint.state == query.state)
    if query.kind:
        statement = statement.where(ContactPoint.kind == query.kind)
    if query.overdue is not None:
        overdue = and_(ContactPoint.due_at.is_not(None), ContactPoint.due_at <= now(session))
        statement = statement.where(overdue if query.overdue else not_(overdue))
    if query.division:
        place = in_division(ContactPoint, query.division, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(ContactPoint.opened_on, query.opened_from, query.opened_to)
    )
    if query.q:
        statement = statement.where(matches(ContactPoint, query.q))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=ContactPoint.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def visits(
    session: AsyncSession, actor: Actor, id: UUID, query: VisitQuery
) -> tuple[list[ContactVisit], str | None, int | None]:
    """The visits to a visible contact point."""
    await load(session, ContactPoint, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(ContactVisit).where(ContactVisit.contact_point_id == id),
        sort=query.sort,
        columns={"visited_on": ContactVisit.visited_on},
        id=ContactVisit.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def coverage(session: AsyncSession, actor: Actor, district: str | None) -> CoverageView:
    """How the townships that the caller sees in a division are covered today."""
    code, day = district or actor.division, today(session)
    by_city = level_of(code) is Level.CITY
    within = [] if by_city else [or_(Division.parent == code, Division.code == code)]
    townships = (
        await session.execute(
            select(Division.code, Division.name, Division.parent)
            .where(
                Division.level == Level.TOWNSHIP,
                Division.valid_from <= day,
                or_(Division.valid_to.is_(None), Division.valid_to > day),
                *within,
            )
            .order_by(Division.code)
        )
    ).all()
    seen = [row for row in townships if sees_scope(actor, row.parent, row.code)]
    if not seen:
        raise NotFound
    statement = (
        select(ContactPoint.township, func.count().label("open"))
        .where(
            ContactPoint.state == rules.ContactPointState.OPEN,
            ContactPoint.township.in_([row.code for row in seen]),
            visible(ContactPoint, actor),
        )
        .group_by(ContactPoint.township)
    )
    found = {row.township: row.open for row in await session.execute(statement)}
    names = {row.code: row.name for row in seen}
    if by_city:
        names = await _names_of_districts(session, day)
    items: dict[str, CoveredDivision] = {}
    for row in seen:
        key = row.parent if by_city else row.code
        before = items.get(key)
        items[key] = CoveredDivision(
            division=key,
            name=names[key],
            townships=1 + (before.townships if before else 0),
            covered=(row.code in found) + (before.covered if before else 0),
            open=found.get(row.code, 0) + (before.open if before else 0),
        )
    return CoverageView(
        division=code,
        townships=len(seen),
        covered=len(found),
        items=[items[key] for key in sorted(items)],
    )


async def propose(
    session: AsyncSession, actor: Actor, request: ContactPointRequest
) -> ContactPoint:
    """A contact point is to be set up in a division of the caller's."""
    scope = await place_of(session, actor, request.division)
    rules.may_be_at(request.division)
    moment = now(session)
    point = ContactPoint(
        **request.model_dump(exclude={"liaison_phone"}),
        liaison_phone=_sealed(session, request.liaison_phone),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(point)
    return await _done(session, point, ContactPointProposed)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: ContactPointPatch
) -> ContactPoint:
    """Change fields; a change that changes nothing leaves no trace."""
    point = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True, exclude={"liaison_phone"})
    changes = {name: value for name, value in told.items() if getattr(point, name) != value}
    if "liaison_phone" in patch.model_fields_set:
        new = patch.liaison_phone.get_secret_value() if patch.liaison_phone else None
        if new != _opened(session, point.liaison_phone):
            changes["liaison_phone"] = _sealed(session, patch.liaison_phone)
    if not changes:
        return point
    for name, value in changes.items():
        setattr(point, name, value)
    return await _done(session, point, ContactPointChanged)


async def open_point(session: AsyncSession, actor: Actor, id: UUID) -> ContactPoint:
    """From today it is at work, and visited each period."""
    point = await _take(session, actor, id, "open")
    rules.may_open(caller=actor.sub, proposed_by=point.created_by)
    await _expect_visit(session, point, today(session))
    point.state = rules.LIFECYCLE.next("open", point.state)
    point.opened_on = today(session)
    return await _done(session, point, ContactPointOpened)


async def suspend(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> ContactPoint:
    """For the time being nobody is expected there."""
    point = await _take(session, actor, id, "suspend")
    return await _rest(session, point, "suspend", reason, ContactPointSuspended)


async def resume(session: AsyncSession, actor: Actor, id: UUID) -> ContactPoint:
    """At work again, which listeners learn as an opening."""
    point = await _take(session, actor, id, "resume")
    await _expect_visit(session, point, today(session))
    point.state, point.reason = rules.LIFECYCLE.next("resume", point.state), None
    return await _done(session, point, ContactPointOpened)


async def close(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> ContactPoint:
    """It is given up, or was never opened."""
    point = await _take(session, actor, id, "close")
    return await _rest(session, point, "close", reason, ContactPointClosed)


async def visit(
    session: AsyncSession, actor: Actor, id: UUID, request: VisitRequest
) -> ContactPoint:
    """Somebody went there and listened."""
    point = await _take(session, actor, id, "visits")
    assert point.opened_on is not None
    on = request.visited_on or today(session)
    has_been(on, today=today(session))
    rules.may_have_been_visited(on, opened_on=point.opened_on)
    row = ContactVisit(
        contact_point_id=point.id,
        **request.model_dump(exclude={"visited_on"}),
        visited_on=on,
        created_by=actor.sub,
        created_at=now(session),
    )
    session.add(row)
    if point.last_visited_on is None or on > point.last_visited_on:
        point.last_visited_on = on
        await _expect_visit(session, point, on)
    return await _done(
        session,
        point,
        ContactPointVisited,
        told=lambda: {"visit_id": row.id, "visited_on": on, "topics": row.topics},
    )


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a visit falls due soon, or has not been made; then once more each period."""
    point = await session.get(ContactPoint, ref, with_for_update=True)
    if point is None or point.due_at is None:
        return
    moment = now(session)
    overdue = rules.is_overdue(due_at=point.due_at, now=moment)
    again = point.due_at
    if overdue:
        months = (await rule(session, VISIT_RULE)).value["months"]
        again = end_of(rules.last_day_of_period(today(session), months))
    await schedule(session, VISIT, point.id, again)
    told = {"due_at": point.due_at, "overdue": overdue, "last_visited_on": point.last_visited_on}
    publish(session, ContactPointVisitDue.model_validate({**_facts_of(point), **told}), at=point)


async def _names_of_districts(session: AsyncSession, day: date) -> dict[str, str]:
    # Also of a district that has ended while a township is not yet told to lie elsewhere.
    statement = (
        select(Division.code, Division.name)
        .where(Division.level == Level.DISTRICT, Division.valid_from <= day)
        .order_by(Division.valid_from)
    )
    return {row.code: row.name for row in await session.execute(statement)}


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> ContactPoint:
    """The locked contact point, if its state allows `action` and the caller is in charge."""
    point = await load(session, ContactPoint, id, actor, lock=True)
    if not acts_in(actor, point.district, point.township):
        raise NotInCharge
    rules.LIFECYCLE.may(action, point.state)
    return point


async def _expect_visit(session: AsyncSession, point: ContactPoint, last: date) -> None:
    """The next visit is due in the period after that of `last`."""
    value = (await rule(session, VISIT_RULE)).value
    due_at = end_of(rules.next_visit_by(last, value["months"]))
    ahead = due_at - timedelta(days=value["remind_days"])
    await schedule(session, VISIT, point.id, max(ahead, now(session)))
    point.due_at = due_at


async def _rest(
    session: AsyncSession,
    point: ContactPoint,
    action: str,
    reason: str,
    event: type[ContactPointFact],
) -> ContactPoint:
    await cancel(session, VISIT, point.id)
    point.state, point.reason = rules.LIFECYCLE.next(action, point.state), reason
    point.due_at = None
    return await _done(session, point, event)


async def _done(
    session: AsyncSession,
    point: ContactPoint,
    event: type[ContactPointFact],
    *,
    told: Any = None,
) -> ContactPoint:
    """Write the row in its new version, and the fact; `told` is asked after the ids are set."""
    point.updated_at = now(session)
    await session.flush()
    more = told() if told else {}
    publish(session, event.model_validate({**_facts_of(point), **more}), at=point)
    return point


def _facts_of(point: ContactPoint) -> dict[str, Any]:
    names = ("name", "kind", "host", "division", "state", "opened_on", "due_at")
    return {"contact_point_id": point.id, **{name: getattr(point, name) for name in names}}


def _sealed(session: AsyncSession, phone: Any) -> bytes | None:
    seal: Seal = session.info["seal"]
    return seal.seal(phone.get_secret_value(), PHONE_CONTEXT) if phone else None


def _opened(session: AsyncSession, phone: bytes | None) -> str | None:
    seal: Seal = session.info["seal"]
    return seal.open(phone, PHONE_CONTEXT) if phone else None

"""The verbs of guidance links: load, decide, change, publish."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.guidance_links import rules
from services.registry.guidance_links.schemas import GuidanceLinkQuery, GuidanceLinkRequest
from services.registry.guidance_links.tables import GuidanceLink
from services.registry.item_lists.tables import ItemList
from services.registry.items.tables import Item
from services.registry.permissions import covers, in_charge
from services.registry.subjects.rules import Domain, NotInCharge
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.registry.guidance_links import (
    GuidanceAssigned,
    GuidanceEnded,
    GuidanceLinkFact,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.tables import scope_of
from shared.past import may_begin
from shared.refusals import NotFound
from shared.web.paging import paginate

_SORTS = {"id": GuidanceLink.id, "assigned_on": GuidanceLink.assigned_on}


async def page(
    session: AsyncSession, actor: Actor, query: GuidanceLinkQuery
) -> tuple[list[GuidanceLink], str | None, int | None]:
    """The caller's links that match, one page of them; with a day those of that day."""
    statement = select(GuidanceLink).where(visible(GuidanceLink, actor))
    if query.as_of:
        statement = statement.where(*_on(query.as_of))
        if query.state == rules.GuidanceLinkState.ENDED:
            statement = statement.where(GuidanceLink.id.is_(None))  # then none had ended
    elif query.state:
        statement = statement.where(GuidanceLink.state == query.state)
    if query.domain:
        statement = statement.where(GuidanceLink.domains.contains([query.domain]))
    if query.item_code:
        statement = statement.where(GuidanceLink.item_code == query.item_code)
    if query.department_id:
        statement = statement.where(GuidanceLink.department_id == query.department_id)
    if query.division:
        statement = statement.where(in_division(GuidanceLink, query.division, query.as_of))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=GuidanceLink.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, day: date | None) -> GuidanceLink:
    """One visible link; with a day only if the department guided on it."""
    if day is None:
        return await load(session, GuidanceLink, id, actor)
    found = select(GuidanceLink).where(
        GuidanceLink.id == id, visible(GuidanceLink, actor), *_on(day)
    )
    link = (await session.execute(found)).scalar_one_or_none()
    if link is None:
        raise NotFound
    return link


def _on(day: date) -> tuple[Any, ...]:
    return (
        GuidanceLink.assigned_on <= day,
        or_(GuidanceLink.ended_on.is_(None), GuidanceLink.ended_on > day),
    )


async def assign(session: AsyncSession, actor: Actor, request: GuidanceLinkRequest) -> GuidanceLink:
    """A department guides a township of the caller's from a day on."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not covers(actor, scope.district, scope.township):
        # A division that is not the caller's looks like none.
        raise DivisionUnknown(division=request.division, on=day.isoformat())
    rules.may_guide(
        division=request.division,
        is_township=scope.township is not None,
        domain=request.domain,
        item=request.item_id is not None,
    )
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=""):
        raise NotInCharge
    item = await _item(session, actor, request) if request.item_id else None
    guide: Subject | None = None
    if request.department_id:
        guide = await load(session, Subject, request.department_id, actor)
        rules.may_be_guide(state=guide.state, township=guide.township, guided=[request.division])
    name = request.department or (guide.name if guide else None)
    if name is None:
        raise rules.GuideNameless
    since = request.since or day
    former = select(func.max(GuidanceLink.ended_on)).where(
        GuidanceLink.division == request.division,
        GuidanceLink.item_code == item.code if item else GuidanceLink.domain == request.domain,
        visible(GuidanceLink, actor),
    )
    may_begin(since=since, after=await session.scalar(former), today=day)
    moment = now(session)
    link = GuidanceLink(
        division=request.division,
        district=scope.district,
        township=scope.township,
        domain=request.domain,
        item_code=item.code if item else None,
        item_name=item.name if item else None,
        domains=item.domains if item else [request.domain],
        department_id=guide.id if guide else None,
        department=name,
        organisation=guide.uscc if guide else None,
        state=rules.LIFECYCLE.initial,
        assigned_on=since,
        created_at=moment,
        updated_at=moment,
    )
    session.add(link)
    await session.flush()
    _tell(session, GuidanceAssigned, link)
    return link


async def end(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> GuidanceLink:
    """From today the department guides no longer; another may be assigned."""
    link = await load(session, GuidanceLink, id, actor, lock=True)
    if not in_charge(actor, district=link.district, township=link.township, organisation=""):
        raise NotInCharge
    link.state = rules.LIFECYCLE.next("end", link.state)
    link.ended_on, link.reason, link.updated_at = today(session), reason, now(session)
    await session.flush()
    _tell(session, GuidanceEnded, link, reason=reason)
    return link


async def _item(session: AsyncSession, actor: Actor, request: GuidanceLinkRequest) -> Item:
    assert request.item_id is not None
    item = await load(session, Item, request.item_id, actor)
    # Locked: the list must not be superseded between this look at it and the commit.
    item_list = await load(session, ItemList, item.item_list_id, actor, lock=True)
    rules.may_be_guided(
        township=request.division, item_township=item.township, list_state=item_list.state
    )
    return item


def _tell(
    session: AsyncSession, event: type[GuidanceLinkFact], link: GuidanceLink, **told: Any
) -> None:
    names = (
        *("division", "domain", "item_code", "department_id", "department", "organisation"),
        *("state", "assigned_on", "ended_on"),
    )
    known = {"guidance_link_id": link.id, **{name: getattr(link, name) for name in names}}
    guided = link.item_name or Domain(link.domain or Domain.OTHER).label
    publish(session, event.model_validate({**known, "guided": guided, **told}), at=link)

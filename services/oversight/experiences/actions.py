"""The verbs of experiences: load, decide, change, publish."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.appraisal_schemes.actions import place_of
from services.oversight.db import level_name
from services.oversight.experiences import rules
from services.oversight.experiences.rules import ExperienceState
from services.oversight.experiences.schemas import (
    AdoptRequest,
    ExperiencePatch,
    ExperienceQuery,
    ExperienceRequest,
)
from services.oversight.experiences.tables import Experience
from services.oversight.permissions import NotInCharge, oversees
from shared.access.actor import Actor
from shared.access.visibility import scoped_by, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.oversight import experiences as facts
from shared.events.oversight.experiences import ExperienceFact
from shared.facts import publish as tell
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.refusals import NotFound
from shared.search import matches
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

_SORTS = {"id": Experience.id, "updated_at": Experience.updated_at}


def readable(actor: Actor) -> ColumnElement[bool]:
    """What lies in the caller's division, and whatever is published: for others to copy."""
    published = Experience.state == ExperienceState.PUBLISHED
    return scoped_by(Experience, or_(published, visible(Experience, actor)))


async def page(
    session: AsyncSession, actor: Actor, query: ExperienceQuery
) -> tuple[list[Experience], str | None, int | None]:
    """The experiences that match and that the caller may read, one page of them."""
    statement = select(Experience).where(readable(actor))
    if query.state is not None:
        statement = statement.where(Experience.state == query.state)
    if query.division:
        place = in_division(Experience, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.tag is not None:
        statement = statement.where(Experience.tags.contains([query.tag]))
    if query.q is not None:
        statement = statement.where(matches(Experience, query.q))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Experience.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Experience:
    """One experience that the caller may read; locked, its version is what If-Match says."""
    statement = select(Experience).where(Experience.id == id, readable(actor))
    if lock:
        statement = statement.with_for_update(of=Experience, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound
    if lock:
        check_precondition(id, row.version)
    return row


async def submit(session: AsyncSession, actor: Actor, request: ExperienceRequest) -> Experience:
    """A division hands in what others could copy."""
    scope = await place_of(session, actor, request.division)
    moment = now(session)
    row = Experience(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        adoptions=[],
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, facts.ExperienceSubmitted)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: ExperiencePatch
) -> Experience:
    """Change fields; a change that changes nothing leaves no trace."""
    row = await _step(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.authors = sorted({*row.authors, actor.sub})
    return await _done(session, row, facts.ExperienceChanged)


async def resubmit(session: AsyncSession, actor: Actor, id: UUID) -> Experience:
    """It was improved; the Bureau looks at it again."""
    row = await _step(session, actor, id, "resubmit")
    return await _done(session, row, facts.ExperienceSubmitted)


async def accept(session: AsyncSession, actor: Actor, id: UUID, opinion: str) -> Experience:
    """It is worth copying."""
    row = await _step(session, actor, id, "accept")
    row.accepted_by, row.opinion = actor.sub, opinion
    return await _done(session, row, facts.ExperienceAccepted)


async def return_it(session: AsyncSession, actor: Actor, id: UUID, opinion: str) -> Experience:
    """It is to be improved."""
    row = await _step(session, actor, id, "return")
    row.opinion = opinion
    return await _done(session, row, facts.ExperienceReturned)


async def publish(session: AsyncSession, actor: Actor, id: UUID) -> Experience:
    """Everybody may read it, and other divisions adopt it."""
    row = await _step(session, actor, id, "publish")
    row.published_by, row.published_on = actor.sub, today(session)
    return await _done(session, row, facts.ExperiencePublished)


async def adopt(session: AsyncSession, actor: Actor, id: UUID, request: AdoptRequest) -> Experience:
    """Another division takes it over, once."""
    division = request.division or actor.division
    row = await read(session, actor, id, lock=True)
    scope = await place_of(session, actor, division)
    row.state = _next(row, actor, "adopt", division=division)
    told = {"division": division, "note": request.note, "adopted_by": actor.sub}
    row.adoptions = [*row.adoptions, {**told, "adopted_on": today(session).isoformat()}]
    fact = facts.ExperienceAdopted
    return await _done(session, row, fact, at=scope, adopted_by_division=division)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Experience:
    """The division takes back what is not published."""
    row = await _step(session, actor, id, "withdraw")
    row.reason = reason
    return await _done(session, row, facts.ExperienceWithdrawn)


async def retract(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Experience:
    """The Bureau takes back what was published; who adopted it stays on record."""
    row = await _step(session, actor, id, "retract")
    row.reason = reason
    await _done(session, row, facts.ExperienceWithdrawn)
    for division in (adoption["division"] for adoption in row.adoptions):
        scope = await scope_of(session, division)
        await _done(session, row, facts.ExperienceRecalled, at=scope, adopted_by_division=division)
    return row


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Experience:
    """The row, locked, in the state that `action` leads to."""
    row = await read(session, actor, id, lock=True)
    if action in rules.BY_OWNER and not oversees(actor, row.division, row.scope):
        raise NotInCharge
    row.state = _next(row, actor, action, division=actor.division)
    return row


def _next(row: Experience, actor: Actor, action: str, *, division: str) -> ExperienceState:
    return rules.next_state(
        action,
        state=row.state,
        authors=row.authors,
        accepted_by=row.accepted_by,
        own=row.division == division,
        adopted=row.adopted_in(division),
        sub=actor.sub,
    )


async def _done(
    session: AsyncSession,
    row: Experience,
    event: type[ExperienceFact],
    *,
    at: Scope | None = None,
    **more: Any,
) -> Experience:
    row.updated_at = now(session)
    await session.flush()
    names = ("division", "title", "tags", "state")
    told = {name: getattr(row, name) for name in names}
    fact = event(experience_id=row.id, level=level_name(row.division), **told, **more)
    tell(session, fact, at=at or row)
    return row

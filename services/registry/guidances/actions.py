"""The verbs of guidance sessions: load, decide, change, publish."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.guidance_links.rules import GuideNameless, may_be_guide
from services.registry.guidances import rules
from services.registry.guidances.schemas import (
    GuidancePatch,
    GuidanceQuery,
    GuidanceRequest,
    HoldRequest,
)
from services.registry.guidances.tables import Guidance
from services.registry.permissions import covers, in_charge
from services.registry.subjects.rules import NotInCharge
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.registry.guidances import (
    GuidanceSessionCancelled,
    GuidanceSessionChanged,
    GuidanceSessionFact,
    GuidanceSessionHeld,
    GuidanceSessionPlanned,
    GuidanceSessionReviewed,
)
from shared.facts import publish
from shared.law.divisions import DivisionExpired, DivisionUnknown
from shared.law.tables import scope_of
from shared.web.paging import paginate

_SORTS = {"id": Guidance.id, "planned_on": Guidance.planned_on}


async def page(
    session: AsyncSession, actor: Actor, query: GuidanceQuery
) -> tuple[list[Guidance], str | None, int | None]:
    """The caller's sessions that match, one page of them."""
    statement = select(Guidance).where(visible(Guidance, actor))
    for column in ("state", "kind", "department_id"):
        if (value := getattr(query, column)) is not None:
            statement = statement.where(getattr(Guidance, column) == value)
    if query.domain:
        statement = statement.where(Guidance.domains.contains([query.domain]))
    if query.township:
        statement = statement.where(Guidance.townships.contains([query.township]))
    if query.division:
        statement = statement.where(in_division(Guidance, query.division))
    if query.planned_from:
        statement = statement.where(Guidance.planned_on >= query.planned_from)
    if query.planned_to:
        statement = statement.where(Guidance.planned_on <= query.planned_to)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Guidance.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def plan(session: AsyncSession, actor: Actor, request: GuidanceRequest) -> Guidance:
    """Plan a session of a department of the caller's division."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not covers(actor, scope.district, scope.township):
        # A division that is not the caller's looks like none.
        raise DivisionUnknown(division=request.division, on=day.isoformat())
    await _check_places(
        session, request.division, request.townships, is_township=scope.township is not None
    )
    guide: Subject | None = None
    if request.department_id:
        guide = await load(session, Subject, request.department_id, actor)
        may_be_guide(state=guide.state, township=guide.township, guided=request.townships)
    code = guide.uscc if guide else None
    own = in_charge(
        actor, district=scope.district, township=scope.township, organisation=code or ""
    )
    if not own:
        raise NotInCharge
    name = request.department or (guide.name if guide else None)
    if name is None:
        raise GuideNameless
    moment = now(session)
    guidance = Guidance(
        **request.model_dump(exclude={"department"}),
        department=name,
        organisation=code,
        district=scope.district,
        township=scope.township,
        parties=request.townships,
        state=rules.LIFECYCLE.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(guidance)
    return await _done(session, guidance, GuidanceSessionPlanned)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: GuidancePatch) -> Guidance:
    """Change a planned session; a change that changes nothing leaves no trace."""
    guidance = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in told.items() if getattr(guidance, name) != value}
    if not changes:
        return guidance
    if "townships" in changes:
        await _check_places(session, guidance.division, changes["townships"], is_township=False)
        kept = [party for party in guidance.parties if party not in guidance.townships]
        guidance.parties = [*kept, *changes["townships"]]
    for name, value in changes.items():
        setattr(guidance, name, value)
    return await _done(session, guidance, GuidanceSessionChanged)


async def hold(session: AsyncSession, actor: Actor, id: UUID, request: HoldRequest) -> Guidance:
    """It was held."""
    guidance = await _take(session, actor, id, "hold")
    day = request.on or today(session)
    rules.may_hold(on=day, today=today(session))
    guidance.held_on, guidance.held_by = day, actor.sub
    guidance.participants = request.participants
    guidance.material = request.material or guidance.material
    return await _done(session, guidance, GuidanceSessionHeld, "hold")


async def review(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Guidance:
    """Somebody else says what it was good for."""
    guidance = await _take(session, actor, id, "review")
    rules.may_review(reviewer=actor.sub, held_by=guidance.held_by)
    guidance.remarks = remarks
    return await _done(session, guidance, GuidanceSessionReviewed, "review")


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Guidance:
    """It is not held."""
    guidance = await _take(session, actor, id, "cancel")
    guidance.reason = reason
    return await _done(session, guidance, GuidanceSessionCancelled, "cancel", reason=reason)


async def _check_places(
    session: AsyncSession, division: str, townships: Sequence[str], *, is_township: bool
) -> None:
    places: dict[str, str | None] = {}
    for code in townships:
        try:
            scope = await scope_of(session, code)
        except (DivisionUnknown, DivisionExpired):
            places[code] = None
        else:
            places[code] = scope.district if scope.township else None
    rules.may_plan(division=division, is_township=is_township, places=places)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Guidance:
    """The locked session, if the caller may act on it and its state allows `action`."""
    guidance = await load(session, Guidance, id, actor, lock=True)
    if not in_charge(
        actor,
        district=guidance.district,
        township=guidance.township,
        organisation=guidance.organisation or "",
    ):
        raise NotInCharge
    rules.LIFECYCLE.may(action, guidance.state)
    return guidance


async def _done(
    session: AsyncSession,
    guidance: Guidance,
    event: type[GuidanceSessionFact],
    action: str | None = None,
    **told: Any,
) -> Guidance:
    """Write the row in its new state and version, and the fact; `told` is what that says more."""
    if action is not None:
        guidance.state = rules.LIFECYCLE.next(action, guidance.state)
    guidance.updated_at = now(session)
    await session.flush()
    names = (
        *("division", "townships", "kind", "topic", "domains", "department", "organisation"),
        *("planned_on", "state", "held_on", "participants"),
    )
    known = {"guidance_id": guidance.id, **{name: getattr(guidance, name) for name in names}}
    publish(session, event.model_validate({**known, **told}), at=guidance)
    return guidance

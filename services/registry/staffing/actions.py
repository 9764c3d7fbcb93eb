"""The verbs of staffing plans, and how their posts are counted.

Whoever changes who fills a post calls `people_changed`, which has the plans of that place reviewed
at once. A periodic review finds what came in another way, from a bulk load say.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.officers.rules import OfficerState, Staffing
from services.registry.officers.tables import Officer
from services.registry.permissions import covers, in_charge
from services.registry.staffing import rules
from services.registry.staffing.rules import BodyKind, StaffingState
from services.registry.staffing.schemas import (
    AdjustmentRequest,
    ApprovalRequest,
    StaffingPatch,
    StaffingQuery,
    StaffingRequest,
)
from services.registry.staffing.tables import StaffingPlan
from services.registry.subjects.rules import NotInCharge
from services.registry.supervision_officers.rules import SupervisionOfficerState
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.staffing import (
    StaffingAdjusted,
    StaffingApproved,
    StaffingChanged,
    StaffingClosed,
    StaffingFact,
    StaffingFiled,
    StaffingFilled,
    StaffingShort,
    StaffingWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import due, end_of
from shared.law.divisions import DivisionUnknown, level_of
from shared.law.places import in_division
from shared.law.tables import calendar_of, rule, scope_of
from shared.refusals import NotFound
from shared.timers import schedule
from shared.web.paging import paginate

REVIEW = "staffing.review"
"""The timer that counts who fills the posts of a plan."""
REVIEW_RULE = "staffing.review"

_SORTS = {
    "id": StaffingPlan.id,
    "year": StaffingPlan.year,
    "updated_at": StaffingPlan.updated_at,
}
_WHY = "only counted, for a plan that the caller may see"


class Filled(NamedTuple):
    """A plan and how many of its posts are filled now."""

    plan: StaffingPlan
    actual: int


def _same_place(table: Any) -> ColumnElement[bool]:
    return and_(
        table.district.is_not_distinct_from(StaffingPlan.district),
        table.township.is_not_distinct_from(StaffingPlan.township),
    )


def _actual() -> ColumnElement[int]:
    """Who fills posts of a plan's kind in its division itself, not in those below."""
    supervisors = (
        select(func.count())
        .where(
            SupervisionOfficer.state == SupervisionOfficerState.APPOINTED,
            _same_place(SupervisionOfficer),
            unscoped(SupervisionOfficer, reason=_WHY),
        )
        .select_from(SupervisionOfficer)
        .correlate(StaffingPlan)
        .scalar_subquery()
    )
    officers = (
        select(func.count())
        .where(
            Officer.state == OfficerState.ON_POST,
            Officer.staffing == Staffing.STAFF,
            _same_place(Officer),
            unscoped(Officer, reason=_WHY),
        )
        .select_from(Officer)
        .correlate(StaffingPlan)
        .scalar_subquery()
    )
    of_supervision = StaffingPlan.body_kind == BodyKind.SUPERVISION_AUTHORITY
    return case((of_supervision, supervisors), else_=officers)


def _with_actual(actor: Actor) -> Select[StaffingPlan, int]:
    return select(StaffingPlan, _actual()).where(visible(StaffingPlan, actor))


async def page(
    session: AsyncSession, actor: Actor, query: StaffingQuery
) -> tuple[list[Filled], str | None, int | None]:
    """The caller's plans that match, one page of them."""
    statement = _with_actual(actor)
    if query.division:
        statement = statement.where(in_division(StaffingPlan, query.division))
    if query.body_kind:
        statement = statement.where(StaffingPlan.body_kind == query.body_kind)
    if query.year:
        statement = statement.where(StaffingPlan.year == query.year)
    if query.state:
        statement = statement.where(StaffingPlan.state == query.state)
    if query.short is not None:
        short = and_(
            StaffingPlan.state == StaffingState.APPROVED,
            StaffingPlan.year == today(session).year,
            StaffingPlan.headcount > _actual(),
        )
        statement = statement.where(short if query.short else ~short)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=StaffingPlan.id, paging=query
    )
    return [Filled(*row) for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Filled:
    """One visible plan."""
    statement = _with_actual(actor).where(StaffingPlan.id == id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return Filled(*row)


async def file(session: AsyncSession, actor: Actor, request: StaffingRequest) -> Filled:
    """File a plan in a division of the caller's."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=""):
        # A division that is not the caller's looks like none.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise NotInCharge
    rules.may_be_filed(year=request.year, this_year=day.year)
    moment = now(session)
    plan = StaffingPlan(
        **request.model_dump(),
        level=level_of(request.division),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        filed_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(plan)
    return await _done(session, plan, StaffingFiled)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: StaffingPatch) -> Filled:
    """Change a plan that is not approved; a change that changes nothing leaves no trace."""
    plan = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(plan, name) == value for name, value in told.items()):
        return Filled(plan, await _count(session, plan))
    for name, value in told.items():
        setattr(plan, name, value)
    plan.filed_by = actor.sub
    return await _done(session, plan, StaffingChanged)


async def approve(
    session: AsyncSession, actor: Actor, id: UUID, request: ApprovalRequest
) -> Filled:
    """The staffing office has decided; from now on vacant posts are told."""
    plan = await _take(session, actor, id, "approve")
    day = today(session)
    rules.may_approve(
        approver=actor.sub, filed_by=plan.filed_by, year=plan.year, this_year=day.year
    )
    return await _decided(session, plan, request, "approve", StaffingApproved)


async def adjust(
    session: AsyncSession, actor: Actor, id: UUID, request: AdjustmentRequest
) -> Filled:
    """The staffing office has decided anew."""
    plan = await _take(session, actor, id, "adjust")
    plan.headcount = request.headcount
    return await _decided(session, plan, request, "adjust", StaffingAdjusted)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Filled:
    """A plan that was not approved is none."""
    plan = await _take(session, actor, id, "withdraw")
    plan.reason = reason
    return await _done(session, plan, StaffingWithdrawn, action="withdraw")


async def people_changed(session: AsyncSession, kind: BodyKind, *places: Scope) -> None:
    """Have this year's plans of the places reviewed as soon as the caller has committed."""
    plans = await session.execute(
        select(StaffingPlan.id, StaffingPlan.district, StaffingPlan.township)
        .where(
            StaffingPlan.state == StaffingState.APPROVED,
            StaffingPlan.body_kind == kind,
            StaffingPlan.year == today(session).year,
            or_(
                StaffingPlan.district.in_({place.district for place in places} - {None}),
                StaffingPlan.district.is_(None),
            ),
            unscoped(StaffingPlan, reason="whoever plans the posts learns who fills them"),
        )
        .order_by(StaffingPlan.id)
    )
    at = {(place.district, place.township) for place in places}
    for id, district, township in plans:
        if (district, township) in at:
            await schedule(session, REVIEW, id, now(session))


async def review(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: tell that posts of the plan `ref` are vacant, or filled again; each once."""
    plan = await session.get(StaffingPlan, ref, with_for_update=True)
    if plan is None or plan.state != StaffingState.APPROVED:
        return
    day = today(session)
    if plan.year < day.year:
        plan.short_since = None
        await _done(session, plan, StaffingClosed, action="close")
        return
    actual = await _count(session, plan)
    short = rules.is_short(
        state=plan.state,
        year=plan.year,
        this_year=day.year,
        headcount=plan.headcount,
        actual=actual,
    )
    if short and plan.short_since is None:
        plan.short_since = now(session)
        await _done(session, plan, StaffingShort)
    elif not short and plan.short_since is not None:
        plan.short_since = None
        await _done(session, plan, StaffingFilled)
    again = (await rule(session, REVIEW_RULE)).deadline()
    moment = due(now(session), again, await calendar_of(session)).at
    await schedule(session, REVIEW, plan.id, moment)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> StaffingPlan:
    """The locked plan, if the caller is in charge and its state allows `action`."""
    plan = await load(session, StaffingPlan, id, actor, lock=True)
    if not in_charge(actor, district=plan.district, township=plan.township, organisation=""):
        raise NotInCharge
    rules.LIFECYCLE.may(action, plan.state)
    return plan


async def _decided(
    session: AsyncSession,
    plan: StaffingPlan,
    request: ApprovalRequest,
    action: str,
    event: type[StaffingFact],
) -> Filled:
    day = today(session)
    on = request.approved_on or day
    if on > day:
        raise rules.ApprovalInFuture(on=on.isoformat())
    plan.approval_no, plan.approved_on = request.approval_no, on
    # A plan of a year to come is looked at from that year on.
    await schedule(session, REVIEW, plan.id, max(now(session), _begin(plan.year)))
    return await _done(session, plan, event, action=action)


def _begin(year: int) -> datetime:
    """The first moment of a year."""
    return end_of(date(year - 1, 12, 31))


async def _count(session: AsyncSession, plan: StaffingPlan) -> int:
    statement = select(_actual()).where(
        StaffingPlan.id == plan.id, unscoped(StaffingPlan, reason="it is in hand already")
    )
    return (await session.execute(statement)).scalar_one()


async def _done(
    session: AsyncSession,
    plan: StaffingPlan,
    event: type[StaffingFact],
    *,
    action: str | None = None,
) -> Filled:
    """Write the row in its new state and version, and the fact."""
    if action is not None:
        plan.state = rules.LIFECYCLE.next(action, plan.state)
    plan.updated_at = now(session)
    await session.flush()
    actual = await _count(session, plan)
    names = ("division", "level", "body_kind", "year", "headcount", "state")
    told = {name: getattr(plan, name) for name in names}
    fact = event.model_validate({"staffing_id": plan.id, "actual": actual, **told})
    publish(session, fact, at=plan)
    return Filled(plan, actual)

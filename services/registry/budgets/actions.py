"""The verbs of budget lines, and who has none for the coming year."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.budgets import rules
from services.registry.budgets.schemas import (
    ApprovalRequest,
    BudgetPatch,
    BudgetQuery,
    BudgetRequest,
    SpendingQuery,
    SpendingRequest,
)
from services.registry.budgets.tables import BudgetLine, BudgetSpending
from services.registry.db import in_division
from services.registry.permissions import SUPERVISORS, covers, in_charge
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.budgets import (
    BudgetApproved,
    BudgetChanged,
    BudgetClosed,
    BudgetDrafted,
    BudgetFact,
    BudgetMissing,
    BudgetReturned,
    BudgetSpendingReversed,
    BudgetSpent,
    BudgetSubmitted,
    BudgetWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import end_of, last_day_of
from shared.law.divisions import DivisionUnknown, Level, level_of
from shared.law.tables import Division, rule, scope_of
from shared.refusals import NotFound
from shared.reversals import ReversalRequest, take_back
from shared.timers import Timer, schedule
from shared.web.paging import paginate

MISSING = "budget.missing"
"""The timer that looks, once a year, who has no budget for the coming one."""
CITY = UUID("019ab3a0-0000-7000-8000-0000000000b0")
"""What that timer is about: there is one, for the whole city."""
MISSING_RULE, FALL_RULE = "budget.due", "budget.fall"

_SORTS = {"id": BudgetLine.id, "year": BudgetLine.year, "updated_at": BudgetLine.updated_at}


class Compared(NamedTuple):
    """A line with what its division or body has for the purpose, last year and this one."""

    line: BudgetLine
    last_year: Decimal | None
    this_year: Decimal


def _sum_of_year(years_before: int) -> ColumnElement[Any]:
    """Of all sources, for the purpose of a line: granted, or this year also asked for."""
    other = aliased(BudgetLine)
    states = rules.GRANTED if years_before else rules.STANDING
    return (
        select(func.sum(func.coalesce(other.appropriated, other.amount)))
        .where(
            other.division == BudgetLine.division,
            other.organisation.is_not_distinct_from(BudgetLine.organisation),
            other.purpose == BudgetLine.purpose,
            other.year == BudgetLine.year - years_before,
            or_(other.state.in_(states), other.id == BudgetLine.id),
            unscoped(BudgetLine, reason="added up for a line of the same body"),
        )
        .correlate(BudgetLine)
        .scalar_subquery()
    )


def _compared(actor: Actor) -> Select[BudgetLine, Decimal | None, Decimal]:
    return select(BudgetLine, _sum_of_year(1), _sum_of_year(0)).where(visible(BudgetLine, actor))


async def page(
    session: AsyncSession, actor: Actor, query: BudgetQuery
) -> tuple[list[Compared], str | None, int | None]:
    """The caller's lines that match, one page of them."""
    statement = _compared(actor)
    if query.division:
        statement = statement.where(in_division(BudgetLine, query.division))
    if query.organisation:
        statement = statement.where(BudgetLine.organisation == query.organisation)
    if query.year:
        statement = statement.where(BudgetLine.year == query.year)
    if query.purpose:
        statement = statement.where(BudgetLine.purpose == query.purpose)
    if query.in_budget is not None:
        statement = statement.where(BudgetLine.in_budget.is_(query.in_budget))
    if query.state:
        statement = statement.where(BudgetLine.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=BudgetLine.id, paging=query
    )
    return [Compared(*row) for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Compared:
    """One visible line."""
    row = (await session.execute(_compared(actor).where(BudgetLine.id == id))).one_or_none()
    if row is None:
        raise NotFound
    return Compared(*row)


async def spendings(
    session: AsyncSession, actor: Actor, id: UUID, query: SpendingQuery
) -> tuple[list[BudgetSpending], str | None, int | None]:
    """What was spent of a visible line."""
    await load(session, BudgetLine, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(BudgetSpending).where(BudgetSpending.budget_id == id),
        sort=query.sort,
        columns={"id": BudgetSpending.id},
        id=BudgetSpending.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def percent(session: AsyncSession) -> int:
    """The fall that is flagged, in percent of last year."""
    return int((await rule(session, FALL_RULE)).value["percent"])


async def draft(session: AsyncSession, actor: Actor, request: BudgetRequest) -> Compared:
    """Draw up a line: a body for itself, a legal office in its division."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    body = request.organisation or ""
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=body):
        # A division that is not the caller's looks like none; another body there does not.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise NotInCharge
    rules.may_draft(purpose=request.purpose, by_office=bool(actor.roles & SUPERVISORS))
    moment = now(session)
    line = BudgetLine(
        **request.model_dump(),
        level=level_of(request.division),
        district=scope.district,
        township=scope.township,
        spent=Decimal(0),
        state=rules.LIFECYCLE.initial,
        drafted_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(line)
    return await _done(session, line, BudgetDrafted)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: BudgetPatch) -> Compared:
    """Change a draft; a change that changes nothing leaves no trace."""
    line = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(line, name) == value for name, value in told.items()):
        return await _compare(session, line)
    for name, value in told.items():
        setattr(line, name, value)
    line.drafted_by = actor.sub
    return await _done(session, line, BudgetChanged)


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Compared:
    """Hand the draft in."""
    line = await _take(session, actor, id, "submit")
    line.submitted_by, line.reason = actor.sub, None
    return await _done(session, line, BudgetSubmitted, action="submit")


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Compared:
    """A draft that nobody pursues."""
    line = await _take(session, actor, id, "withdraw")
    line.reason = reason
    return await _done(session, line, BudgetWithdrawn, action="withdraw")


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Compared:
    """Back to who drew it up."""
    line = await _take(session, actor, id, "return")
    line.reason, line.submitted_by = reason, None
    return await _done(session, line, BudgetReturned, action="return")


async def approve(
    session: AsyncSession, actor: Actor, id: UUID, request: ApprovalRequest
) -> Compared:
    """So much was appropriated."""
    line = await _take(session, actor, id, "approve")
    rules.may_approve(
        approver=actor.sub, drafted_by=line.drafted_by, submitted_by=line.submitted_by
    )
    line.appropriated, line.document_no = request.appropriated, request.document_no
    return await _done(session, line, BudgetApproved, action="approve")


async def spend(
    session: AsyncSession, actor: Actor, id: UUID, request: SpendingRequest
) -> Compared:
    """So much of it was spent."""
    line = await _take(session, actor, id, "spend")
    assert line.appropriated is not None
    day = today(session)
    on, spent = request.on or day, line.spent + request.amount
    rules.may_spend(
        spent=spent,
        appropriated=line.appropriated,
        on=on,
        year=line.year,
        today=day,
        reason=request.reason,
    )
    line.spent = spent
    if spent > line.appropriated:
        line.overspent_reason = request.reason
    session.add(
        BudgetSpending(
            budget_id=line.id,
            amount=request.amount,
            spent_on=on,
            item=request.item,
            document_no=request.document_no,
            reason=request.reason,
            recorded_by=actor.sub,
            recorded_at=now(session),
        )
    )
    return await _done(session, line, BudgetSpent, action="spend")


async def reverse(
    session: AsyncSession, actor: Actor, id: UUID, request: ReversalRequest
) -> Compared:
    """Money that was not spent, or not like this: it counts no more."""
    line = await _take(session, actor, id, "reverse")
    assert line.appropriated is not None
    of_line = BudgetSpending.budget_id == id
    spending = await take_back(session, actor, BudgetSpending, request, of_line)
    line.spent -= spending.amount
    if line.spent <= line.appropriated:
        line.overspent_reason = None
    told = {"spending_id": spending.id, "reversed_amount": f"{spending.amount:.2f}"}
    return await _done(session, line, BudgetSpendingReversed, action="reverse", **told)


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Compared:
    """The accounts are final."""
    line = await _take(session, actor, id, "close")
    return await _done(session, line, BudgetClosed, action="close")


async def watch(session: AsyncSession) -> None:
    """Have it looked each year who has no budget; one that waits already stays."""
    known = select(Timer.id).where(Timer.kind == MISSING, Timer.ref == CITY)
    if await session.scalar(known) is None:
        await _look_again(session, today(session))


async def tell_missing(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: who has handed in no budget for the coming year, one fact a division."""
    day = last_day_of(due_at)
    year = day.year + 1
    value = (await rule(session, MISSING_RULE, day)).value
    on = today(session)
    divisions = await session.execute(
        select(Division.code, Division.level)
        .where(
            Division.level.in_(value["levels"]),
            Division.valid_from <= on,
            or_(Division.valid_to.is_(None), Division.valid_to > on),
        )
        .order_by(Division.code)
    )
    lines = await session.execute(
        select(BudgetLine.division, BudgetLine.purpose)
        .where(
            BudgetLine.year == year,
            BudgetLine.in_budget,
            BudgetLine.state.in_(rules.HANDED_IN),
            unscoped(BudgetLine, reason="the system looks at every division"),
        )
        .distinct()
    )
    handed_in = {(row.division, row.purpose) for row in lines}
    for code, level in divisions.all():
        purposes = [p for p in value["purposes"] if (code, p) not in handed_in]
        if purposes:
            scope = await scope_of(session, code, on)
            fact = BudgetMissing(division=code, level=Level(level), year=year, purposes=purposes)
            publish(session, fact, at=scope)
    await _look_again(session, max(on, day))


async def _look_again(session: AsyncSession, after: date) -> None:
    """On the day of the rule that comes after a day."""
    value = (await rule(session, MISSING_RULE)).value
    day = date(after.year, value["month"], value["day"])
    if day <= after:
        day = day.replace(year=day.year + 1)
    await schedule(session, MISSING, CITY, end_of(day))


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> BudgetLine:
    """The locked line, if the caller is in charge and its state allows `action`."""
    line = await load(session, BudgetLine, id, actor, lock=True)
    if not in_charge(
        actor,
        district=line.district,
        township=line.township,
        organisation=line.organisation or "",
    ):
        raise NotInCharge
    rules.LIFECYCLE.may(action, line.state)
    return line


async def _compare(session: AsyncSession, line: BudgetLine) -> Compared:
    sums = select(_sum_of_year(1), _sum_of_year(0)).where(
        BudgetLine.id == line.id, unscoped(BudgetLine, reason="it is in hand already")
    )
    return Compared(line, *(await session.execute(sums)).one())


async def _done(
    session: AsyncSession,
    line: BudgetLine,
    event: type[BudgetFact],
    *,
    action: str | None = None,
    **more: Any,
) -> Compared:
    """Write the row in its new state and version, and the fact, which says `more` where given."""
    if action is not None:
        line.state = rules.LIFECYCLE.next(action, line.state)
    line.updated_at = now(session)
    await session.flush()
    compared = await _compare(session, line)
    names = ("division", "level", "organisation", "year", "purpose", "source", "in_budget", "state")
    told: dict[str, Any] = {name: getattr(line, name) for name in names}
    for name in ("amount", "appropriated", "spent"):
        value = getattr(line, name)
        told[name] = None if value is None else f"{value:.2f}"
    falls_by = rules.fall(last_year=compared.last_year, this_year=compared.this_year)
    told["falls_by"] = f"{falls_by:.2f}"
    told["flagged"] = rules.is_flagged(
        falls_by=falls_by, last_year=compared.last_year, percent=await percent(session)
    )
    publish(session, event.model_validate({"budget_id": line.id, **told, **more}), at=line)
    return compared

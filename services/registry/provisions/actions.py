"""The verbs of provisions: load, decide, change, publish; and what each division is short of."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.permissions import covers, in_charge
from services.registry.provisions import rules
from services.registry.provisions.rules import ProvisionKind, ProvisionState
from services.registry.provisions.schemas import (
    ProvisionPatch,
    ProvisionQuery,
    ProvisionRequest,
)
from services.registry.provisions.tables import Provision
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, visible
from shared.clock import now, today
from shared.events.registry.provisions import (
    ProvisionApproved,
    ProvisionCancelled,
    ProvisionChanged,
    ProvisionDelivered,
    ProvisionFact,
    ProvisionPlanned,
    ProvisionRetired,
    ProvisionUsed,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown, level_of
from shared.law.tables import scope_of
from shared.web.paging import paginate

_SORTS = {"id": Provision.id, "year": Provision.year, "updated_at": Provision.updated_at}


class OfKind(NamedTuple):
    """How a division is provided with one kind."""

    kind: ProvisionKind
    entries: dict[str, int]
    """By state."""
    undelivered: int
    outstanding_amount: Decimal
    provided_amount: Decimal

    @property
    def missing(self) -> bool:
        return not self.entries.get(ProvisionState.IN_USE)

    @property
    def gap(self) -> bool:
        waiting = (*rules.OUTSTANDING, ProvisionState.DELIVERED)
        return self.missing or bool(self.undelivered) or any(map(self.entries.get, waiting))


async def page(
    session: AsyncSession, actor: Actor, query: ProvisionQuery
) -> tuple[list[Provision], str | None, int | None]:
    """The caller's entries that match, one page of them."""
    statement = select(Provision).where(visible(Provision, actor))
    if query.division:
        statement = statement.where(in_division(Provision, query.division))
    if query.organisation:
        statement = statement.where(Provision.organisation == query.organisation)
    if query.kind:
        statement = statement.where(Provision.kind == query.kind)
    if query.year:
        statement = statement.where(Provision.year == query.year)
    if query.state:
        statement = statement.where(Provision.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Provision.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def summary(
    session: AsyncSession, actor: Actor, division: str, year: int
) -> dict[str, list[OfKind]]:
    """The five kinds in each division, of this one and those in it, that has an entry.

    What was planned for an earlier year and is not over counts too. The division itself is there
    without an entry if the caller answers for it: to have nothing is the largest gap.
    """
    undelivered = func.sum(Provision.quantity - Provision.delivered_quantity)
    rows = await session.execute(
        select(
            Provision.division,
            Provision.kind,
            Provision.state,
            func.count(),
            func.coalesce(undelivered, 0),
            func.sum(Provision.amount),
        )
        .where(
            visible(Provision, actor),
            in_division(Provision, division),
            Provision.year <= year,
            Provision.state.not_in(rules.LIFECYCLE.terminal),
        )
        .group_by(Provision.division, Provision.kind, Provision.state)
    )
    found: dict[str, dict[tuple[str, str], tuple[int, int, Decimal]]] = defaultdict(dict)
    for code, kind, state, counted, pieces, amount in rows:
        found[code][kind, state] = (counted, pieces, amount)
    scope = await scope_of(session, division)
    if sees_scope(actor, scope.district, scope.township):
        found[division]  # there, if only with nothing
    return {code: [_of_kind(kind, found[code]) for kind in ProvisionKind] for code in sorted(found)}


def _of_kind(
    kind: ProvisionKind, figures: dict[tuple[str, str], tuple[int, int, Decimal]]
) -> OfKind:
    none = (0, 0, Decimal(0))
    by_state = {state: figures.get((kind, state), none) for state in ProvisionState}
    arrived = (ProvisionState.DELIVERED, ProvisionState.IN_USE)
    return OfKind(
        kind,
        {state: counted for state, (counted, _, _) in by_state.items()},
        sum(by_state[state][1] for state in arrived),
        sum((by_state[state][2] for state in rules.OUTSTANDING), Decimal(0)),
        sum((by_state[state][2] for state in arrived), Decimal(0)),
    )


async def plan(session: AsyncSession, actor: Actor, request: ProvisionRequest) -> Provision:
    """Enter something into the ledger: a body for itself, a legal office in its division."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    body = request.organisation or ""
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=body):
        # A division that is not the caller's looks like none; another body there does not.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise NotInCharge
    moment = now(session)
    provision = Provision(
        **request.model_dump(),
        level=level_of(request.division),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        planned_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(provision)
    return await _done(session, provision, ProvisionPlanned)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: ProvisionPatch) -> Provision:
    """Change what is planned; a change that changes nothing leaves no trace."""
    provision = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(provision, name) == value for name, value in told.items()):
        return provision
    for name, value in told.items():
        setattr(provision, name, value)
    provision.planned_by = actor.sub
    return await _done(session, provision, ProvisionChanged)


async def approve(session: AsyncSession, actor: Actor, id: UUID, document_no: str) -> Provision:
    """It is to come."""
    provision = await _take(session, actor, id, "approve")
    rules.may_approve(approver=actor.sub, planned_by=provision.planned_by)
    provision.document_no = document_no
    return await _done(session, provision, ProvisionApproved, action="approve")


async def deliver(session: AsyncSession, actor: Actor, id: UUID, quantity: int | None) -> Provision:
    """It arrived, all or some of it."""
    provision = await _take(session, actor, id, "deliver")
    delivered = quantity or provision.quantity
    rules.may_deliver(delivered=delivered, approved=provision.quantity)
    provision.delivered_quantity, provision.delivered_on = delivered, today(session)
    return await _done(session, provision, ProvisionDelivered, action="deliver")


async def use(session: AsyncSession, actor: Actor, id: UUID) -> Provision:
    """It serves from now on."""
    provision = await _take(session, actor, id, "use")
    return await _done(session, provision, ProvisionUsed, action="use")


async def retire(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Provision:
    """It serves no more."""
    provision = await _take(session, actor, id, "retire")
    provision.reason = reason
    return await _done(session, provision, ProvisionRetired, action="retire")


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Provision:
    """It will not come."""
    provision = await _take(session, actor, id, "cancel")
    provision.reason = reason
    return await _done(session, provision, ProvisionCancelled, action="cancel")


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Provision:
    """The locked entry, if the caller is in charge and its state allows `action`."""
    provision = await load(session, Provision, id, actor, lock=True)
    if not in_charge(
        actor,
        district=provision.district,
        township=provision.township,
        organisation=provision.organisation or "",
    ):
        raise NotInCharge
    rules.LIFECYCLE.may(action, provision.state)
    return provision


async def _done(
    session: AsyncSession,
    provision: Provision,
    event: type[ProvisionFact],
    *,
    action: str | None = None,
) -> Provision:
    """Write the row in its new state and version, and the fact."""
    if action is not None:
        provision.state = rules.LIFECYCLE.next(action, provision.state)
    provision.updated_at = now(session)
    await session.flush()
    names = (
        "kind",
        "division",
        "level",
        "organisation",
        "year",
        "name",
        "quantity",
        "delivered_quantity",
        "unit",
        "state",
    )
    told: dict[str, Any] = {name: getattr(provision, name) for name in names}
    told |= {"provision_id": provision.id, "amount": f"{provision.amount:.2f}"}
    publish(session, event.model_validate(told), at=provision)
    return provision

"""The verbs of the sharing catalogue, and whether bodies do what it says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches.tables import ActBatch
from services.oversight.act_reconciliations.rules import ReconciliationState
from services.oversight.act_reconciliations.tables import ActReconciliation
from services.oversight.act_sources.tables import ActSource
from services.oversight.permissions import NotInCharge, oversees
from services.oversight.sharing_entries import rules
from services.oversight.sharing_entries.rules import LIFECYCLE
from services.oversight.sharing_entries.schemas import (
    SharingEndRequest,
    SharingQuery,
    SharingRequest,
)
from services.oversight.sharing_entries.tables import SharingEntry
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.acts import SharingEnded, SharingEntered, SharingFact
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.web.paging import paginate

Done = tuple[datetime | None, int, int, int]
"""When it supplied last, records taken and refused in thirty days, days that differ."""

_WHY = "whether a body supplies is part of its entry, whoever may see the batches themselves"


def in_charge(actor: Actor, row: SharingEntry) -> bool:
    """The catalogue is kept by the legal office of the division, or of one above it."""
    return oversees(actor, row.division, row.scope)


async def enter(session: AsyncSession, actor: Actor, request: SharingRequest) -> SharingEntry:
    """Enter what a body supplies or receives."""
    rules.may_enter(direction=request.direction, has_source=request.source_id is not None)
    scope = await scope_of(session, request.division)
    if not oversees(actor, request.division, scope):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    if request.source_id is not None:
        await load(session, ActSource, request.source_id, actor)
    row = SharingEntry(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        parties=[],
        state=LIFECYCLE.initial,
        reason=None,
        entered_at=now(session),
        entered_by=actor.sub,
        ended_at=None,
    )
    session.add(row)
    await session.flush()
    _publish(session, row, SharingEntered)
    return row


async def end(
    session: AsyncSession, actor: Actor, id: UUID, request: SharingEndRequest
) -> SharingEntry:
    """It is shared no more; the entry stays."""
    row = await load(session, SharingEntry, id, actor, lock=True)
    if not in_charge(actor, row):
        raise NotInCharge
    row.state = LIFECYCLE.next("end", row.state)
    row.reason, row.ended_at = request.reason, now(session)
    await session.flush()
    _publish(session, row, SharingEnded)
    return row


async def page(
    session: AsyncSession, actor: Actor, query: SharingQuery
) -> tuple[list[SharingEntry], str | None, int | None]:
    """The entries that the caller may see, one page of them."""
    statement = select(SharingEntry).where(visible(SharingEntry, actor))
    for name in ("direction", "state", "organisation"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(SharingEntry, name) == value)
    if query.division is not None:
        place = in_division(SharingEntry, query.division, direct=query.direct)
        statement = statement.where(place)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": SharingEntry.id},
        id=SharingEntry.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def done_by(session: AsyncSession, rows: Sequence[SharingEntry]) -> dict[UUID, Done]:
    """What the sources of entries did, by source: two queries, however many entries."""
    sources = {row.source_id for row in rows if row.source_id is not None}
    if not sources:
        return {}
    took = ActBatch.accepted + ActBatch.updated + ActBatch.unchanged
    lately = ActBatch.received_at > now(session) - timedelta(days=30)
    batches = await session.execute(
        select(
            ActBatch.source_id,
            func.max(case((took > 0, ActBatch.received_at))),
            func.coalesce(func.sum(case((lately, took), else_=0)), 0),
            func.coalesce(func.sum(case((lately, ActBatch.refused), else_=0)), 0),
        )
        .where(
            ActBatch.source_id.in_(sources),
            ActBatch.dry_run.is_(False),
            unscoped(ActBatch, reason=_WHY),
        )
        .group_by(ActBatch.source_id)
    )
    differing = await session.execute(
        select(ActReconciliation.source_id, func.count())
        .where(
            ActReconciliation.source_id.in_(sources),
            ActReconciliation.state == ReconciliationState.DIFFERING,
            unscoped(ActReconciliation, reason=_WHY),
        )
        .group_by(ActReconciliation.source_id)
    )
    days: dict[UUID, int] = {row[0]: row[1] for row in differing}
    sums = {row[0]: (row[1], int(row[2]), int(row[3])) for row in batches}
    return {id: (*sums.get(id, (None, 0, 0)), days.get(id, 0)) for id in sources}


def _publish(session: AsyncSession, row: SharingEntry, kind: type[SharingFact]) -> None:
    fact = kind(
        entry_id=row.id,
        organisation=row.organisation,
        organisation_name=row.organisation_name,
        division=row.division,
        direction=row.direction,
        data=row.data,
        basis=row.basis,
        every_days=row.every_days,
        source_id=row.source_id,
        state=row.state,
    )
    publish(session, fact, at=row)

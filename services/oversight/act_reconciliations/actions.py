"""The verbs of reconciliations."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_reconciliations import rules
from services.oversight.act_reconciliations.rules import LIFECYCLE, ReconciliationState
from services.oversight.act_reconciliations.schemas import (
    ExplanationRequest,
    ReconciliationRequest,
    ReconciliationsQuery,
)
from services.oversight.act_reconciliations.tables import ActReconciliation
from services.oversight.act_sources import actions as sources
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts.tables import Act
from services.oversight.coverage_counts import actions as coverage
from services.oversight.permissions import NotInCharge
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.acts import (
    ActReconciliationAgreed,
    ActReconciliationDiffered,
    ActReconciliationExplained,
    ActReconciliationFact,
    ActReconciliationOverdue,
)
from shared.facts import publish
from shared.law.calendar import due, end_of
from shared.law.tables import calendar_of, rule
from shared.web.paging import paginate

ANSWER, ANSWER_RULE = "act_reconciliation.answer", "act.reconciliation_answer"
"""The timer and the rule of the term in which a source answers for what differs."""


async def reconcile(
    session: AsyncSession, actor: Actor, request: ReconciliationRequest
) -> ActReconciliation:
    """Hold what a source has of a day against what is here; again, it is the same row."""
    ids = request.external_ids
    if ids is not None and len(set(ids)) != request.count:
        raise rules.CountContradictsIds(count=request.count, ids=len(set(ids)))
    if request.day >= today(session):
        raise rules.DayNotOver(day=request.day.isoformat())
    # Two at once wait for each other: there is one row a day.
    source = await sources.source_to_send(session, request.source, actor, lock=True)
    row = await session.scalar(
        select(ActReconciliation).where(
            ActReconciliation.source_id == source.id,
            ActReconciliation.day == request.day,
            unscoped(ActReconciliation, reason="the source's own day; the caller may send for it"),
        )
    )
    if row is None:
        row = _new(source, request)
        session.add(row)
    row.told, row.told_digest, row.told_ids = request.count, request.digest, ids
    row.sent_by, row.reconciled_at = actor.sub, now(session)
    agreed = await _compare(session, row)
    row.explanation = row.overdue_at = None
    if agreed:
        await _agree(session, row)
        return row
    row.state = LIFECYCLE.next("differ", row.state)
    term = (await rule(session, ANSWER_RULE)).deadline()
    row.due_at = due(now(session), term, await calendar_of(session)).at
    await session.flush()
    await timers.schedule(session, ANSWER, row.id, row.due_at)
    await _publish(session, row, ActReconciliationDiffered)
    return row


async def explain(
    session: AsyncSession, actor: Actor, id: UUID, request: ExplanationRequest
) -> ActReconciliation:
    """The source says why the two sides differ, and stay so."""
    row = await load(session, ActReconciliation, id, actor, lock=True)
    if not await may_answer(session, actor, row):
        raise NotInCharge
    row.state = LIFECYCLE.next("explain", row.state)
    row.explanation, row.due_at = request.explanation, None
    await timers.cancel(session, ANSWER, row.id)
    await session.flush()
    await _publish(session, row, ActReconciliationExplained)
    return row


async def look_again(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what was missing may have come; if not, the source owes an answer."""
    row = await session.get(ActReconciliation, ref, with_for_update=True)
    if row is None or row.state != ReconciliationState.DIFFERING:
        return
    if await _compare(session, row):
        await _agree(session, row)
        return
    row.state = LIFECYCLE.next("mark_overdue", row.state)
    row.overdue_at = now(session)
    await session.flush()
    await _publish(session, row, ActReconciliationOverdue)


async def page(
    session: AsyncSession, actor: Actor, query: ReconciliationsQuery
) -> tuple[list[ActReconciliation], str | None, int | None]:
    """The reconciliations that the caller may see, one page of them."""
    table = ActReconciliation
    statement = select(table).where(visible(table, actor))
    if query.source is not None:
        statement = statement.where(table.source_code == query.source)
    if query.state is not None:
        statement = statement.where(table.state == query.state)
    if query.day_from is not None:
        statement = statement.where(table.day >= query.day_from)
    if query.day_to is not None:
        statement = statement.where(table.day <= query.day_to)
    if query.overdue is not None:
        late = table.overdue_at.is_not(None) & (table.state == ReconciliationState.DIFFERING)
        statement = statement.where(late if query.overdue else ~late)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"day": table.day}, id=table.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def may_answer(session: AsyncSession, actor: Actor, row: ActReconciliation) -> bool:
    """Whether the caller speaks for the source."""
    source = await session.scalar(
        select(ActSource).where(
            ActSource.id == row.source_id,
            unscoped(ActSource, reason="whether the caller may send for it is asked here"),
        )
    )
    return source is not None and sources.may_send(actor, source)


async def _compare(session: AsyncSession, row: ActReconciliation) -> bool:
    ours = set(
        await session.scalars(
            select(Act.external_id).where(
                Act.source_id == row.source_id,
                Act.began_at >= end_of(row.day - timedelta(days=1)),
                Act.began_at < end_of(row.day),
                Act.withdrawn.is_(False),
                unscoped(Act, reason="the source's own acts, by its own numbers"),
            )
        )
    )
    row.here = len(ours)
    ids = None if row.told_ids is None else set(row.told_ids)
    row.missing = sorted((ids or set()) - ours)
    row.surplus = sorted(ours - ids) if ids is not None else []
    return rules.agrees(ours=ours, count=row.told, digest=row.told_digest, ids=ids)


async def _agree(session: AsyncSession, row: ActReconciliation) -> None:
    row.state = LIFECYCLE.next("agree", row.state)
    row.due_at = None
    await session.flush()
    await timers.cancel(session, ANSWER, row.id)
    await _publish(session, row, ActReconciliationAgreed)


def _new(source: ActSource, request: ReconciliationRequest) -> ActReconciliation:
    return ActReconciliation(
        source_id=source.id,
        source_code=source.code,
        organisation=source.organisation,
        district=source.district,
        township=source.township,
        parties=[],
        day=request.day,
        state=LIFECYCLE.initial,
        here=0,
        missing=[],
        surplus=[],
        due_at=None,
        overdue_at=None,
        explanation=None,
    )


async def _publish(
    session: AsyncSession, row: ActReconciliation, kind: type[ActReconciliationFact]
) -> None:
    fact = kind(
        reconciliation_id=row.id,
        source_id=row.source_id,
        source_code=row.source_code,
        organisation=row.organisation,
        day=row.day,
        state=row.state,
        told=row.told,
        here=row.here,
        missing=len(row.missing),
        surplus=len(row.surplus),
        due_at=row.due_at,
        level="city" if row.district is None else "district",
    )
    publish(session, fact, at=row)
    await coverage.note(session, [row.organisation], acts=True)

"""Facts of disputes become the times during which no party acts alone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_reviews.actions import review_of_parties
from services.oversight.dispute_views.tables import DisputeSpan, SafetyAction
from shared.events.escalation import disputes
from shared.facts.inbox import Fact


async def on_dispute(session: AsyncSession, event: disputes.DisputeFact, fact: Fact) -> None:
    """A span ends when the dispute does or another leads; the acts of the parties are judged
    again, for some may have come in before."""
    last = await session.scalar(
        select(DisputeSpan)
        .where(DisputeSpan.dispute_id == event.dispute_id)
        .order_by(DisputeSpan.since.desc())
        .limit(1)
    )
    if last is not None and last.fact_index >= fact.stream_index:
        return
    running = last if last is not None and last.until is None else None
    if running is not None:
        running.fact_index = fact.stream_index
        if event.pending and running.lead == event.lead:
            return
        running.until = fact.time
    if event.pending:
        session.add(
            DisputeSpan(
                dispute_id=event.dispute_id,
                since=event.opened_at if last is None else fact.time,
                until=None,
                organisations=event.organisations,
                item_codes=event.item_codes,
                domains=event.domains,
                division=event.division,
                lead=event.lead,
                number=event.number,
                fact_index=fact.stream_index,
            )
        )
    elif running is None:
        return
    await session.flush()
    await review_of_parties(session, event.organisations, since=event.opened_at)


async def on_safety_action(
    session: AsyncSession, event: disputes.DisputeSafetyActionReported, fact: Fact
) -> None:
    """A party may act alone for the safety of the public or of a person, and says so."""
    if event.act_number is not None:
        told = insert(SafetyAction).values(dispute_id=event.dispute_id, act_number=event.act_number)
        await session.execute(told.on_conflict_do_nothing())
        await review_of_parties(session, [event.by], since=event.opened_at)
    await on_dispute(session, event, fact)


REACTIONS: Sequence[tuple[Any, Any]] = [
    *(
        (kind, on_dispute)
        for kind in (
            disputes.DisputeOpened,
            disputes.DisputeSettled,
            disputes.DisputeRefused,
            disputes.DisputeInterimOrdered,
            disputes.DisputeInterimLifted,
            disputes.DisputeDecided,
            disputes.DisputeObjected,
            disputes.DisputeSubmitted,
            disputes.DisputeClosed,
            disputes.DisputeWithdrawn,
        )
    ),
    (disputes.DisputeSafetyActionReported, on_safety_action),
]

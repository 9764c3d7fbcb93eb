"""Keeping and reading what became of records: one row a chunk, and one fact."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches.tables import ActBatch
from services.oversight.act_results.schemas import ResultsQuery
from services.oversight.act_results.tables import ActBatchChunk
from services.oversight.acts.actions import Taken
from services.oversight.acts.rules import RecordOutcome
from services.oversight.adapters.act_records import Refusal, refusal
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import legal_day, now
from shared.events.oversight.acts import ActsIngested, IngestedAct
from shared.facts import publish
from shared.law.calendar import end_of, months_from
from shared.law.tables import rule
from shared.timers import schedule
from shared.web.paging import paginate

KEPT = "act.result_retention"
"""The rule that says for how many months the results of a batch are kept; none: for good."""
PURGE = "act_result.purge"
"""The timer of a batch that is done."""


async def record(
    session: AsyncSession,
    batch: ActBatch,
    number: int,
    taken: list[Taken],
    refused: list[Refusal],
) -> None:
    """Keep what became of each record of a chunk, and leave its one fact."""
    refused = [
        *refused,
        *(
            refusal(one.told.line, one.told.external_id, one.refused, None)
            for one in taken
            if one.refused is not None
        ),
    ]
    results: list[list[Any]] = [
        [one.told.line, one.told.external_id, one.outcome, _id(one, batch), []]
        for one in taken
        if one.refused is None
    ]
    results += [
        [one.line, one.external_id, RecordOutcome.REFUSED, None, one.problems] for one in refused
    ]
    results.sort(key=lambda result: result[0])
    counts = dict.fromkeys(RecordOutcome, 0)
    for result in results:
        counts[RecordOutcome(result[2])] += 1
    last = results[-1][0] if results else 0
    await session.execute(
        insert(ActBatchChunk).values(
            batch_id=batch.id, number=number, last_line=last, results=results
        )
    )
    batch.accepted += counts[RecordOutcome.ACCEPTED]
    batch.updated += counts[RecordOutcome.UPDATED]
    batch.unchanged += counts[RecordOutcome.UNCHANGED]
    batch.refused += counts[RecordOutcome.REFUSED]
    if batch.dry_run or not results:
        return
    ingested = [
        IngestedAct(act_id=one.act_id, state=one.state, outcome=one.outcome)
        for one in taken
        if one.act_id is not None and one.outcome in (RecordOutcome.ACCEPTED, RecordOutcome.UPDATED)
    ]
    body = ",".join(f"{act.act_id} {act.state} {act.outcome}" for act in ingested)
    fact = ActsIngested(
        batch_id=batch.id,
        source_id=batch.source_id,
        source_code=batch.source_code,
        organisation=batch.organisation,
        chunk=number,
        chunks=batch.chunks,
        records=ingested,
        **{outcome.value: count for outcome, count in counts.items()},
        digest=hashlib.sha256(body.encode()).hexdigest(),
    )
    publish(session, fact, at=batch, backfill=batch.backfill, actor=batch.sent_by)


async def keep_for_a_time(session: AsyncSession, batch: ActBatch) -> None:
    """A batch has ended: have its results deleted when they need not be kept any more."""
    if (until := await _kept_until(session, batch)) is not None:
        await schedule(session, PURGE, batch.id, until)


async def purge(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer: what became of each record is deleted; the batch and its numbers stay.

    If the rule in force keeps them longer by now they are looked at again then.
    """
    batch = await session.get(ActBatch, id)
    until = None if batch is None else await _kept_until(session, batch)
    if until is None:
        return
    if until > now(session):
        await schedule(session, PURGE, id, until)
        return
    await session.execute(delete(ActBatchChunk).where(ActBatchChunk.batch_id == id))


async def _kept_until(session: AsyncSession, batch: ActBatch) -> datetime | None:
    months = (await rule(session, KEPT)).value.get("months")
    if months is None or batch.ended_at is None:
        return None
    return end_of(months_from(legal_day(batch.ended_at), months))


def _id(one: Taken, batch: ActBatch) -> str | None:
    """The act of a record; one that a dry run would make is not there."""
    if batch.dry_run and one.outcome is RecordOutcome.ACCEPTED:
        return None
    return str(one.act_id)


async def results(
    session: AsyncSession, actor: Actor, id: UUID, query: ResultsQuery
) -> tuple[list[Any], str | None, int | None]:
    """What became of the records of a visible batch, one page of it, by line."""
    batch = await load(session, ActBatch, id, actor)
    each = func.jsonb_array_elements(ActBatchChunk.results).table_valued("value").render_derived()
    value = each.c.value.cast(JSONB)
    line = value[0].as_integer()
    statement = select(line.label("line"), value.label("told")).where(
        ActBatchChunk.batch_id == batch.id
    )
    if query.outcome is not None:
        statement = statement.where(value[2].as_string() == query.outcome)
    told = statement.select_from(ActBatchChunk).join(each, text("true")).subquery()
    number = told.c.line.cast(Integer)
    rows, cursor, count = await paginate(
        session,
        select(number.label("id"), number.label("line"), told.c.told),
        sort="line",
        columns={"line": number},
        id=number,
        paging=query,
    )
    return [row.told for row in rows], cursor, count

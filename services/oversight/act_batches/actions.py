"""The verbs of batches: keep what a source sends, then work it off chunk by chunk.

What was sent is in the database, sealed, before the sender is answered. A timer works it off: each
firing is one transaction over some chunks (their acts, results and facts) that schedules the next.
Killed, it begins again behind the last commit, so nothing is lost and nothing counted twice.
"""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches import rules
from services.oversight.act_batches.rules import LIFECYCLE, BatchState
from services.oversight.act_batches.schemas import BatchesQuery, BatchQuery, ResultsQuery
from services.oversight.act_batches.tables import ActBatch, ActBatchChunk, ActBatchContent
from services.oversight.act_sources import actions as sources
from services.oversight.act_sources.rules import Channel, is_active
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts import actions as acts
from services.oversight.acts.actions import Taken
from services.oversight.acts.rules import RecordOutcome
from services.oversight.adapters.act_records import Reading, Refusal, prepare, refusal
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.beside import Beside
from shared.clock import now
from shared.db import Database
from shared.events.oversight.acts import (
    ActBatchAbandoned,
    ActBatchFact,
    ActBatchFinished,
    ActBatchReceived,
    ActsIngested,
    IngestedAct,
)
from shared.facts import publish
from shared.sealing import Seal
from shared.timers import schedule
from shared.web.concurrency import IdempotencyKeyReused
from shared.web.paging import paginate

STEP, SWEEP = "act_batch.step", "act_batch.sweep"
"""The timers of a batch: take it further; give up what was never sent whole."""
STEP_S = 1.0
"""A firing takes chunks until so long has passed; then it commits."""
PATIENCE = timedelta(hours=1)
"""How long a batch may take to arrive."""
SEALED_AS = "act_batch_content.content"

WORKERS = (Beside(), Beside())
"""Where records are read: a process for each chunk that is ahead."""


class Received(NamedTuple):
    batch: ActBatch
    again: bool
    """It had been sent before: this is the batch of then."""


async def receive(
    database: Database,
    actor: Actor,
    query: BatchQuery,
    *,
    channel: Channel,
    key: str | None,
    pieces: AsyncIterator[bytes],
) -> Received:
    """Keep what is sent, piece by piece, in transactions of their own: memory stays flat and a
    slow sender holds no lock. Answered when all of it is durable."""
    async with database.sessions() as session:
        source = await sources.source_to_send(session, query.source, actor)
        is_active(source.state)
        batch = _batch(session, source, actor.sub, query, channel=channel, key=key)
        session.add(batch)
        await session.flush()
        await schedule(session, SWEEP, batch.id, now(session) + PATIENCE)
        await session.commit()
    digest = hashlib.sha256(f"{query.dry_run} {query.backfill}\n".encode())
    number = records = 0
    async with aclosing(_chunks(pieces, digest)) as chunks:
        async for lines in chunks:
            async with database.sessions() as session:
                number += 1
                await _keep(session, batch.id, number, records + 1, b"\n".join(lines))
                await session.commit()
            records += len(lines)
    async with database.sessions() as session:
        if not records:
            await _forget(session, batch.id)
            await session.execute(delete(ActBatch).where(ActBatch.id == batch.id))
            await session.commit()
            raise rules.BatchEmpty
        try:
            received = await _queue(session, batch.id, key, digest.hexdigest(), records, number)
            await session.commit()
        except IntegrityError as error:
            if "idempotency_key" not in str(error.orig):
                raise
        else:
            return received
    # Sent twice at once with one key: the other one was first.
    async with database.sessions() as session:
        received = await _queue(session, batch.id, key, digest.hexdigest(), records, number)
        await session.commit()
        return received


def _batch(
    session: AsyncSession,
    source: ActSource,
    sent_by: str,
    query: BatchQuery,
    *,
    channel: Channel,
    key: str | None,
) -> ActBatch:
    return ActBatch(
        source_id=source.id,
        source_code=source.code,
        organisation=source.organisation,
        district=source.district,
        township=source.township,
        parties=[],
        channel=channel,
        state=LIFECYCLE.initial,
        dry_run=query.dry_run,
        backfill=query.backfill,
        idempotency_key=None,  # with the digest, when all of it is here
        digest=None,
        edition=source.edition,
        records=0,
        chunks=0,
        worked=0,
        accepted=0,
        updated=0,
        unchanged=0,
        refused=0,
        problem=None,
        sent_by=sent_by,
        received_at=now(session),
        ended_at=None,
    )


async def _chunks(pieces: AsyncIterator[bytes], digest: Any) -> AsyncGenerator[list[bytes], None]:
    """Lines in chunks as they come; a line that never ends is refused before it fills memory."""
    lines: list[bytes] = []
    begun = b""
    async for piece in pieces:
        digest.update(piece)
        *whole, begun = (begun + piece).split(b"\n")
        lines += whole
        if len(begun) > 2 * rules.MOST_LINE:
            raise rules.RecordTooLong(most=rules.MOST_LINE)
        while len(lines) >= rules.MOST_RECORDS:
            yield lines[: rules.MOST_RECORDS]
            del lines[: rules.MOST_RECORDS]
    if begun.strip():
        lines.append(begun)
    if any(line.strip() for line in lines):
        yield lines


async def _queue(
    session: AsyncSession, id: UUID, key: str | None, digest: str, records: int, chunks: int
) -> Received:
    """All of it is here: have it worked, unless the same was sent before."""
    own = unscoped(ActBatch, reason="the batch that the caller is sending")
    batch = (await session.scalars(select(ActBatch).where(ActBatch.id == id, own))).one()
    before = await _sent_before(session, batch, key, digest)
    if before is not None:
        await _forget(session, id)
        await session.delete(batch)
        if before.digest != digest:
            await session.commit()
            raise IdempotencyKeyReused
        return Received(before, again=True)
    batch.idempotency_key, batch.digest = key, digest
    batch.records, batch.chunks = records, chunks
    batch.state = LIFECYCLE.next("keep", batch.state)
    await schedule(session, STEP, id, now(session))
    await _changed(session, batch, ActBatchReceived)
    return Received(batch, again=False)


async def _sent_before(
    session: AsyncSession, batch: ActBatch, key: str | None, digest: str
) -> ActBatch | None:
    """The batch with this key; without a key one that says the same and of which nothing was
    refused: what was refused may be sent again after a mapping was mended."""
    mine = select(ActBatch).where(
        ActBatch.source_id == batch.source_id,
        ActBatch.id != batch.id,
        unscoped(ActBatch, reason="a source's own batches; the caller may send for it"),
    )
    if key is not None:
        return await session.scalar(mine.where(ActBatch.idempotency_key == key))
    same = mine.where(
        ActBatch.digest == digest,
        ActBatch.refused == 0,
        ActBatch.state.in_((BatchState.QUEUED, BatchState.WORKING, BatchState.DONE)),
    )
    return await session.scalar(same.order_by(ActBatch.id.desc()).limit(1))


# ---------------------------------------------------------------- working it off


async def step(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer: take the batch some chunks further."""
    batch = await session.get(ActBatch, id)
    if batch is None or batch.state in rules.ENDED:
        await _forget(session, id)
        return
    # While records are read, in another process, nothing happens here.
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    # One writer of a source's acts at a time.
    source = await session.get_one(ActSource, batch.source_id, with_for_update={"key_share": True})
    if batch.state == BatchState.QUEUED:
        batch.state = LIFECYCLE.next("begin", batch.state)
        batch.edition = source.edition
    codes = await sources.mapping_of(session, source.id, batch.edition)
    reading = Reading(codes, now(session))
    async with aclosing(_prepared(session, batch, reading)) as chunks:
        async for number, told, refused in chunks:
            taken = await acts.take(
                session,
                source,
                told,
                batch_id=batch.id,
                backfill=batch.backfill,
                dry_run=batch.dry_run,
            )
            await _record(session, batch, number, taken, refused)
            batch.worked += 1
    if batch.worked < batch.chunks:
        await session.flush()
        await schedule(session, STEP, id, now(session))
        return
    batch.state = LIFECYCLE.next("finish", batch.state)
    batch.ended_at = now(session)
    await _changed(session, batch, ActBatchFinished)


async def _prepared(
    session: AsyncSession, batch: ActBatch, reading: Reading
) -> AsyncGenerator[tuple[int, list[Any], list[Refusal]], None]:
    """The chunks that are left, those behind being read while one is taken; after `STEP_S` no
    more are begun."""
    until = time.monotonic() + STEP_S
    seal: Seal = session.info["seal"]
    begun: deque[tuple[int, asyncio.Task[tuple[list[Any], list[Refusal]]]]] = deque()
    numbers = iter(range(batch.worked + 1, batch.chunks + 1))

    async def begin() -> None:
        while len(begun) < len(WORKERS) and (not started or time.monotonic() < until):
            if (number := next(numbers, None)) is None:
                return
            row = await session.scalar(
                select(ActBatchContent).where(
                    ActBatchContent.batch_id == batch.id, ActBatchContent.number == number
                )
            )
            assert row is not None
            content = seal.open_bytes(row.content, SEALED_AS)
            session.expunge(row)
            worker = WORKERS[number % len(WORKERS)]
            reads = worker.call(prepare, content, row.first_line, reading, seal)
            begun.append((number, asyncio.create_task(reads)))

    started = False
    await begin()
    started = True
    try:
        while begun:
            number, task = begun.popleft()
            told, refused = await task
            await begin()
            yield number, told, refused
    finally:
        for _, task in begun:
            task.cancel()


async def _record(
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
    await session.execute(
        delete(ActBatchContent).where(
            ActBatchContent.batch_id == batch.id, ActBatchContent.number == number
        )
    )
    batch.accepted += counts[RecordOutcome.ACCEPTED]
    batch.updated += counts[RecordOutcome.UPDATED]
    batch.unchanged += counts[RecordOutcome.UNCHANGED]
    batch.refused += counts[RecordOutcome.REFUSED]
    # More records than there were lines that could be read: empty lines are none.
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


def _id(one: Taken, batch: ActBatch) -> str | None:
    """The act of a record; one that a dry run would make is not there."""
    if batch.dry_run and one.outcome is RecordOutcome.ACCEPTED:
        return None
    return str(one.act_id)


async def sweep(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer: its sender left in the middle; nothing of it was taken over."""
    batch = await session.get(ActBatch, id, with_for_update=True)
    if batch is None or batch.state != BatchState.RECEIVING:
        return
    await _forget(session, id)
    batch.state = LIFECYCLE.next("abandon", batch.state)
    batch.ended_at = now(session)
    await _changed(session, batch, ActBatchAbandoned)


# ---------------------------------------------------------------- reading


async def page(
    session: AsyncSession, actor: Actor, query: BatchesQuery
) -> tuple[list[ActBatch], str | None, int | None]:
    """The batches that the caller may see, one page of them."""
    statement = select(ActBatch).where(visible(ActBatch, actor))
    if query.source is not None:
        statement = statement.where(ActBatch.source_code == query.source)
    if query.state is not None:
        statement = statement.where(ActBatch.state == query.state)
    if query.refused is not None:
        statement = statement.where(
            ActBatch.refused > 0 if query.refused else ActBatch.refused == 0
        )
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": ActBatch.id},
        id=ActBatch.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


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


# ---------------------------------------------------------------- what is kept


async def _keep(
    session: AsyncSession, id: UUID, number: int, first_line: int, content: bytes
) -> None:
    seal: Seal = session.info["seal"]
    await session.execute(
        insert(ActBatchContent).values(
            batch_id=id,
            number=number,
            first_line=first_line,
            content=seal.seal_bytes(content, SEALED_AS),
        )
    )


async def _forget(session: AsyncSession, id: UUID) -> None:
    await session.execute(delete(ActBatchContent).where(ActBatchContent.batch_id == id))


async def _changed(session: AsyncSession, batch: ActBatch, fact: type[ActBatchFact]) -> None:
    await session.flush()
    told = {name: getattr(batch, name) for name in ActBatchFact.model_fields if name != "batch_id"}
    publish(
        session,
        fact(batch_id=batch.id, **told),
        at=batch,
        backfill=batch.backfill,
        actor=batch.sent_by,
    )

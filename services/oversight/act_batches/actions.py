"""The verbs of batches: keep what a source sends, then work it off chunk by chunk.

What was sent is in the database, sealed, before the sender is answered. A timer works it off: each
firing is one transaction over some chunks (their acts, results and facts) that schedules the next.
Killed, it begins again behind the last commit, so nothing is lost and nothing counted twice.
"""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches import rules
from services.oversight.act_batches.rules import LIFECYCLE, BatchState
from services.oversight.act_batches.schemas import BatchesQuery, BatchQuery
from services.oversight.act_batches.tables import ActBatch, ActBatchContent
from services.oversight.act_results import actions as results
from services.oversight.act_sources import actions as sources
from services.oversight.act_sources.rules import Channel, SourceUnknown, is_active
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts import actions as acts
from services.oversight.acts.rules import Told
from services.oversight.adapters.act_files import records_of
from services.oversight.adapters.act_records import Reading, Refusal, prepare
from shared.access.actor import Actor
from shared.access.visibility import unscoped, visible
from shared.beside import Beside
from shared.clock import now
from shared.db import Database
from shared.events.oversight.acts import (
    ActBatchAbandoned,
    ActBatchFact,
    ActBatchFailed,
    ActBatchFinished,
    ActBatchReceived,
)
from shared.facts import publish
from shared.facts.intake import Sent
from shared.files.spreadsheet import FileEmpty, FileRefused
from shared.refusals import Refused
from shared.sealing import Seal
from shared.timers import schedule
from shared.web.concurrency import IdempotencyKeyReused
from shared.web.paging import paginate

STEP, SWEEP = "act_batch.step", "act_batch.sweep"
"""The timers of a batch: take it further; give up what was never sent whole."""
STEP_S = 1.0
"""A firing takes chunks until so long has passed; then it commits."""
TOGETHER = 4
"""Chunks whose records are taken in one go: what a statement costs is shared by more of them."""
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
    key: str | None,
    pieces: AsyncIterator[bytes],
) -> Received:
    """Keep what is sent, piece by piece, in transactions of their own: memory stays flat and a
    slow sender holds no lock. Answered when all of it is durable."""
    async with database.sessions() as session:
        source = await sources.source_to_send(session, query.source, actor)
        is_active(source.state)
        batch = _batch(session, source, actor.sub, query, channel=Channel.REST)
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
            _sent_at_once(error)
        else:
            return received
    async with database.sessions() as session:
        received = await _queue(session, batch.id, key, digest.hexdigest(), records, number)
        await session.commit()
        return received


async def receive_file(
    database: Database,
    actor: Actor,
    query: BatchQuery,
    *,
    key: str | None,
    file_type: str,
    content: bytes,
) -> Received:
    """Keep a file; its rows become records when its turn comes."""
    if not content:
        raise FileEmpty
    digest = hashlib.sha256(f"{query.dry_run} {query.backfill}\n".encode() + content).hexdigest()

    async def keep() -> Received:
        async with database.sessions() as session:
            source = await sources.source_to_send(session, query.source, actor)
            is_active(source.state)
            batch = _batch(session, source, actor.sub, query, channel=Channel.FILE)
            batch.file_type = file_type
            session.add(batch)
            await session.flush()
            await _keep(session, batch.id, 0, 0, content)
            received = await _queue(session, batch.id, key, digest, 0, 0)
            await session.commit()
            return received

    try:
        return await keep()
    except IntegrityError as error:
        _sent_at_once(error)
    return await keep()


def _sent_at_once(error: IntegrityError) -> None:
    """Sent twice at once with one key, the other one was first: what is sent is looked at again."""
    if "idempotency_key" not in str(error.orig):
        raise error


def _batch(
    session: AsyncSession,
    source: ActSource,
    sent_by: str,
    query: BatchQuery,
    *,
    channel: Channel,
) -> ActBatch:
    return ActBatch(
        source_id=source.id,
        source_code=source.code,
        organisation=source.organisation,
        district=source.district,
        township=source.township,
        parties=[],
        channel=channel,
        file_type=None,
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


async def take_messages(session: AsyncSession, messages: Sequence[Sent]) -> dict[int, Refused]:
    """What sources sent over NATS, one batch a source: a message is a record, or several as lines.

    Says which messages are refused. A crash before the acknowledgement brings the same messages
    again, then perhaps as other batches: their records change nothing.
    """
    refused: dict[int, Refused] = {}
    by_source: dict[str, list[bytes]] = {}
    found = await session.scalars(
        select(ActSource).where(ActSource.code.in_({message.sender for message in messages}))
    )
    known = {source.code: source for source in found}
    for place, message in enumerate(messages):
        source = known.get(message.sender)
        try:
            if source is None or message.what != "acts":
                raise SourceUnknown(source=message.sender)
            is_active(source.state)
        except Refused as error:
            refused[place] = error
            continue
        told = [line for line in message.body.split(b"\n") if line.strip()]
        by_source.setdefault(source.code, []).extend(told)
    for code, lines in by_source.items():
        if not lines:
            continue
        query = BatchQuery(source=code)
        batch = _batch(session, known[code], f"nats:{code}", query, channel=Channel.NATS)
        session.add(batch)
        await session.flush()
        digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
        starts = range(0, len(lines), rules.MOST_RECORDS)
        for number, start in enumerate(starts, start=1):
            content = b"\n".join(lines[start : start + rules.MOST_RECORDS])
            await _keep(session, batch.id, number, start + 1, content)
        await _queue(session, batch.id, None, digest, len(lines), len(starts))
    return refused


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
        if batch.file_type is not None and not await _read_file(session, batch):
            return
        batch.state = LIFECYCLE.next("begin", batch.state)
        batch.edition = source.edition
    codes = await sources.mapping_of(session, source.id, batch.edition)
    reading = Reading(codes, now(session))
    async with aclosing(_prepared(session, batch, reading)) as groups:
        async for group in groups:
            taken = await acts.take(
                session,
                source,
                [record for chunk in group for record in chunk.told],
                batch_id=batch.id,
                backfill=batch.backfill,
                dry_run=batch.dry_run,
            )
            told = iter(taken)
            for chunk in group:
                own = list(islice(told, len(chunk.told)))
                await results.record(session, batch, chunk.number, own, chunk.refused)
            last = group[-1].number
            await _forget(session, batch.id, last)
            batch.worked = last
    if batch.worked < batch.chunks:
        await session.flush()
        await schedule(session, STEP, id, now(session))
        return
    batch.state = LIFECYCLE.next("finish", batch.state)
    batch.ended_at = now(session)
    await results.keep_for_a_time(session, batch)
    await _changed(session, batch, ActBatchFinished)


async def _read_file(session: AsyncSession, batch: ActBatch) -> bool:
    """Put records in the place of the file, each on the line of its row; whether there are any."""
    assert batch.file_type is not None
    _, content = await _content(session, batch.id, 0)
    try:
        async with aclosing(records_of(content, batch.file_type, batch.received_at)) as chunks:
            async for first_row, lines, count in chunks:
                batch.chunks += 1
                batch.records += count
                await _keep(session, batch.id, batch.chunks, first_row, lines)
    except FileRefused as refused:
        await _forget(session, batch.id)
        batch.chunks = batch.records = 0
        batch.problem = {
            "code": refused.code,
            "zh": refused.sentence("zh"),
            "en": refused.sentence("en"),
        }
        batch.state = LIFECYCLE.next("fail", batch.state)
        batch.ended_at = now(session)
        await _changed(session, batch, ActBatchFailed)
        return False
    await _forget(session, batch.id, 0)
    return True


class Chunk(NamedTuple):
    """A chunk whose records were read."""

    number: int
    told: list[Told]
    refused: list[Refusal]


async def _prepared(
    session: AsyncSession, batch: ActBatch, reading: Reading
) -> AsyncGenerator[list[Chunk], None]:
    """The chunks that are left, as many at once as are taken together; those behind them are read
    meanwhile. After `STEP_S` no more are begun."""
    until = time.monotonic() + STEP_S
    seal: Seal = session.info["seal"]
    begun: deque[tuple[int, asyncio.Task[tuple[list[Told], list[Refusal]]]]] = deque()
    numbers = iter(range(batch.worked + 1, batch.chunks + 1))

    async def begin(many: int) -> None:
        for number in islice(numbers, many):
            first_line, content = await _content(session, batch.id, number)
            worker = WORKERS[number % len(WORKERS)]
            reads = worker.call(prepare, content, first_line, reading, seal)
            begun.append((number, asyncio.create_task(reads)))

    await begin(TOGETHER)
    try:
        while begun:
            if time.monotonic() < until:
                await begin(TOGETHER)
            group = [begun.popleft() for _ in range(min(TOGETHER, len(begun)))]
            yield [Chunk(number, *await task) for number, task in group]
    finally:
        for _, task in begun:
            task.cancel()


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


async def _content(session: AsyncSession, id: UUID, number: int) -> tuple[int, bytes]:
    """The first line of a chunk, and what it holds."""
    seal: Seal = session.info["seal"]
    found = await session.execute(
        select(ActBatchContent.first_line, ActBatchContent.content).where(
            ActBatchContent.batch_id == id, ActBatchContent.number == number
        )
    )
    first_line, content = found.one()
    return first_line, seal.open_bytes(content, SEALED_AS)


async def _forget(session: AsyncSession, id: UUID, last: int | None = None) -> None:
    """What is dealt with is not kept: the chunks up to one, or all of the batch."""
    gone = delete(ActBatchContent).where(ActBatchContent.batch_id == id)
    await session.execute(gone if last is None else gone.where(ActBatchContent.number <= last))


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

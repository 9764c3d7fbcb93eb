"""The verbs of imports: take a file in, and go through it batch by batch.

An import goes on by a timer: each firing is one transaction that reads the file, or checks and
loads some batches, and schedules the next. Killed, it begins again behind the last commit. With all
or nothing the loading is one transaction, however many batches there are.
"""

import asyncio
import hashlib
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.files import KINDS, Batch, prepare
from services.registry.adapters.kinds import Load
from services.registry.imports import rules
from services.registry.imports.rules import LIFECYCLE, Accept, ImportState
from services.registry.imports.schemas import ErrorsQuery, ImportQuery, ImportsQuery, may_cancel
from services.registry.imports.tables import SEALED_AS, Import, ImportContent, RowError
from services.registry.permissions import PERMISSIONS
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor, kept, kept_actor
from shared.access.visibility import load, visible
from shared.beside import Beside
from shared.clock import now, today
from shared.db import copy_line, copy_lines, new_key
from shared.events.registry.imports import ImportBegun, ImportEnded, ImportFact, ImportReceived
from shared.facts import publish
from shared.files.spreadsheet import FileEmpty, FileRefused, Header, Wrong, read_rows
from shared.law.tables import rule, scope_of
from shared.refusals import Forbidden
from shared.sealing import Seal
from shared.timers import schedule
from shared.web.paging import paginate

STEP = "import.step"
"""The timer that takes an import further."""
STEP_S = 1.0
"""A firing takes batches until so long has passed; then it commits."""
TELL_S = 0.5
"""How often a step that goes on for longer tells how far it is, and asks whether to go on."""
PIECE = 1024 * 1024
"""Bytes of a file that are taken to hand at once."""

WORKERS = (Beside(), Beside())
"""Where rows are made ready: a process for each batch that is ahead."""


async def receive(
    session: AsyncSession, actor: Actor, query: ImportQuery, *, file_type: str, content: bytes
) -> Import:
    """Keep the file, sealed, until its rows are dealt with."""
    permission = KINDS[query.kind].permission
    if not actor.may(permission):
        raise Forbidden(permission=permission)
    if not content:
        raise FileEmpty
    scope = await scope_of(session, actor.division)
    moment = now(session)
    job = Import(
        **query.model_dump(),
        file_type=file_type,
        digest=hashlib.sha256(content).hexdigest(),
        state=LIFECYCLE.initial,
        district=scope.district,
        township=scope.township,
        organisation=actor.organisation,
        created_by=actor.sub,
        sender=kept(actor),
        header=[],
        rows=0,
        checked=0,
        wrong=0,
        applied=0,
        batches=0,
        worked=0,
        problem=None,
        created_at=moment,
        updated_at=moment,
    )
    session.add(job)
    await session.flush()
    for number, start in enumerate(range(0, len(content), PIECE)):
        await _keep(session, job.id, -number, content[start : start + PIECE])
    await schedule(session, STEP, job.id, moment)
    publish(session, ImportReceived.model_validate(_facts_of(job)), at=job)
    return job


async def page(
    session: AsyncSession, actor: Actor, query: ImportsQuery
) -> tuple[list[Import], str | None, int | None]:
    """The caller's imports, one page of them."""
    statement = select(Import).where(visible(Import, actor))
    if query.kind:
        statement = statement.where(Import.kind == query.kind)
    if query.state:
        statement = statement.where(Import.state == query.state)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns={"id": Import.id}, id=Import.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def errors(
    session: AsyncSession, actor: Actor, id: UUID, query: ErrorsQuery
) -> tuple[Import, list[RowError], str | None, int | None]:
    """What is wrong with the rows of a visible import, one page of it."""
    job = await load(session, Import, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(RowError).where(RowError.import_id == id),
        sort=query.sort,
        columns={"row": RowError.row},
        id=RowError.id,
        paging=query,
    )
    return job, [row[0] for row in rows], cursor, count


async def cancel(session: AsyncSession, actor: Actor, id: UUID) -> Import:
    """Stop; what was loaded already stays."""
    job = await load(session, Import, id, actor, lock=True)
    if not may_cancel(job, actor):
        raise NotInCharge
    job.state = LIFECYCLE.next("cancel", job.state)
    # The file goes with the next firing of the timer, which may hold its rows just now.
    await _changed(session, job, ImportEnded)
    return job


async def step(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer: take the import a step further."""
    job = await session.get(Import, id)
    if job is None or job.state in rules.ENDED:
        await _forget(session, id)
        return
    # While the file is read, in another process, nothing happens here.
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    if job.state == ImportState.QUEUED:
        goes_on = await _read(session, job)
    else:
        goes_on = await _work(session, job)
    if goes_on:
        await schedule(session, STEP, id, now(session))


# ---------------------------------------------------------------- reading the file


async def _read(session: AsyncSession, job: Import) -> bool:
    """Put the file's rows in the place of the file; whether there is more to do."""
    for worker in WORKERS:
        await worker.start()  # takes as long as reading the file does
    header: Header | None = None
    cells: list[str] = []
    batches = rows = 0
    problem: FileRefused | None = None
    try:
        async with aclosing(read_rows(_pieces(session, job.id), kind=job.file_type)) as read:
            async for batch, told in read:
                if header is None:
                    ((_, cells),) = batch
                    header = Header(KINDS[rules.FileKind(job.kind)].columns, cells)
                    continue
                batches += 1
                rows += len(batch)
                repeated = [wrong for row in batch for wrong in header.repeated(row)]
                await _note(session, job.id, repeated)
                await _keep(session, job.id, batches, told)
    except FileRefused as refused:
        problem = refused
    if not await _hold(session, job):
        return False
    if problem is not None:
        await session.execute(delete(RowError).where(RowError.import_id == job.id))
        job.problem = {
            "code": problem.code,
            "zh": problem.sentence("zh"),
            "en": problem.sentence("en"),
            "details": problem.details,
        }
        job.state = LIFECYCLE.next("fail", job.state)
        await _end(session, job)
        return False
    job.header, job.rows, job.batches = cells, rows, batches
    job.state = LIFECYCLE.next("check" if job.dry_run else "apply", job.state)
    await _changed(session, job, ImportBegun)
    return True


# ---------------------------------------------------------------- checking and loading the rows


async def _work(session: AsyncSession, job: Import) -> bool:
    """Check some batches and load their right rows; whether there is more to do."""
    kind = KINDS[rules.FileKind(job.kind)]
    whole = not job.dry_run and job.accept == Accept.ALL_OR_NOTHING
    loading = Load(
        id=job.id,
        actor=kept_actor(job.sender, PERMISSIONS),
        backfill=job.backfill,
        today=today(session),
        moment=now(session).isoformat(),
        rules={code: (await rule(session, code)).value for code in kind.rules},
    )
    # All or nothing begins anew: what is marked as worked then is only how far it got before.
    done = 0 if whole else job.worked
    checked, wrong, applied = (0, 0, 0) if whole else (job.checked, job.wrong, job.applied)
    writes = not job.dry_run
    together = await session.begin_nested() if whole else None
    until = math.inf if whole else time.monotonic() + STEP_S
    told_at = time.monotonic()
    async with aclosing(_batches(session, job, loading, done + 1, until)) as batches:
        async for batch in batches:
            done += 1
            accepted, against = await kind.decide(session, loading, batch.prepared)
            found = [*batch.wrong, *against]
            bad = await _said_before(session, job.id, batch) | {one.row for one in found}
            if together is not None and bad:
                await together.rollback()
                together, writes, applied = None, False, 0
            await _note(session, job.id, found)
            right = [item for item in accepted if item.prepared.row not in bad]
            if writes and right:
                await kind.write(session, loading, right)
                applied += len(right)
            checked, wrong = checked + batch.rows, wrong + len(bad)
            if whole and time.monotonic() >= told_at + TELL_S:
                told_at = time.monotonic()
                if not await _tell_progress(session, job.id, done):
                    break  # cancelled
    if not await _hold(session, job):
        return False
    job.worked, job.checked, job.wrong, job.applied = done, checked, wrong, applied
    if done < job.batches:
        job.updated_at = now(session)
        return True
    job.state = LIFECYCLE.next("reject" if whole and wrong else "finish", job.state)
    await _end(session, job)
    return False


async def _batches(
    session: AsyncSession, job: Import, loading: Load, first: int, until: float
) -> AsyncGenerator[Batch, None]:
    """The batches from `first` on, those behind being made ready while one is loaded.

    After `until` no more are begun; those that were are still given.
    """
    begun: deque[asyncio.Task[Batch]] = deque()
    numbers = iter(range(first, job.batches + 1))

    async def begin() -> None:
        while len(begun) < len(WORKERS) and (not started or time.monotonic() < until):
            if (number := next(numbers, None)) is None:
                return
            content = await _content(session, job.id, number)
            assert content is not None
            asked = (prepare, rules.FileKind(job.kind), job.header, loading, session.info["seal"])
            worker = WORKERS[number % len(WORKERS)]
            begun.append(asyncio.create_task(worker.call(*asked, content)))

    started = False
    await begin()
    started = True
    try:
        while begun:
            batch = await begun.popleft()
            await begin()
            yield batch
    finally:
        for task in begun:
            task.cancel()


async def _said_before(session: AsyncSession, id: UUID, batch: Batch) -> set[int]:
    """The rows of a batch that say again what a row before them said."""
    numbers = [item.row for item in batch.prepared] + [one.row for one in batch.wrong]
    found = await session.scalars(
        select(RowError.row).where(
            RowError.import_id == id, RowError.row.between(min(numbers), max(numbers))
        )
    )
    return set(found)


async def _tell_progress(session: AsyncSession, id: UUID, worked: int) -> bool:
    """Let others see how far a transaction is; whether the import was not cancelled meanwhile."""
    async with AsyncSession(session.bind) as other:
        told = await other.execute(
            update(Import)
            .where(Import.id == id, Import.state.not_in(rules.ENDED))
            .values(worked=worked)
            .execution_options(synchronize_session=False)
        )
        await other.commit()
    return bool(told.rowcount)  # type: ignore[attr-defined]


async def _hold(session: AsyncSession, job: Import) -> bool:
    """Lock the import for the end of a step; if it was cancelled, undo the step."""
    await session.refresh(job, with_for_update=True)
    if job.state in rules.ENDED:
        await session.rollback()
        return False
    return True


async def _changed(session: AsyncSession, job: Import, fact: type[ImportFact]) -> None:
    job.updated_at = now(session)
    await session.flush()
    publish(session, fact.model_validate(_facts_of(job)), at=job, actor=job.created_by)


async def _end(session: AsyncSession, job: Import) -> None:
    """Nothing of the file stays but what was wrong with it."""
    await _forget(session, job.id)
    await _changed(session, job, ImportEnded)


def _facts_of(job: Import) -> dict[str, Any]:
    names = ("kind", "state", "dry_run", "backfill", "digest", "rows", "wrong", "applied")
    return {"import_id": job.id, **{name: getattr(job, name) for name in names}}


# ---------------------------------------------------------------- what is kept


async def _keep(session: AsyncSession, id: UUID, number: int, content: bytes) -> None:
    seal: Seal = session.info["seal"]
    sealed = seal.seal_bytes(content, SEALED_AS)
    await session.execute(insert(ImportContent).values(import_id=id, number=number, content=sealed))


async def _content(session: AsyncSession, id: UUID, number: int) -> bytes | None:
    seal: Seal = session.info["seal"]
    sealed = await session.scalar(
        select(ImportContent.content).where(
            ImportContent.import_id == id, ImportContent.number == number
        )
    )
    return None if sealed is None else seal.open_bytes(sealed, SEALED_AS)


async def _pieces(session: AsyncSession, id: UUID) -> AsyncIterator[bytes]:
    """The file, piece by piece; with the last it is gone."""
    number = 0
    while (piece := await _content(session, id, number)) is not None:
        yield piece
        number -= 1
    await _forget(session, id)


async def _forget(session: AsyncSession, id: UUID) -> None:
    await session.execute(delete(ImportContent).where(ImportContent.import_id == id))


async def _note(session: AsyncSession, id: UUID, wrong: list[Wrong]) -> None:
    if wrong:
        columns = ("id", "import_id", "row", "field", "code", "zh", "en")
        lines = (copy_line((new_key(), id, *one)) for one in wrong)
        await copy_lines(session, RowError, columns, lines)

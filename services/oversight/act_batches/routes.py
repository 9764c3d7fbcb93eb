"""The ways in over HTTP: records as lines, and what became of each."""

from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Header, Query, Request, Response

from services.oversight.act_batches import actions
from services.oversight.act_batches.rules import BatchTypeUnknown
from services.oversight.act_batches.schemas import (
    ActBatchView,
    BatchesQuery,
    BatchQuery,
    RecordResultView,
    ResultsQuery,
)
from services.oversight.act_batches.tables import ActBatch
from services.oversight.act_sources.rules import Channel
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page
from shared.web.problems import language_of

router = router_of("/oversight/v1/act-batches", "act-batches")

NDJSON = "application/x-ndjson"
MOST_BYTES = 32 * 1024 * 1024
BODY = {
    "requestBody": {
        "required": True,
        "description": "One record a line (`ActRecord` in docs/api.md), at most 32 MiB",
        "content": {NDJSON: {"schema": {"type": "string", "format": "binary"}}},
    }
}
Reader = Annotated[Actor, May("act_batch:read")]


@router.post("", status_code=202, max_body_size=MOST_BYTES, openapi_extra=BODY)
async def send_acts(
    request: Request,
    response: Response,
    actor: Annotated[Actor, May("act:send")],
    query: Annotated[BatchQuery, Query()],
    background: BackgroundTasks,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=r"^[!-~]{1,200}$", description="The same key is the same batch, for good"),
    ] = None,
) -> ActBatchView:
    """Send records of acts (报送), one JSON object a line; 202 means that all of them are kept.

    They are taken over in the background, in their order, within seconds; `results` says what
    became of each. A record that is wrong stops none of the others. The same body sent again is
    answered with its batch (200), and a record told again changes nothing.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != NDJSON:
        raise BatchTypeUnknown
    received = await actions.receive(
        request.app.state.database,
        actor,
        query,
        channel=Channel.REST,
        key=idempotency_key,
        pieces=request.stream(),
    )
    response.headers["Location"] = f"/oversight/v1/act-batches/{received.batch.id}"
    if received.again:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    background.add_task(_wake, request)
    return ActBatchView.of(received.batch)


@router.get("")
async def list_act_batches(
    session: ReadSession, actor: Reader, query: Annotated[BatchesQuery, Query()]
) -> Page[ActBatchView]:
    """The batches that the caller may see: an agency its own, a division those of its sources."""
    rows, cursor, count = await actions.page(session, actor, query)
    return Page(items=[ActBatchView.of(row) for row in rows], next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_act_batch(session: ReadSession, actor: Reader, id: UUID) -> ActBatchView:
    """How far a batch is."""
    return ActBatchView.of(await load(session, ActBatch, id, actor))


@router.get("/{id}/results")
async def list_act_batch_results(
    request: Request,
    session: ReadSession,
    actor: Reader,
    id: UUID,
    query: Annotated[ResultsQuery, Query()],
) -> Page[RecordResultView]:
    """What became of each record of a batch, by line; `outcome=refused` for what to mend."""
    rows, cursor, count = await actions.results(session, actor, id, query)
    language = language_of(request)
    items = [RecordResultView.of(row, language) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


async def _wake(request: Request) -> None:
    """The batch is there to be seen: its work need not wait for the next look."""
    request.app.state.spine.timers.wake()

"""The ways in over HTTP: records as lines, or a file of them."""

from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Header, Query, Request, Response

from services.oversight.act_batches import actions
from services.oversight.act_batches.rules import BatchTypeUnknown
from services.oversight.act_batches.schemas import (
    ActBatchView,
    BatchesQuery,
    BatchQuery,
    BatchTemplateQuery,
)
from services.oversight.act_batches.tables import ActBatch
from services.oversight.adapters.act_files import COLUMNS
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession
from shared.files.writing import MEDIA_TYPES, template
from shared.web import router as router_of
from shared.web.paging import Page
from shared.web.problems import language_of

router = router_of("/oversight/v1/act-batches", "act-batches")

NDJSON = "application/x-ndjson"
FILE_TYPES = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
BINARY = {"schema": {"type": "string", "format": "binary"}}
MOST_BYTES = 32 * 1024 * 1024
BODY = {
    "requestBody": {
        "required": True,
        "description": "One record a line (docs/api.md), or a file by the template; at most 32 MiB",
        "content": dict.fromkeys((NDJSON, *FILE_TYPES), BINARY),
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
    """Send records of acts (报送), one JSON object a line, or as CSV or XLSX; 202: all are kept.

    They are taken over in the background, in their order, within seconds; `results` says what
    became of each. A record that is wrong stops none of the others. The same body sent again is
    answered with its batch (200), and a record told again changes nothing.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    database = request.app.state.database
    if media_type == NDJSON:
        received = await actions.receive(
            database, actor, query, key=idempotency_key, pieces=request.stream()
        )
    elif media_type in FILE_TYPES:
        received = await actions.receive_file(
            database,
            actor,
            query,
            key=idempotency_key,
            file_type=FILE_TYPES[media_type],
            content=await request.body(),
        )
    else:
        raise BatchTypeUnknown
    response.headers["Location"] = f"/oversight/v1/act-batches/{received.batch.id}"
    if received.again:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    background.add_task(_wake, request)
    return ActBatchView.of(received.batch, language_of(request))


@router.get("")
async def list_act_batches(
    request: Request, session: ReadSession, actor: Reader, query: Annotated[BatchesQuery, Query()]
) -> Page[ActBatchView]:
    """The batches that the caller may see: an agency its own, a division those of its sources."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ActBatchView.of(row, language_of(request)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get(
    "/template",
    response_class=Response,
    responses={
        200: {
            "description": "The file",
            "content": dict.fromkeys(FILE_TYPES, BINARY),
        }
    },
)
async def download_act_template(
    actor: Reader, query: Annotated[BatchTemplateQuery, Query()]
) -> Response:
    """An empty table of acts to fill in (模板): its columns, with one example to write over.

    A column is known by its Chinese label or by its key, in any order. Times are those of Beijing.
    """
    return Response(
        template(query.format, COLUMNS),
        media_type=MEDIA_TYPES[query.format],
        headers={"Content-Disposition": f'attachment; filename="acts-template.{query.format}"'},
    )


@router.get("/{id}")
async def get_act_batch(
    request: Request, session: ReadSession, actor: Reader, id: UUID
) -> ActBatchView:
    """How far a batch is."""
    return ActBatchView.of(await load(session, ActBatch, id, actor), language_of(request))


async def _wake(request: Request) -> None:
    """The batch is there to be seen: its work need not wait for the next look."""
    request.app.state.spine.timers.wake()

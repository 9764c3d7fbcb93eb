"""Bulk intake over HTTP: templates, files, how far they are, and what is wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import BackgroundTasks, Query, Request, Response

from services.registry.adapters.files import KINDS
from services.registry.imports import actions
from services.registry.imports.rules import ENDED, FileKind, FileTypeUnknown
from services.registry.imports.schemas import (
    ErrorsQuery,
    ImportQuery,
    ImportsQuery,
    ImportView,
    RowErrorView,
    TemplateQuery,
)
from services.registry.imports.tables import Import
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import Database, ReadSession, Session
from shared.files.writing import MEDIA_TYPES, template
from shared.web import router as router_of
from shared.web.openapi import SSE, sse_schema
from shared.web.paging import Page
from shared.web.problems import language_of
from shared.web.streams import EventStream

router = router_of("/registry/v1/imports", "imports")

MOST_BYTES = 32 * 1024 * 1024
LOOK_S = 0.5
"""A stream looks so often how far the import is."""
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, not a form: at most 32 MiB, 100,000 rows",
        "content": dict.fromkeys(MEDIA_TYPES.values(), BINARY),
    }
}


@router.get(
    "/template",
    response_class=Response,
    responses={
        200: {
            "description": "The file",
            "content": dict.fromkeys(MEDIA_TYPES.values(), BINARY),
        }
    },
)
async def download_import_template(
    actor: Annotated[Actor, May("import:read")], query: Annotated[TemplateQuery, Query()]
) -> Response:
    """An empty table of a kind to fill in (模板): its columns, with one example to write over.

    A column is known by its Chinese label or by its key, in any order; columns that are not
    required can be left out.
    """
    return Response(
        template(query.format, KINDS[query.kind].columns),
        media_type=MEDIA_TYPES[query.format],
        headers={
            "Content-Disposition": f'attachment; filename="{query.kind}-template.{query.format}"'
        },
    )


@router.get("")
async def list_imports(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("import:read")],
    query: Annotated[ImportsQuery, Query()],
) -> Page[ImportView]:
    """The imports (批量导入) that the caller may see, newest first."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ImportView.of(row, actor, language_of(request)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201, max_body_size=MOST_BYTES, openapi_extra=BODY)
async def start_import(
    request: Request,
    session: Session,
    actor: Annotated[Actor, May("import:run")],
    query: Annotated[ImportQuery, Query()],
    background: BackgroundTasks,
) -> ImportView:
    """Hand in a file, CSV or XLSX, as the body; it is worked off in the background.

    Each row is held against the same rules as the single operation, and what is wrong is told row
    by row (`errors`), all of it. With `all_or_nothing` the rows are loaded in one transaction, or
    none of them; with `valid_rows` those that are right, in chunks. `dry_run` loads nothing. The
    file is kept sealed and is gone at the end. A file whose rows of one body stand together makes
    fewer facts.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kinds = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
    if media_type not in kinds:
        raise FileTypeUnknown
    job = await actions.receive(
        session, actor, query, file_type=kinds[media_type], content=await request.body()
    )
    background.add_task(_wake, request)
    return ImportView.of(job, actor, language_of(request))


@router.get("/{id}")
async def get_import(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("import:read")],
    id: UUID,
) -> ImportView:
    """How far an import is, and what came of it."""
    return ImportView.of(await load(session, Import, id, actor), actor, language_of(request))


@router.get("/{id}/errors")
async def list_import_errors(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("import:read")],
    id: UUID,
    query: Annotated[ErrorsQuery, Query()],
) -> Page[RowErrorView]:
    """What is wrong with the rows of the file, by row: all of it, and never the values."""
    job, rows, cursor, count = await actions.errors(session, actor, id, query)
    labels = {column.key: column.label for column in KINDS[FileKind(job.kind)].columns}
    language = language_of(request)
    items = [
        RowErrorView(
            row=row.row,
            field=row.field,
            column=labels.get(row.field or ""),
            code=row.code,
            detail=row.zh if language == "zh" else row.en,
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/cancel")
async def cancel_import(
    request: Request, session: Session, actor: Annotated[Actor, May("import:run")], id: UUID
) -> ImportView:
    """Stop an import. With `valid_rows`, what was loaded already stays; else nothing was."""
    return ImportView.of(await actions.cancel(session, actor, id), actor, language_of(request))


SCHEMA = ImportView.model_json_schema(ref_template="#/components/schemas/{model}")
SCHEMA.pop("$defs")  # they are the document's own


@router.get(
    "/{id}/stream",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events; the data of each is the import as JSON",
            "content": {SSE: {"schema": sse_schema(SCHEMA)}},
        }
    },
)
async def stream_import(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("import:read", ticket=True)],
    id: UUID,
) -> Response:
    """The import as server-sent events: now, and whenever it has got further, until it ends.

    The stream ends with the event `ended`, or `expired` when the token does.
    """
    job = await load(session, Import, id, actor)
    lines = _lines(request.app.state.database, actor, job, language_of(request))
    return EventStream(lines, request.app.state.stopping)


async def _lines(
    database: Database, actor: Actor, job: Import, language: str
) -> AsyncIterator[bytes]:
    shown: tuple[Any, ...] | None = None
    idle = 0.0
    while not actor.expired:
        if shown != (job.version, job.worked):
            shown, idle = (job.version, job.worked), 0
            view = ImportView.of(job, actor, language)
            yield f"id: {job.version}\ndata: {view.model_dump_json()}\n\n".encode()
        if job.state in ENDED:
            yield b"event: ended\ndata: {}\n\n"
            return
        await asyncio.sleep(LOOK_S)
        if (idle := idle + LOOK_S) >= 15:
            idle = 0
            yield b": nothing new\n\n"
        async with database.readers() as session:
            job = await load(session, Import, job.id, actor)
    yield b"event: expired\ndata: {}\n\n"


async def _wake(request: Request) -> None:
    """The answer is sent and the import there to be seen: need not wait for the next look."""
    request.app.state.spine.timers.wake()

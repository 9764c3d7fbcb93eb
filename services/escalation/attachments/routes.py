"""Attachments over HTTP: files in and out piece by piece."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select

from services.escalation.attachments import actions
from services.escalation.attachments.schemas import (
    AttachmentQuery,
    AttachmentUpload,
    AttachmentView,
)
from services.escalation.attachments.tables import Attachment
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.files.store import store_of
from shared.files.taking import BODY, FILE, MOST_BYTES, media_type_of
from shared.web import router as router_of
from shared.web.attachments import streamed
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/attachments", "attachments")

Reader = Annotated[Actor, May("attachment:read")]


@router.get("")
async def list_attachments(
    session: ReadSession, actor: Reader, query: Annotated[AttachmentQuery, Query()]
) -> Page[AttachmentView]:
    """The files of one matter that the caller may see."""
    shown = await actions.seen_of(session, actor, query.target, query.target_id)
    rows, cursor, count = await paginate(
        session,
        select(Attachment).where(shown),
        sort=query.sort,
        columns={"id": Attachment.id},
        id=Attachment.id,
        paging=query,
    )
    items = [AttachmentView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201, max_body_size=MOST_BYTES, openapi_extra=BODY)
async def add_attachment(
    request: Request,
    session: Session,
    actor: Annotated[Actor, May("attachment:add")],
    query: Annotated[AttachmentUpload, Query()],
) -> AttachmentView:
    """Attach a file to a matter that is handed on, as the body; by one of its sides.

    Its SHA-256 is taken as it comes in. It never changes; which files go along with a package is
    said when it is sent.
    """
    row = await actions.add(
        request.app.state.database,
        session,
        actor,
        query,
        media_type=media_type_of(request.headers.get("content-type", "")),
        pieces=request.stream(),
    )
    return AttachmentView.model_validate(row)


@router.get("/{id}")
async def get_attachment(session: ReadSession, actor: Reader, id: UUID) -> AttachmentView:
    """What is known of one file."""
    return AttachmentView.model_validate(await actions.read(session, actor, id))


@router.get("/{id}/content", response_class=Response, responses=FILE)
async def download_attachment(session: ReadSession, actor: Reader, id: UUID) -> Response:
    """The file, to be saved: never shown by the browser, whatever is in it."""
    row = await actions.read(session, actor, id)
    pieces = store_of(session).read(row.key, sha256=row.sha256)
    return streamed(pieces, row.name, row.media_type, size=row.size)

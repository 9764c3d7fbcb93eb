"""Files of issues over HTTP: in and out piece by piece."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.escalation.issue_attachments import actions
from services.escalation.issue_attachments.schemas import (
    IssueAttachmentQuery,
    IssueAttachmentUpload,
    IssueAttachmentView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.files.store import store_of
from shared.files.taking import BODY, FILE, MOST_BYTES, media_type_of
from shared.web import router as router_of
from shared.web.attachments import streamed
from shared.web.paging import Page

router = router_of("/escalation/v1/issue-attachments", "issues")

Reader = Annotated[Actor, May("issue:read")]


@router.get("")
async def list_issue_attachments(
    session: ReadSession, actor: Reader, query: Annotated[IssueAttachmentQuery, Query()]
) -> Page[IssueAttachmentView]:
    """The files of an issue that the caller may read."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [IssueAttachmentView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201, max_body_size=MOST_BYTES, openapi_extra=BODY)
async def attach_to_issue(
    request: Request,
    session: Session,
    actor: Annotated[Actor, May("issue:attach")],
    query: Annotated[IssueAttachmentUpload, Query()],
) -> IssueAttachmentView:
    """Attach a file to an issue (附加材料), as the body of the request.

    By the level that has it, the division where it arose, who raised it, or a body that has
    something to do for it; not once it is over. Its SHA-256 is taken as it comes in, and told with
    the fact; it never changes.
    """
    row = await actions.attach(
        request.app.state.database,
        session,
        actor,
        query,
        media_type=media_type_of(request.headers.get("content-type", "")),
        pieces=request.stream(),
    )
    return IssueAttachmentView.model_validate(row)


@router.get("/{id}")
async def get_issue_attachment(
    session: ReadSession, actor: Reader, id: UUID
) -> IssueAttachmentView:
    """What is known of one file."""
    return IssueAttachmentView.model_validate(await actions.read(session, actor, id))


@router.get("/{id}/content", response_class=Response, responses=FILE)
async def download_issue_attachment(session: ReadSession, actor: Reader, id: UUID) -> Response:
    """The file, to be saved: never shown by the browser, whatever is in it."""
    row = await actions.read(session, actor, id)
    pieces = store_of(session).read(row.key, sha256=row.sha256)
    return streamed(pieces, row.name, row.media_type, size=row.size)

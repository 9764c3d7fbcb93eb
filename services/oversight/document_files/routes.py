"""Documents as files over HTTP: to be saved, never shown in the page."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.oversight.document_files import actions
from services.oversight.document_files.schemas import DocumentFileQuery, DocumentFilesQuery
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.documents.rendering import MEDIA_TYPES
from shared.web import router as make_router
from shared.web.attachments import as_attachment, binary

router = make_router("/oversight/v1/documents", "documents")

Reader = Annotated[Actor, May("document:read")]


@router.get("/files", response_class=Response, responses=binary("application/zip"))
async def download_documents(
    request: Request,
    session: ReadSession,
    actor: Reader,
    query: Annotated[DocumentFilesQuery, Query()],
) -> Response:
    """Up to 50 signed documents as one ZIP (批量下载), each called by its number."""
    content = await actions.archive_of(
        session, actor, query.document_id, query.format, request.app.state.settings
    )
    return as_attachment(content, "documents.zip", "application/zip")


@router.get("/{id}/file", response_class=Response, responses=binary(*MEDIA_TYPES.values()))
async def download_document(
    request: Request,
    session: ReadSession,
    actor: Reader,
    id: UUID,
    query: Annotated[DocumentFileQuery, Query()],
) -> Response:
    """A signed document in the layout of GB/T 9704-2012, as PDF or DOCX.

    The same document is the same bytes. `X-Document-Digest` is the digest that the page bears; the
    QR code leads to `GET /oversight/v1/public/documents/{code}`. Which fonts it is set in stands in
    its properties; a character that they lack is a refusal, not a hole in the page.
    """
    file = await actions.file_of(session, actor, id, query.format, request.app.state.settings)
    answer = as_attachment(file.content, file.name, MEDIA_TYPES[query.format])
    answer.headers["X-Document-Digest"] = file.digest
    return answer

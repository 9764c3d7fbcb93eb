"""Result reports as files: to be saved, never shown in the page."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.oversight.campaign_report_files import actions
from services.oversight.campaign_report_files.schemas import ReportFileQuery
from services.oversight.campaigns import actions as campaigns
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.documents.rendering import MEDIA_TYPES
from shared.web import router as make_router
from shared.web.attachments import as_attachment, binary

router = make_router("/oversight/v1/campaigns", "campaigns")

Reader = Annotated[Actor, May("campaign:read_report")]


@router.get("/{id}/report/file", response_class=Response, responses=binary(*MEDIA_TYPES.values()))
async def download_campaign_report(
    request: Request,
    session: ReadSession,
    actor: Reader,
    id: UUID,
    query: Annotated[ReportFileQuery, Query()],
) -> Response:
    """The same as a numbered document in the layout of GB/T 9704-2012, as PDF or DOCX.

    The same report is the same bytes. `X-Document-Digest` is the digest that the page bears; the
    QR code leads to `GET /oversight/v1/public/documents/{code}`, which also says whether a later
    report of the campaign took its place.
    """
    report = await campaigns.report_of(session, actor, id)
    file = await actions.file_of(session, report, query.format, request.app.state.settings)
    answer = as_attachment(file.content, file.name, MEDIA_TYPES[query.format])
    answer.headers["X-Document-Digest"] = file.digest
    return answer

"""The reports of a schedule beside each other over HTTP, and as one file."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.escalation.report_comparisons import actions
from services.escalation.report_comparisons.schemas import ComparisonFileQuery, ComparisonView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.attachments import as_attachment, binary

router = router_of("/escalation/v1/report-schedules", "periodic reports")

Reader = Annotated[Actor, May("periodic_report:read")]


@router.get("/{id}/comparison")
async def compare_reports(session: ReadSession, actor: Reader, id: UUID) -> ComparisonView:
    """The reports of a schedule that the caller may see, beside each other (逐项对照).

    Section by section and task by task as they were handed in; who handed in nothing is there as
    well, marked `missing`, with the tasks as they stand.
    """
    return ComparisonView.of(await actions.compare(session, actor, id))


@router.get(
    "/{id}/comparison/file",
    response_class=Response,
    responses=binary(*actions.MEDIA_TYPES.values()),
)
async def download_comparison(
    request: Request,
    session: ReadSession,
    actor: Reader,
    id: UUID,
    query: Annotated[ComparisonFileQuery, Query()],
) -> Response:
    """The same merged into one file (汇编): DOCX to read, XLSX with a sheet for the sections."""
    settings = request.app.state.settings
    file = await actions.merge(session, actor, id, query.format, settings)
    return as_attachment(file.content, file.name, actions.MEDIA_TYPES[query.format])

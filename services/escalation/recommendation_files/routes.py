"""Recommendations as files: to be saved, never shown in the page."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from services.escalation.recommendation_files import actions
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.documents.rendering import MEDIA_TYPES, DocumentFormat
from shared.web import router as router_of
from shared.web.attachments import as_attachment, binary

router = router_of("/escalation/v1/recommendations", "recommendations")
DOCX = MEDIA_TYPES[DocumentFormat.DOCX]


@router.get("/{id}/file", response_class=Response, responses=binary(DOCX))
async def download_recommendation(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("recommendation:read")],
    id: UUID,
) -> Response:
    """The paper as DOCX: what the pilot showed, each recommendation and what it rests on.

    One that is not issued says in its head how it stands.
    """
    file = await actions.file_of(session, actor, id, request.app.state.settings)
    return as_attachment(file.content, file.name, DOCX)

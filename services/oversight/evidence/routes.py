"""Evidence over HTTP: files in and out piece by piece, sets sealed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select

from services.oversight.evidence import actions
from services.oversight.evidence.rules import ADD, SEAL
from services.oversight.evidence.schemas import (
    EvidenceQuery,
    EvidenceUpload,
    EvidenceView,
    SealRequest,
    SealView,
)
from services.oversight.evidence.tables import Evidence
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.files.store import store_of
from shared.files.taking import BODY, FILE, MOST_BYTES, media_type_of
from shared.web import router as make_router
from shared.web.attachments import streamed
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/evidence", "evidence")
seals = make_router("/oversight/v1/evidence-seals", "evidence")

Reader = Annotated[Actor, May("evidence:read")]


@router.get("")
async def list_evidence(
    session: ReadSession, actor: Reader, query: Annotated[EvidenceQuery, Query()]
) -> Page[EvidenceView]:
    """The evidence (证据材料) of one thing that the caller may see, every edition of each file."""
    await actions.target_of(session, actor, query.target, query.target_id)
    rows, cursor, count = await paginate(
        session,
        select(Evidence).where(
            Evidence.target == query.target, Evidence.target_id == query.target_id
        ),
        sort=query.sort,
        columns={"id": Evidence.id},
        id=Evidence.id,
        paging=query,
    )
    items = [EvidenceView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201, max_body_size=MOST_BYTES, openapi_extra=BODY)
async def add_evidence(
    request: Request,
    session: Session,
    actor: Annotated[Actor, May(ADD)],
    query: Annotated[EvidenceUpload, Query()],
) -> EvidenceView:
    """Attach a file to an inspection, a finding, a rectification, a document, a measure or a case
    file under review, as the body.

    By who supervises it; by the subject itself to what it answers. Its SHA-256 is taken as it
    comes in. With `replaces` it is the next edition of a file, which stays. What comes
    once the evidence of an inspection is sealed says why, and the set is sealed anew with it.
    """
    media_type = media_type_of(request.headers.get("content-type", ""))
    row = await actions.add(
        request.app.state.database,
        session,
        actor,
        query,
        media_type=media_type,
        pieces=request.stream(),
    )
    return EvidenceView.model_validate(row)


@router.get("/{id}")
async def get_evidence(session: ReadSession, actor: Reader, id: UUID) -> EvidenceView:
    """What is known of one file."""
    return EvidenceView.model_validate(await actions.read(session, actor, id))


@router.get("/{id}/content", response_class=Response, responses=FILE)
async def download_evidence(session: ReadSession, actor: Reader, id: UUID) -> Response:
    """The file, to be saved: never shown by the browser, whatever is in it.

    It breaks off where it is not what was taken in.
    """
    row = await actions.read(session, actor, id)
    pieces = store_of(session).read(row.key, sha256=row.sha256)
    return streamed(pieces, row.name, row.media_type, size=row.size)


@seals.post("", status_code=201)
async def seal_evidence(
    session: Session, actor: Annotated[Actor, May(SEAL)], body: SealRequest
) -> SealView:
    """Seal files of one thing as a set (封存): none of them changes or is replaced any more.

    The digest of the set is in the fact log.
    """
    return SealView.model_validate(await actions.seal(session, actor, body))


@seals.get("/{id}")
async def get_evidence_seal(session: ReadSession, actor: Reader, id: UUID) -> SealView:
    """One sealed set."""
    return SealView.model_validate(await actions.read_seal(session, actor, id))

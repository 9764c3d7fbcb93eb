"""Receipts over HTTP: by the receiver who uses the system, and by link for one who does not."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from services.escalation.packages import actions as packages
from services.escalation.receipts import actions
from services.escalation.receipts.schemas import (
    LinkedPackageView,
    LinkReceiptRequest,
    ReceiptRequest,
    ReceiptView,
)
from shared.access.actor import Actor, May, Public
from shared.db import ReadSession, Session
from shared.files.store import store_of
from shared.files.taking import FILE
from shared.web import router as router_of
from shared.web.attachments import streamed
from shared.web.rate_limit import Limited

router = router_of("/escalation/v1/packages", "packages")
links = router_of("/escalation/v1/public/packages", "packages")

OPEN = [Public, Limited]
LinkText = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,200}$", description="What the sender sent the receiver")
]


@router.post("/{id}/confirm")
async def confirm_package(
    session: Session,
    actor: Annotated[Actor, May("package:confirm")],
    id: UUID,
    body: ReceiptRequest,
) -> ReceiptView:
    """Confirm that a package arrived (签收), as its receiver; what is due of it runs from now on.

    Of a receiver outside the system the sender records the paper receipt (送达回执) by its number.
    With `digest` it is held against the manifest.
    """
    return ReceiptView.model_validate(await actions.confirm(session, actor, id, body))


@links.get("/{link}", dependencies=OPEN)
async def read_linked_package(
    session: ReadSession, response: Response, link: LinkText
) -> LinkedPackageView:
    """A package, for the receiver whom its sender gave the link; without a token.

    One link shows one package, for a time. A wrong link, one that was replaced and one whose time
    is over are answered alike.
    """
    response.headers["Cache-Control"] = "no-store"
    row = await packages.linked(session, link)
    return LinkedPackageView.of(row, await packages.evidence_of(session, row))


@links.get("/{link}/documents/{place}", dependencies=OPEN, response_class=Response, responses=FILE)
async def download_linked_document(
    session: ReadSession, link: LinkText, place: Annotated[int, Path(ge=1, le=10_000)]
) -> Response:
    """A document of the package that the link is for, by its place in the list."""
    row = await actions.document_by_link(session, link, place)
    pieces = store_of(session).read(row.key, sha256=row.sha256)
    return streamed(pieces, row.name, row.media_type, size=row.size)


@links.post("/{link}/confirm", dependencies=OPEN)
async def confirm_linked_package(
    session: Session, response: Response, link: LinkText, body: LinkReceiptRequest
) -> LinkedPackageView:
    """Confirm that the package arrived (签收), by whoever holds the link; once."""
    response.headers["Cache-Control"] = "no-store"
    row = await actions.confirm_by_link(session, link, body)
    return LinkedPackageView.of(row, await packages.evidence_of(session, row))

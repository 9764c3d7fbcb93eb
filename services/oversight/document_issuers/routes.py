"""Issuing bodies over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.document_issuers import actions
from services.oversight.document_issuers.schemas import (
    KEEP,
    DocumentIssuerPatch,
    DocumentIssuerQuery,
    DocumentIssuerRequest,
    DocumentIssuerView,
)
from services.oversight.document_issuers.tables import DocumentIssuer
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/document-issuers", "documents")

Reader = Annotated[Actor, May("document:read")]
Keeper = Annotated[Actor, May(KEEP)]


@router.get("")
async def list_document_issuers(
    session: ReadSession, actor: Reader, query: Annotated[DocumentIssuerQuery, Query()]
) -> Page[DocumentIssuerView]:
    """The bodies that issue documents (发文机关) and the prefixes of their numbers (机关代字)."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [DocumentIssuerView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def register_document_issuer(
    session: Session, actor: Keeper, body: DocumentIssuerRequest
) -> DocumentIssuerView:
    """Register the body of a division that issues documents: one a division, no prefix twice.

    A district's justice bureau registers itself, the Bureau (市司法局) itself and any district.
    """
    return DocumentIssuerView.of(await actions.register(session, actor, body), actor)


@router.get("/{id}")
async def get_document_issuer(session: ReadSession, actor: Reader, id: UUID) -> DocumentIssuerView:
    """One issuing body."""
    return DocumentIssuerView.of(await load(session, DocumentIssuer, id, actor), actor)


@router.patch("/{id}")
async def change_document_issuer(
    session: Session, actor: Keeper, id: UUID, body: DocumentIssuerPatch
) -> DocumentIssuerView:
    """Change the name or the prefix; what is numbered already keeps both."""
    return DocumentIssuerView.of(await actions.change(session, actor, id, body), actor)

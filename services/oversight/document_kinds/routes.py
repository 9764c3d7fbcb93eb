"""The kinds of documents over HTTP."""

from typing import Annotated

from fastapi import Query

from services.oversight.document_kinds.actions import kinds
from services.oversight.document_kinds.schemas import DocumentKindQuery, DocumentKindView
from shared.access.actor import Actor, May
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/document-kinds", "documents")


@router.get("")
async def list_document_kinds(
    actor: Annotated[Actor, May("document:read")], query: Annotated[DocumentKindQuery, Query()]
) -> Page[DocumentKindView]:
    """The kinds of supervision documents (监督文书种类), each with the fields that it must have."""
    return Page(
        items=[
            DocumentKindView.model_validate(kind)
            for kind in kinds()
            if query.on is None or kind.in_force(query.on)
        ]
    )

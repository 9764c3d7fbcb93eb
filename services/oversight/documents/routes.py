"""Supervision documents over HTTP: drafted, reviewed, signed, served, executed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.documents import actions
from services.oversight.documents.rules import ANSWER, DRAFT, JUDGE, REVIEW, SERVE, SIGN
from services.oversight.documents.schemas import (
    DocumentFilters,
    DocumentPatch,
    DocumentRequest,
    DocumentView,
    ReasonRequest,
    ReportRequest,
    ReviewRequest,
    ServiceRequest,
)
from services.oversight.documents.tables import Document
from shared.access.actor import Actor, May
from shared.access.visibility import visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/documents", "documents")

Reader = Annotated[Actor, May("document:read")]
Author = Annotated[Actor, May(DRAFT)]
Reviewer = Annotated[Actor, May(REVIEW)]
Signer = Annotated[Actor, May(SIGN)]
Addressee = Annotated[Actor, May(ANSWER)]
Judge = Annotated[Actor, May(JUDGE)]


async def _view(session: AsyncSession, row: Document, actor: Actor) -> DocumentView:
    off = await actions.recused(session, actor, [row])
    return DocumentView.of(row, actor, now(session), recused=bool(off))


@router.get("")
async def list_documents(
    session: ReadSession, actor: Reader, filters: Annotated[DocumentFilters, Query()]
) -> Page[DocumentView]:
    """The supervision documents (监督文书) that the caller may see, the newest first.

    Until one is served, the supervising body alone sees it.
    """
    statement = select(Document).where(visible(Document, actor), actions.known_to(actor))
    for column, value in (
        (Document.state, filters.state),
        (Document.kind, filters.kind),
        (Document.subject_id, filters.subject_id),
        (Document.inspection_id, filters.inspection_id),
        (Document.finding_id, filters.finding_id),
        (Document.rectification_id, filters.rectification_id),
        (Document.answers_id, filters.answers_id),
        (Document.number, filters.number),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Document, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Document.issued_on, filters.issued_from, filters.issued_to),
        *in_days(Document.due_at, filters.due_from, filters.due_to),
    )
    if filters.overdue is not None:
        overdue = actions.is_overdue(now(session))
        statement = statement.where(overdue if filters.overdue else ~overdue)
    if filters.q is not None:
        columns = (Document.number, Document.title, Document.subject_name)
        found = (column.icontains(filters.q, autoescape=True) for column in columns)
        statement = statement.where(or_(*found))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Document.id, "drafted_at": Document.drafted_at},
        id=Document.id,
        paging=filters,
    )
    moment = now(session)
    off = await actions.recused(session, actor, [row for (row,) in rows])
    items = [DocumentView.of(row, actor, moment, recused=row.id in off) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_document(session: Session, actor: Author, body: DocumentRequest) -> DocumentView:
    """Draft a supervision document (起草文书) about a subject, with or without what it rests on.

    By a district or the Bureau, whose issuing body must be registered. What the kind asks may come
    later; `missing` says what is not there yet.
    """
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_document(session: ReadSession, actor: Reader, id: UUID) -> DocumentView:
    """One document, with what the caller may do with it now."""
    return await _view(session, await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_document(
    session: Session, actor: Author, id: UUID, body: DocumentPatch
) -> DocumentView:
    """Change a draft. Who does is one of its authors, and neither reviews nor signs it."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/submit")
async def submit_document(session: Session, actor: Author, id: UUID) -> DocumentView:
    """Hand a complete draft to the legal review (送法制审核)."""
    return await _view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/approve")
async def approve_document(
    session: Session, actor: Reviewer, id: UUID, body: ReviewRequest
) -> DocumentView:
    """Pass the legal review (法制审核通过), by another than those who wrote it."""
    return await _view(session, await actions.approve(session, actor, id, body), actor)


@router.post("/{id}/return")
async def return_document(
    session: Session, actor: Reviewer, id: UUID, body: ReasonRequest
) -> DocumentView:
    """Give it back to its authors (退回修改), who hand it in anew."""
    return await _view(session, await actions.give_back(session, actor, id, body), actor)


@router.post("/{id}/discard")
async def discard_document(
    session: Session, actor: Author, id: UUID, body: ReasonRequest
) -> DocumentView:
    """Give up a document that is not signed (作废)."""
    return await _view(session, await actions.discard(session, actor, id, body), actor)


@router.post("/{id}/sign")
async def sign_document(session: Session, actor: Signer, id: UUID) -> DocumentView:
    """Sign it (签发), by another than those who wrote it.

    In the same transaction it gets its number, 代字〔年〕序号 (one run for each issuing body, word
    of the kind and year, without gaps), and the digest of what it says, which the fact log keeps.
    """
    return await _view(session, await actions.sign(session, actor, id), actor)


@router.post("/{id}/serve")
async def serve_document(
    session: Session, actor: Annotated[Actor, May(SERVE)], id: UUID, body: ServiceRequest
) -> DocumentView:
    """Record its service (送达): the addressee sees it, and its terms run from the day after."""
    return await _view(session, await actions.serve(session, actor, id, body), actor)


@router.post("/{id}/acknowledge")
async def acknowledge_document(session: Session, actor: Addressee, id: UUID) -> DocumentView:
    """Sign for a document that was served on one's own body (签收)."""
    return await _view(session, await actions.acknowledge(session, actor, id), actor)


@router.post("/{id}/report")
async def report_execution(
    session: Session, actor: Addressee, id: UUID, body: ReportRequest
) -> DocumentView:
    """Report what one's own body did (报告执行情况), also when the term has passed."""
    return await _view(session, await actions.report(session, actor, id, body), actor)


@router.post("/{id}/confirm")
async def confirm_execution(
    session: Session, actor: Judge, id: UUID, body: ReviewRequest
) -> DocumentView:
    """Confirm that it is executed (执行完毕)."""
    return await _view(session, await actions.confirm(session, actor, id, body), actor)


@router.post("/{id}/refuse")
async def refuse_execution(
    session: Session, actor: Judge, id: UUID, body: ReasonRequest
) -> DocumentView:
    """Refuse what was reported; the addressee reports anew, and the term is what it was."""
    return await _view(session, await actions.refuse(session, actor, id, body), actor)


@router.post("/{id}/revoke")
async def revoke_document(
    session: Session, actor: Signer, id: UUID, body: ReasonRequest
) -> DocumentView:
    """Take back a document that was issued (撤销); its number stays used."""
    return await _view(session, await actions.revoke(session, actor, id, body), actor)

"""The verification of documents over HTTP: without a token, so often an address."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy import and_, select

from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.documents.tables import Document
from services.oversight.public_documents.schemas import VerificationQuery, VerificationView
from shared.access.actor import Public
from shared.access.visibility import published
from shared.db import ReadSession
from shared.refusals import NotFound
from shared.web import router as make_router
from shared.web.rate_limit import Limited

router = make_router("/oversight/v1/public/documents", "documents")

Code = Annotated[str, Path(pattern=r"^[0-9a-f]{20}$", description="What the QR code leads to")]


@router.get("/{code}", dependencies=[Public, Limited])
async def verify_document(
    session: ReadSession, code: Code, query: Annotated[VerificationQuery, Query()]
) -> VerificationView:
    """Whether a document in hand is one that was issued (查验真伪), and whether it still holds.

    Without a token, for whoever has the code on the page; it tells nothing of what the document
    says or whom it is about.
    """
    signed = and_(Document.code == code, Document.number.is_not(None))
    row = await session.scalar(select(Document).where(published(Document, signed)))
    if row is not None:
        return VerificationView.of(row, query.digest)
    report = await session.scalar(select(CampaignReport).where(CampaignReport.code == code))
    if report is None:
        raise NotFound
    return VerificationView.of_report(report, query.digest)

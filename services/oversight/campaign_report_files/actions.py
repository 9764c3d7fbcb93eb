"""A campaign's result report as a file."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaign_report_files.rules import body_of
from services.oversight.campaign_reports.rules import KIND
from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.document_files.actions import RENDERER, DocumentFile
from shared.documents.official import Official
from shared.documents.rendering import DocumentFormat
from shared.settings import Settings


async def file_of(
    session: AsyncSession, report: CampaignReport, kind: DocumentFormat, settings: Settings
) -> DocumentFile:
    """The report as a file; refuses with `GlyphMissing`."""
    await session.close()  # others may have the connection while the pages are made
    folder = str(settings.fonts_dir) if settings.fonts_dir else None
    content = await RENDERER(official_of(report, settings.public_url), kind, folder)
    return DocumentFile(f"{report.number}.{kind}", content, report.digest)


def official_of(report: CampaignReport, public_url: str) -> Official:
    """A report as its page says it."""
    return Official(
        issuer=report.issuer,
        number=report.number,
        kind=KIND,
        title=report.content["theme"],
        addressee=report.content["reported_to"] or "",
        body=body_of(report.content),
        attachments=(),
        issued_on=report.issued_on,
        digest=report.digest,
        verification=f"{public_url}/oversight/v1/public/documents/{report.code}",
    )

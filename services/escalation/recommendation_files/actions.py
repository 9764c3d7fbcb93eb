"""A recommendation as a file."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import IssueLevel
from services.escalation.recommendation_files.rules import paper_body
from services.escalation.recommendations.rules import RecommendationState
from services.escalation.recommendations.tables import Recommendation, papers_seen_by
from services.escalation.report_comparisons.actions import RENDERER
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import legal_day
from shared.documents.official import Paper, chinese_date
from shared.documents.rendering import DocumentFormat
from shared.figures import division_names
from shared.settings import Settings


class PaperFile(NamedTuple):
    name: str
    content: bytes


async def file_of(session: AsyncSession, actor: Actor, id: UUID, settings: Settings) -> PaperFile:
    """One visible paper as DOCX; refuses with `GlyphMissing`."""
    row = await load(session, Recommendation, id, actor, seen=papers_seen_by(actor))
    names = await division_names(session, [row.division])
    await session.close()  # others may have the connection while the pages are made
    dated = legal_day(row.issued_at or row.compiled_at)
    state = RecommendationState(row.state)
    mark = row.number or f"{state.label}，数据截至{chinese_date(legal_day(row.compiled_at))}"
    place = names.get(row.division, row.division)
    paper = Paper(
        title=row.title,
        subtitle=f"（{place}，{mark}）",
        body=paper_body(
            first=row.first_day,
            last=row.last_day,
            summary=row.summary,
            items=row.items,
            compiled=row.compiled,
        ),
        author=f"{place}（{IssueLevel(row.level).label}）",
        dated=dated,
    )
    folder = str(settings.fonts_dir) if settings.fonts_dir else None
    content = await RENDERER(paper, DocumentFormat.DOCX, folder)
    return PaperFile(f"{row.title}.docx", content)

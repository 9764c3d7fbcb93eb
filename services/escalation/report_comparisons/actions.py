"""The reports of a schedule beside each other, and merged into one file."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import IssueLevel
from services.escalation.periodic_reports import actions as reports
from services.escalation.periodic_reports.rules import PeriodicReportState
from services.escalation.periodic_reports.tables import PeriodicReport
from services.escalation.report_comparisons import rules
from services.escalation.report_comparisons.rules import Compared, Handed, Reporter
from services.escalation.report_comparisons.schemas import FileFormat
from services.escalation.report_schedules.rules import ReportKind
from services.escalation.report_schedules.tables import ReportSchedule
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import today
from shared.documents.official import Paper, chinese_date
from shared.documents.rendering import MEDIA_TYPES as DOCUMENT_TYPES
from shared.documents.rendering import DocumentFormat, Renderer
from shared.files.workbook import workbook
from shared.files.writing import MEDIA_TYPES as TABLE_TYPES
from shared.files.writing import Format
from shared.settings import Settings

RENDERER = Renderer()
MEDIA_TYPES = {
    FileFormat.DOCX: DOCUMENT_TYPES[DocumentFormat.DOCX],
    FileFormat.XLSX: TABLE_TYPES[Format.XLSX],
}


class MergedFile(NamedTuple):
    name: str
    content: bytes


async def compare(session: AsyncSession, actor: Actor, schedule_id: UUID) -> Compared:
    """The reports that the caller may see, by division."""
    schedule = await load(session, ReportSchedule, schedule_id, actor)
    report = PeriodicReport
    found = await session.scalars(
        select(report)
        .where(visible(report, actor), report.schedule_id == schedule.id)
        .order_by(report.division)
    )
    rows = found.all()
    tasks = await reports.tasks_of(session, rows)
    handed = [
        Handed(reporter=_reporter(row), submission=row.submission, tasks=tasks[row.id])
        for row in rows
    ]
    return Compared(
        schedule_id=schedule.id,
        title=schedule.title,
        kind=schedule.kind,
        basis=schedule.basis,
        author=IssueLevel(schedule.level).label,
        due_at=schedule.due_at,
        due_on=schedule.due_on,
        reporters=[one.reporter for one in handed],
        sections=rules.sections_of(schedule.sections, handed),
        tasks=rules.tasks_of(handed),
    )


async def merge(
    session: AsyncSession, actor: Actor, schedule_id: UUID, kind: FileFormat, settings: Settings
) -> MergedFile:
    """The same as one file; refuses with `GlyphMissing`."""
    told = await compare(session, actor, schedule_id)
    day = today(session)
    await session.close()  # others may have the connection while the pages are made
    title = f"{told.title}汇编"
    if kind is FileFormat.XLSX:
        content = await asyncio.to_thread(workbook, rules.sheets(told), title=title)
    else:
        label = ReportKind(told.kind).label
        paper = Paper(
            title=title,
            subtitle=f"（{label}，截至{chinese_date(day)}）",
            body=rules.paper_body(told),
            author=told.author,
            dated=day,
        )
        folder = str(settings.fonts_dir) if settings.fonts_dir else None
        content = await RENDERER(paper, DocumentFormat.DOCX, folder)
    return MergedFile(f"{title}.{kind}", content)


def _reporter(row: PeriodicReport) -> Reporter:
    return Reporter(
        periodic_report_id=row.id,
        division=row.division,
        reporter=row.reporter,
        state=PeriodicReportState(row.state),
        submitted_at=row.submitted_at,
        late=row.late,
        missing=row.submission is None,
    )

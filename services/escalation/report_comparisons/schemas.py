"""The reports of a schedule beside each other, over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field

from services.escalation.periodic_reports.rules import PeriodicReportState
from services.escalation.report_comparisons.rules import Compared
from services.escalation.report_schedules.rules import ReportKind
from shared.web.schemas import Input, View


class FileFormat(StrEnum):
    DOCX = "docx"
    XLSX = "xlsx"


class ComparisonFileQuery(Input):
    """As what it is wanted."""

    format: FileFormat = FileFormat.DOCX


class ReporterView(View):
    """How the report of a division stands."""

    periodic_report_id: UUID
    division: str
    reporter: str
    state: PeriodicReportState
    submitted_at: datetime | None
    late: bool
    missing: bool = Field(description="Nothing was handed in")


class AnswerView(View):
    """What a division says in a section; null if nothing was handed in, or nothing said."""

    division: str
    reporter: str
    text: str | None
    figures: list[UUID] = Field(description="Ids of the frozen figures that it cites")


class ComparedSectionView(View):
    code: str
    title: str
    required: bool
    answers: list[AnswerView]


class ComparedTaskView(View):
    """A focus task and what its division says of it: as handed in, or else as it stands now."""

    task_id: UUID
    division: str
    reporter: str
    title: str
    state: str
    state_name: str
    percent: int | None
    statement: str | None


class ComparisonView(View):
    """The reports of a schedule beside each other (对照)."""

    schedule_id: UUID
    title: str
    kind: ReportKind
    due_at: datetime
    reporters: list[ReporterView]
    sections: list[ComparedSectionView]
    tasks: list[ComparedTaskView]

    @classmethod
    def of(cls, told: Compared) -> Self:
        """What the caller may see of it."""
        return cls.model_validate(told, from_attributes=True)

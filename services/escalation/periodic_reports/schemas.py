"""What comes in and goes out over HTTP about periodic reports."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.ladder.rules import IssueLevel, is_holder
from services.escalation.periodic_reports import rules
from services.escalation.periodic_reports.rules import (
    Missing,
    Part,
    PeriodicReportState,
    Standing,
    Task,
)
from services.escalation.periodic_reports.tables import PeriodicReport
from services.escalation.report_schedules.rules import ReportKind
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class SectionDraft(Input):
    """A section, replaced whole; a text of null empties it."""

    code: Line = Field(examples=["measures"])
    text: Prose | None
    figures: Annotated[list[UUID], Field(max_length=20)] = Field(
        default=[], description="Ids of figures that the registry froze for this division"
    )


class StatementDraft(Input):
    """What the report says of a focus task (重点任务); null says nothing."""

    task_id: UUID
    statement: Prose | None


class ReportPatch(Input):
    """What is different in the draft; what is not named stays."""

    model_config = _example(
        sections=[{"code": "measures", "text": "建立双周会商机制,办结事项46件。", "figures": []}],
        statements=[],
    )

    sections: list[SectionDraft] = Field(default=[], max_length=40)
    statements: list[StatementDraft] = Field(default=[], max_length=60)


class SectionComment(Input):
    """What is to be mended in a section."""

    section: Line = Field(description="Code of the section", examples=["problems"])
    comment: Prose


class ReturnReportRequest(Input):
    """Why, section by section, and until when it is to be submitted again."""

    model_config = _example(
        remarks="请补充数据来源",
        comments=[{"section": "problems", "comment": "请逐项说明原因"}],
        due_on="2026-12-11",
    )

    remarks: Prose
    comments: list[SectionComment] = Field(default=[], max_length=40)
    due_on: date


class UrgeReportRequest(Input):
    """What whoever is to report is reminded of."""

    model_config = _example(remarks="请于本周内报送")

    remarks: Prose


class PeriodicReportQuery(Paging):
    """Which reports."""

    schedule_id: UUID | None = None
    programme_id: UUID | None = None
    kind: ReportKind | None = None
    state: PeriodicReportState | None = None
    outstanding: bool | None = Field(None, description="Not submitted yet, or returned")
    overdue: bool | None = Field(None, description="Outstanding, and its day has passed")
    late: bool | None = Field(None, description="Handed in after it was due")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    called_from: date | None = Field(None, description="Called for on this day or later")
    called_to: date | None = Field(None, description="Called for up to this day")
    submitted_from: date | None = Field(None, description="Submitted on this day or later")
    submitted_to: date | None = Field(None, description="Submitted up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class CitedFigures(View):
    """Figures as they were frozen, and as the report cites them."""

    frozen_figure_id: UUID
    division: str
    first_day: date
    last_day: date
    figures: dict[str, int] = Field(description="Measure → value")
    labels: dict[str, str] = Field(description="What each measure is called")
    coverages: dict[str, tuple[int, int]] = Field(description="Numerator and denominator")
    coverage_labels: dict[str, str]


class SectionDraftView(View):
    code: str
    title: str
    required: bool
    hint: str | None
    text: str | None
    figures: list[UUID]


class TaskStatementView(View):
    task_id: UUID
    title: str
    state: str
    state_name: str
    percent: int | None
    statement: str | None


class DraftView(View):
    """What is being written; the tasks are as they stand now."""

    sections: list[SectionDraftView]
    tasks: list[TaskStatementView]
    missing: list[str] = Field(description="Titles of what must be said before it is submitted")


class SubmittedSectionView(View):
    code: str
    title: str
    text: str | None
    figures: list[CitedFigures]


class SubmissionView(View):
    """What was handed in; it does not change with tasks and figures."""

    sections: list[SubmittedSectionView]
    tasks: list[TaskStatementView]


class PeriodicReportLine(ResourceView):
    """A report without its words."""

    schedule_id: UUID
    kind: ReportKind
    title: str
    programme_id: UUID | None
    division: str
    reporter: str = Field(description="Name of the division")
    from_level: IssueLevel = Field(description="Who reports")
    level: IssueLevel = Field(description="Who receives it")
    state: PeriodicReportState
    due_at: datetime = Field(description="The first moment that is too late")
    overdue: bool
    overdue_at: datetime | None
    submitted_by: str | None
    submitted_at: datetime | None
    late: bool = Field(description="Whether it was ever handed in after it was due")
    urges: int = Field(description="How often it was urged (催报)")
    accepted_by: str | None
    accepted_at: datetime | None
    created_at: datetime
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: PeriodicReport, tasks: Sequence[Task], actor: Actor, now: datetime) -> Self:
        """A report as `actor` sees it at `now`."""
        return cls(**cls._told(row, tasks, actor, now))

    @classmethod
    def _told(
        cls, row: PeriodicReport, tasks: Sequence[Task], actor: Actor, now: datetime
    ) -> dict[str, Any]:
        told = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        told["overdue"] = rules.is_overdue(state=row.state, due_at=row.due_at, now=now)
        told["allowed_actions"] = rules.allowed_actions(
            standing(row, tasks), part_of(row, actor), permissions=actor.permissions
        )
        return told


class PeriodicReportView(PeriodicReportLine):
    """The report of a division for a schedule."""

    draft: DraftView | None = Field(description="Only for who reports, until it is accepted")
    submission: SubmissionView | None = Field(description="What was handed in last")
    remarks: str | None = Field(description="What whoever receives it said last")
    comments: dict[str, str] = Field(description="Section → what is to be mended there")

    @classmethod
    def of(cls, row: PeriodicReport, tasks: Sequence[Task], actor: Actor, now: datetime) -> Self:
        """A report as `actor` sees it at `now`."""
        told = cls._told(row, tasks, actor, now)
        writes = part_of(row, actor).reports and row.state in rules.OUTSTANDING
        told["draft"] = _draft(row, tasks) if writes else None
        return cls(**told)


class Shown(NamedTuple):
    """A report, and the focus tasks that it has to speak of."""

    row: PeriodicReport
    tasks: Sequence[Task]


def _draft(row: PeriodicReport, tasks: Sequence[Task]) -> DraftView:
    said, stated = row.draft["sections"], row.draft["statements"]
    nothing: dict[str, Any] = {"text": None, "figures": []}
    lacking = missing(row, tasks)
    return DraftView(
        sections=[
            SectionDraftView.model_validate({"hint": None, **one, **said.get(one["code"], nothing)})
            for one in row.sections
        ],
        tasks=[
            TaskStatementView(
                task_id=task.id,
                title=task.title,
                state=task.state,
                state_name=task.state_name,
                percent=task.percent,
                statement=stated.get(str(task.id)),
            )
            for task in tasks
        ],
        missing=[*lacking.sections, *lacking.tasks],
    )


def missing(row: PeriodicReport, tasks: Sequence[Task]) -> Missing:
    """What the draft does not say yet."""
    return rules.missing_in(row.draft, row.sections, tasks)


def standing(row: PeriodicReport, tasks: Sequence[Task]) -> Standing:
    """What decides who may do what now."""
    return Standing(
        state=row.state, level=row.level, reporter=row.reporter, missing=missing(row, tasks)
    )


def part_of(row: PeriodicReport, actor: Actor) -> Part:
    """What the caller is to it."""
    return Part(
        reports=is_holder(row.from_level, row.scope, actor.roles, actor.division),
        receives=is_holder(row.level, row.scope, actor.roles, actor.division),
        submitted=row.submitted_by == actor.sub,
    )

"""What comes in and goes out over HTTP about report schedules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.escalation.ladder.rules import IssueLevel, is_holder
from services.escalation.periodic_reports.rules import OUTSTANDING, PeriodicReportState
from services.escalation.report_schedules import rules
from services.escalation.report_schedules.rules import ReportKind, ScheduleState, Standing
from services.escalation.report_schedules.tables import ReportSchedule
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,49}$")]
SectionCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class SectionRequest(Input):
    """A section of the reports."""

    code: SectionCode = Field(examples=["measures"])
    title: Line = Field(examples=["主要做法"])
    required: bool = True
    hint: Line | None = None


class ReportScheduleRequest(Input):
    """Who is to report what until when: the pilots of a programme, or named divisions."""

    model_config = _example(
        code="team-2026",
        kind="thematic",
        title="“一支队伍管执法”推进情况",
        basis="渝府办发〔2022〕70号",
        divisions=["500106", "500154"],
        due_on="2027-01-31",
        sections=[{"code": "measures", "title": "主要做法"}],
    )

    code: Code
    kind: ReportKind
    title: Line
    basis: Line | None = None
    programme_id: UUID | None = Field(None, description="Its pilot participants report")
    divisions: list[DivisionCode] = Field(
        default=[], max_length=60, description="Of the next level below the caller's"
    )
    due_on: date = Field(description="The last day")
    sections: list[SectionRequest] = Field(min_length=1, max_length=40)


class PilotSchedulesRequest(Input):
    """For which programme the notice's two reports are called for."""

    model_config = _example(programme_id="01932b6e-8f00-7000-8000-000000000001")

    programme_id: UUID
    interim_due_on: date | None = Field(None, description="In place of 2022-10-31")
    final_due_on: date | None = Field(None, description="In place of 2023-06-30")


class ReportScheduleQuery(Paging):
    """Which schedules."""

    programme_id: UUID | None = None
    kind: ReportKind | None = None
    state: ScheduleState | None = None


class SectionView(View):
    code: str
    title: str
    required: bool
    hint: str | None = None


class ReportScheduleView(ResourceView):
    """Reports that a level called for (报送任务)."""

    code: str
    kind: ReportKind
    title: str
    basis: str | None
    programme_id: UUID | None
    division: str
    level: IssueLevel = Field(description="Who receives them")
    due_on: date = Field(description="The last day")
    due_at: datetime = Field(description="The first moment that is too late")
    sections: list[SectionView]
    reporters: list[str] = Field(description="Codes of the divisions that report")
    counts: dict[PeriodicReportState, int] = Field(
        description="The reports that the caller may see, by state"
    )
    state: ScheduleState
    created_by: str
    created_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(
        cls, row: ReportSchedule, counts: Mapping[str, int], actor: Actor, now: datetime
    ) -> Self:
        """A schedule as `actor` sees it at `now`."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)
        }
        return cls(
            **told,
            counts={PeriodicReportState(state): number for state, number in counts.items()},
            allowed_actions=rules.allowed_actions(
                standing(row, counts),
                own=is_own(row, actor),
                now=now,
                permissions=actor.permissions,
            ),
        )


class ReportSchedulesView(View):
    """What was opened."""

    items: list[ReportScheduleView]


def standing(row: ReportSchedule, counts: Mapping[str, int]) -> Standing:
    """What decides what may be done with it now; of whoever called for them, `counts` are all."""
    return Standing(
        state=row.state,
        due_at=row.due_at,
        outstanding=sum(counts.get(state, 0) for state in OUTSTANDING),
        submitted=counts.get(PeriodicReportState.SUBMITTED, 0),
    )


def is_own(row: ReportSchedule, actor: Actor) -> bool:
    """Whether the caller acts for the level that called for the reports."""
    return is_holder(row.level, row.scope, actor.roles, actor.division)

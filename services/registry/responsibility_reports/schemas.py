"""The yearly reports on the responsibility system over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.permissions import BUREAU, SUPERVISORS, acts_in, in_charge
from services.registry.responsibility_reports.rules import (
    Reporter,
    ReportState,
    allowed_actions,
    is_overdue,
)
from services.registry.responsibility_reports.tables import ResponsibilityReport
from shared.access.actor import Actor
from shared.access.visibility import sees_scope
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Year = Annotated[int, Field(ge=2006, le=2100, examples=[2026])]


class ReportCallRequest(Input):
    """Who is to report for a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"subject_id": "019ab3a0-0000-7000-8000-000000000001", "year": 2026}]
        }
    )

    subject_id: UUID | None = None
    division: DivisionCode | None = Field(
        default=None, description="A district, whose own report it is"
    )
    year: Year


class ReportYearRequest(Input):
    """For which year all report."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"year": 2026}]})

    year: Year


class ReportSubmission(Input):
    """The report."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "summary": "本年度分解岗位12个,考核35人次,追究责任1人次。",
                    "document_no": "青府文〔2026〕40号",
                }
            ]
        }
    )

    summary: Prose
    document_no: Line | None = None


class ReportReason(Input):
    """Why."""

    reason: Annotated[
        str,
        StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
        Field(description="Shown to who reports", examples=["缺少考核结果"]),
    ]


class ReportYearView(View):
    """Who reports for a year."""

    year: int
    due_at: datetime
    subjects: int = Field(description="Subjects that were called on now")
    districts: int = Field(description="Districts that were called on now")


class ReportView(ResourceView):
    """A yearly report on the responsibility system."""

    subject_id: UUID | None
    organisation: str | None
    reported_by: Reporter
    reporter: str
    to_level: Literal["district", "bureau"] = Field(description="Who accepts it")
    division: str
    year: int
    due_at: datetime
    overdue: bool
    state: ReportState
    summary: str | None
    document_no: str | None
    submitted_at: datetime | None
    late: bool = Field(description="Whether it was submitted after it was due")
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(cls, report: ResponsibilityReport, actor: Actor, moment: datetime) -> Self:
        """The view of `report` for `actor` at a moment."""
        told: dict[str, Any] = {
            name: getattr(report, name)
            for name in cls.model_fields
            if name not in {"overdue", "late", "allowed_actions"}
        }
        actions = allowed_actions(
            state=report.state,
            permissions=actor.permissions,
            caller=actor.sub,
            submitted_by=report.submitted_by,
            may_submit=reports(actor, report),
            may_receive=receives(actor, report)
            and (report.to_level != "bureau" or of_bureau(actor)),
        )
        submitted = report.submitted_at
        return cls.model_validate(
            {
                **told,
                "overdue": is_overdue(state=report.state, due=report.due_at, now=moment),
                "late": submitted is not None and submitted >= report.due_at,
                "allowed_actions": actions,
            }
        )


def reports(actor: Actor, report: ResponsibilityReport) -> bool:
    """Whether the report is the caller's own to make, or their district's."""
    if report.organisation is None:
        return acts_in(actor, report.district, report.township)
    return in_charge(
        actor,
        district=report.district,
        township=report.township,
        organisation=report.organisation,
    )


def receives(actor: Actor, report: ResponsibilityReport) -> bool:
    """Whether the report comes to the caller's legal office, or to one below."""
    return bool(actor.roles & SUPERVISORS) and sees_scope(actor, report.district, report.township)


def of_bureau(actor: Actor) -> bool:
    return bool(actor.roles & BUREAU) and len(actor.division) == 2


class ReportQuery(Paging):
    """Which reports, in which order."""

    sort: Literal["id", "-id", "due_at", "-due_at", "updated_at", "-updated_at"] = "-id"
    state: ReportState | None = None
    year: Year | None = None
    reported_by: Reporter | None = None
    outstanding: bool | None = Field(
        default=None, description="Whether it has not been submitted, or was returned"
    )
    overdue: bool | None = Field(default=None, description="Whether it is outstanding and late")
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )

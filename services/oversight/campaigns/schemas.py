"""Campaigns over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from services.oversight.campaigns.rules import (
    MANDATORY,
    CampaignState,
    Ground,
    Recurrence,
    is_overdue,
)
from services.oversight.campaigns.tables import Campaign
from services.oversight.inspections.rules import InspectionKind, InspectionMode
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_PLAN: dict[str, JsonValue] = {
    "kind": "special",
    "mode": "announced",
    "theme": "乡镇(街道)行政执法人员持证上岗专项监督",
    "domains": ["urban_management"],
    "divisions": ["500106"],
    "starts_on": "2026-03-01",
    "ends_on": "2026-05-31",
    "plan": "抽查不少于十个镇街,重点检查持证上岗和执法全过程记录。",
    "target": 10,
    "ground": "superior",
    "ground_reference": "渝司办〔2026〕12号",
    "recurrence": "yearly",
    "recurs_until": "2028-12-31",
}


def _once(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))


Divisions = Annotated[
    list[DivisionCode],
    Field(
        min_length=1,
        max_length=50,
        description="Whose subjects may be inspected; each with those below it",
    ),
    AfterValidator(_once),
]
Domains = Annotated[
    list[Line],
    Field(max_length=50, description="Domains of enforcement; none are all"),
    AfterValidator(_once),
]
Target = Annotated[int, Field(ge=1, le=10_000, description="Inspections meant to be held")]


class CampaignRequest(Input):
    """The plan of a campaign."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLAN]})

    kind: InspectionKind
    mode: InspectionMode
    theme: Line
    domains: Domains = Field(default_factory=list)
    divisions: Divisions
    starts_on: date
    ends_on: date = Field(description="The last day")
    plan: Prose = Field(description="What is looked at, how, and by whom (工作方案)")
    target: Target | None = None
    ground: Ground
    ground_reference: Line | None = Field(
        None, description="The document that asks for it; needed for a mandatory one"
    )
    recurrence: Recurrence | None = Field(
        None, description="The next one is prepared by itself, to be approved like this one"
    )
    recurs_until: date | None = Field(None, description="The last day on which one may begin")
    approver: Line | None = Field(None, description="`sub` of whoever is asked to approve it")


class CampaignPatch(Input):
    """What to change of a plan that is not approved yet; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_on": "2026-06-30"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    theme: Line = Field(default_factory=str)
    domains: Domains = Field(default_factory=list)
    divisions: Divisions = Field(default_factory=list)
    starts_on: date = Field(default_factory=lambda: date.min)
    ends_on: date = Field(default_factory=lambda: date.min)
    plan: Prose = Field(default_factory=str)
    target: Target | None = None
    ground: Ground = Field(default_factory=lambda: Ground.PLAN)
    ground_reference: Line | None = None
    recurrence: Recurrence | None = None
    recurs_until: date | None = None
    approver: Line | None = None


class ReasonRequest(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "抽查比例不足,请补充"}]})

    reason: Prose


class ReportRequest(Input):
    """What came of it; the figures are counted from its inspections."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "summary": "共检查十个镇街,持证上岗总体规范。",
                    "problems": ["两个镇街存在证件过期仍执法的情形"],
                    "recommendations": "对证件到期人员统一组织换证培训。",
                    "reported_to": "重庆市司法局",
                }
            ]
        }
    )

    summary: Prose
    problems: list[Prose] = Field(
        default_factory=list, max_length=100, description="What is common to several subjects"
    )
    recommendations: Prose | None = None
    reported_to: Line | None = Field(
        None, description="Whom the result is reported back to; needed for a mandatory one"
    )


class CampaignFilters(Paging):
    """Which campaigns."""

    state: CampaignState | None = None
    kind: InspectionKind | None = None
    mode: InspectionMode | None = None
    ground: Ground | None = None
    mandatory: bool | None = Field(None, description="Whether one of the grounds compels it")
    overdue: bool | None = Field(None, description="Whether its report should be there by now")
    division: DivisionCode | None = Field(
        None, description="Held by this division's supervisors or those below it"
    )
    direct: Direct = False
    starts_from: date | None = Field(None, description="Starts on this day or later")
    starts_to: date | None = Field(None, description="Starts up to this day")
    q: Line | None = Field(None, description="Part of the theme")
    sort: Literal["id", "-id", "starts_on", "-starts_on"] = "-id"


class Progress(View):
    """How far a campaign has come, counted from the inspections that the caller may see."""

    inspections: int = Field(0, description="Set up and not cancelled")
    on_site: int = Field(0, description="Of them, the inspectors have been on site")
    closed: int = 0
    cancelled: int = 0
    findings: int = Field(0, description="Findings recorded")
    undecided: int = Field(0, description="Of them, neither confirmed nor withdrawn")


class ResultFigures(View):
    """What was counted when the result was reported."""

    inspections: int = Field(description="Held and closed")
    cancelled: int
    subjects: int = Field(description="Different subjects inspected")
    findings: int
    confirmed: int
    withdrawn: int
    by_severity: dict[str, int] = Field(description="Confirmed findings by severity")
    by_code: dict[str, int] = Field(description="Confirmed findings by code")
    rectifications: int = Field(description="Orders to correct")


class ResultView(View):
    """The result report (结果报告)."""

    summary: str
    problems: list[str]
    recommendations: str | None
    reported_to: str | None
    figures: ResultFigures


class CampaignView(ResourceView):
    """A campaign of supervision."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PLAN,
                    "id": "01932b70-1c00-7000-8000-0000000000c1",
                    "version": 2,
                    "state": "approved",
                    "allowed_actions": ["start"],
                    "authority": "500106",
                    "concealed": False,
                    "mandatory": True,
                    "follows_id": None,
                    "progress": {
                        "inspections": 4,
                        "on_site": 2,
                        "closed": 1,
                        "cancelled": 0,
                        "findings": 3,
                        "undecided": 1,
                    },
                    "due_at": "2026-06-29T00:00:00+08:00",
                    "overdue": False,
                    "approver": "zhou.hong",
                    "planned_at": "2026-02-10T09:00:00+08:00",
                    "planned_by": "zhao.min",
                    "changed_at": None,
                    "return_reason": None,
                    "approved_at": "2026-02-12T09:00:00+08:00",
                    "approved_by": "zhou.hong",
                    "started_at": None,
                    "report": None,
                    "reported_at": None,
                    "reported_by": None,
                    "closed_at": None,
                    "closed_by": None,
                    "cancelled_at": None,
                    "cancelled_by": None,
                    "cancel_reason": None,
                }
            ]
        }
    )

    state: CampaignState
    allowed_actions: list[str] = Field(
        description="What this caller may do now; each is a path below this, `change` is PATCH"
    )
    authority: str = Field(description="Division whose supervisors hold it")
    kind: InspectionKind
    mode: InspectionMode
    concealed: bool = Field(
        description="Only supervisors know of it until its result is reported, and none of them"
        " who works for a body that may be visited"
    )
    theme: str
    domains: list[str]
    divisions: list[str]
    starts_on: date
    ends_on: date
    plan: str
    target: int | None
    ground: Ground
    ground_reference: str | None
    mandatory: bool = Field(description="It must be held, and its result reported back")
    recurrence: Recurrence | None
    recurs_until: date | None
    follows_id: UUID | None = Field(description="The campaign that it is the next one of")
    progress: Progress
    due_at: datetime | None = Field(description="When the report is due; set by the approval")
    overdue: bool
    approver: str | None
    planned_at: datetime
    planned_by: str
    changed_at: datetime | None
    return_reason: str | None = Field(description="Of the last return, of the plan or the report")
    approved_at: datetime | None
    approved_by: str | None
    started_at: datetime | None
    report: ResultView | None
    reported_at: datetime | None
    reported_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None

    @classmethod
    def of(
        cls, row: Campaign, *, progress: dict[str, int], allowed: list[str], now: datetime
    ) -> Self:
        """The view of a campaign; `allowed` is what the caller may do with it."""
        given = {"allowed_actions", "domains", "mandatory", "progress", "due_at", "overdue"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in given
        }
        due = row.report_due_at is not None and now >= row.report_due_at
        return cls.model_validate(
            {
                **told,
                "allowed_actions": allowed,
                "domains": row.target_domains,
                "mandatory": row.ground in MANDATORY,
                "progress": progress,
                "due_at": row.report_due_at,
                "overdue": is_overdue(state=row.state, due=due),
            }
        )

"""Risks over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.permissions import answers, permissions_towards, supervises
from services.oversight.risks import rules
from services.oversight.risks.rules import TREAT, RiskKind, RiskLevel, RiskState, Strategy
from services.oversight.risks.tables import Risk
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

SUBJECT = "01932b6e-8f00-7000-8000-000000000001"


class RiskRequest(Input):
    """What could go wrong in the enforcement of a subject."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_id": SUBJECT,
                    "kind": "procedure",
                    "title": "夜间检查人员不足二人",
                    "description": "夜班仅一名持证人员,存在程序违法风险。",
                }
            ]
        }
    )

    subject_id: UUID
    kind: RiskKind
    title: Line
    description: Prose


class AssessmentRequest(Input):
    """How likely it is, and how much it would matter."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"likelihood": 4, "impact": 4, "note": "近三月已发生两次"}]}
    )

    likelihood: int = Field(ge=1, le=5)
    impact: int = Field(ge=1, le=5)
    note: Prose | None = None


class TreatmentRequest(Input):
    """What is done about it, by whom and by when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "strategy": "reduce",
                    "measures": "调整班次,夜班配备两名持证人员。",
                    "responsible": "综合行政执法大队队长",
                }
            ]
        }
    )

    strategy: Strategy
    measures: Prose
    responsible: Line = Field(description="Who answers for it (责任人)")
    due_on: date | None = Field(
        None, description="Not later than by the rule in force, which holds if this is left out"
    )


class ClosureRequest(Input):
    """What remains of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"likelihood": 1, "impact": 4, "result": "班次已调整,连续一月无异常"}]
        }
    )

    likelihood: int = Field(ge=1, le=5)
    impact: int = Field(ge=1, le=5)
    result: Prose


class DismissalRequest(Input):
    """Why it is no risk."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"result": "与已登记风险重复"}]})

    result: Prose


class RiskFilters(Paging):
    """Which risks."""

    state: RiskState | None = None
    kind: RiskKind | None = None
    risk_level: RiskLevel | None = Field(None, description="As assessed last")
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = Field(None, description="Whether the day of the treatment has passed")
    identified_from: date | None = Field(None, description="Identified on this day or later")
    identified_to: date | None = Field(None, description="Identified up to this day")
    q: Line | None = Field(None, description="Part of the title or of the subject's name")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class AssessmentView(View):
    likelihood: int
    impact: int
    level: RiskLevel
    note: str | None
    assessed_at: datetime
    assessed_by: str


class TreatmentView(View):
    strategy: Strategy
    measures: str
    responsible: str
    due_at: datetime
    treated_at: datetime
    treated_by: str


class RiskView(ResourceView):
    """An entry of the register of risks (执法风险台账)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000010",
                    "version": 1,
                    "state": "identified",
                    "allowed_actions": ["assess", "dismiss"],
                    "subject_id": SUBJECT,
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "kind": "procedure",
                    "title": "夜间检查人员不足二人",
                    "description": "夜班仅一名持证人员,存在程序违法风险。",
                    "likelihood": None,
                    "impact": None,
                    "level": None,
                    "assessments": [],
                    "strategy": None,
                    "treatments": [],
                    "due_at": None,
                    "overdue": False,
                    "overdue_at": None,
                    "identified_at": "2026-03-10T09:00:00+08:00",
                    "identified_by": "li.na",
                    "ended_at": None,
                    "ended_by": None,
                    "residual": None,
                    "result": None,
                }
            ]
        }
    )

    state: RiskState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that assesses it")
    kind: RiskKind
    title: str
    description: str
    likelihood: int | None
    impact: int | None
    level: RiskLevel | None = Field(description="As assessed last")
    assessments: list[AssessmentView]
    strategy: Strategy | None
    treatments: list[TreatmentView] = Field(description="The last one is in force")
    due_at: datetime | None = Field(description="The first moment too late for the treatment")
    overdue: bool = Field(description="The day of the treatment has passed")
    overdue_at: datetime | None = Field(description="When it last became overdue")
    identified_at: datetime
    identified_by: str
    ended_at: datetime | None
    ended_by: str | None
    residual: RiskLevel | None = Field(description="The level that remained")
    result: str | None = Field(description="Why it was closed or dismissed")

    @classmethod
    def of(cls, row: Risk, actor: Actor, now: datetime) -> Self:
        shown = {"allowed_actions", "overdue"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.standing, sub=actor.sub, permissions=permissions_on(actor, row)
            ),
        )


def permissions_on(actor: Actor, row: Risk) -> frozenset[str]:
    """What the caller may do to a risk; the unit and its supervisors may both treat it."""
    allowed = permissions_towards(actor, row)
    return allowed if supervises(actor, row) or answers(actor, row) else allowed - {TREAT}

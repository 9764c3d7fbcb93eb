"""Inspections over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.oversight.inspections import rules
from services.oversight.inspections.rules import InspectionKind, InspectionMode, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import answers, permissions_towards, supervises
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

INSPECTORS: list[JsonValue] = [
    {"sub": "li.na", "name": "李娜", "organisation": "11500000009276403U"},
    {"sub": "wang.qiang", "name": "王强", "organisation": "11500000009276403U"},
]
SUBJECT = "01932b6e-8f00-7000-8000-000000000001"


class InspectorRequest(Input):
    """A supervision officer (行政执法监督人员) on an inspection."""

    sub: Line = Field(description="Who they are to the identity provider")
    name: Line
    organisation: CreditCode = Field(description="Credit code of the body they work for")


class InspectionRequest(Input):
    """An inspection to be held."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_id": SUBJECT,
                    "kind": "special",
                    "mode": "announced",
                    "theme": "乡镇(街道)行政执法人员持证上岗",
                    "planned_on": "2026-03-10",
                    "inspectors": INSPECTORS,
                    "basis": "2026年度行政执法监督工作计划",
                }
            ]
        }
    )

    subject_id: UUID
    kind: InspectionKind
    mode: InspectionMode
    theme: Line
    planned_on: date
    inspectors: Annotated[list[InspectorRequest], Field(max_length=50)]
    basis: Prose = Field(description="What it rests on: a plan, a superior's order, a complaint")
    follows_id: UUID | None = Field(
        None, description="The verified rectification that it looks back on (回头看)"
    )
    campaign_id: UUID | None = Field(
        None, description="The running campaign that it is held under; kind and mode are the same"
    )


class RecusalRequest(Input):
    """Who leaves an inspection, why, and who comes instead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inspector": "li.na",
                    "reason": "与被检查单位负责人有近亲属关系",
                    "replacement": {
                        "sub": "chen.jie",
                        "name": "陈洁",
                        "organisation": "11500000009276403U",
                    },
                }
            ]
        }
    )

    inspector: Line = Field(description="`sub` of the one who leaves")
    reason: Prose
    replacement: InspectorRequest | None = Field(
        None, description="May be left out while enough inspectors remain"
    )


class ChallengeRequest(Input):
    """Whose recusal, and why: of the request or of its refusal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"inspector": "li.na", "reason": "与被检查单位负责人有近亲属关系"}]
        }
    )

    inspector: Line = Field(description="`sub` of the inspector")
    reason: Prose


class CancelRequest(Input):
    """Why it will not be held."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "计划调整"}]})

    reason: Prose


class SealEvidenceRequest(Input):
    """What is said of the set of evidence as it is sealed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "现场检查结束,封存取得的材料。"}]}
    )

    reason: Prose


class InspectionFilters(Paging):
    """Which inspections."""

    state: InspectionState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    closed_from: date | None = Field(None, description="Closed on this day or later")
    closed_to: date | None = Field(None, description="Closed up to this day")
    subject_id: UUID | None = None
    campaign_id: UUID | None = Field(None, description="Held under this campaign")
    follows_id: UUID | None = Field(None, description="Follow-ups of this rectification")
    kind: InspectionKind | None = None
    mode: InspectionMode | None = None
    inspector: Line | None = Field(None, description="`sub` of one of the inspectors")
    planned_from: date | None = None
    planned_to: date | None = Field(None, description="The last day")
    q: Line | None = Field(None, description="Part of the theme or of the subject's name")
    sort: Literal["id", "-id", "planned_on", "-planned_on"] = "-id"


class InspectorView(View):
    sub: str
    name: str
    organisation: str


class RecusalView(View):
    inspector: InspectorView
    reason: str
    replacement: InspectorView | None
    recused_at: datetime
    recorded_by: str


class RecusalRequestView(View):
    """That somebody asks for an inspector's recusal."""

    inspector: InspectorView
    reason: str
    asked_at: datetime
    asked_by: str
    due_at: datetime = Field(description="When the decision is due")
    granted: bool | None = Field(description="None until somebody else has decided")
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None


class InspectionView(ResourceView):
    """A supervision inspection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b70-1c00-7000-8000-000000000002",
                    "version": 3,
                    "state": "notified",
                    "allowed_actions": ["start", "recuse", "cancel"],
                    "subject_id": SUBJECT,
                    "campaign_id": None,
                    "follows_id": None,
                    "draw_id": None,
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "kind": "special",
                    "mode": "announced",
                    "theme": "乡镇(街道)行政执法人员持证上岗",
                    "basis": "2026年度行政执法监督工作计划",
                    "planned_on": "2026-03-10",
                    "inspectors": INSPECTORS,
                    "recusals": [],
                    "recusal_requests": [],
                    "concealed": False,
                    "findings": 0,
                    "undecided": 0,
                    "assigned_at": "2026-03-02T09:00:00+08:00",
                    "assigned_by": "zhao.min",
                    "accepted_at": "2026-03-02T10:00:00+08:00",
                    "notified_at": "2026-03-03T09:00:00+08:00",
                    "started_at": None,
                    "sealed_at": None,
                    "evidence_seal_id": None,
                    "signed_at": None,
                    "closed_at": None,
                    "cancelled_at": None,
                    "cancel_reason": None,
                }
            ]
        }
    )

    state: InspectionState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    subject_id: UUID
    campaign_id: UUID | None
    follows_id: UUID | None = Field(description="The rectification that it looks back on (回头看)")
    draw_id: UUID | None = Field(description="The random draw that it came out of")
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the inspecting body")
    kind: InspectionKind
    mode: InspectionMode
    theme: str
    basis: str
    planned_on: date
    inspectors: list[InspectorView]
    recusals: list[RecusalView]
    recusal_requests: list[RecusalRequestView]
    concealed: bool = Field(
        description="Only supervisors of another body see it until the inspectors are on site"
    )
    findings: int = Field(description="Findings recorded")
    undecided: int = Field(description="Of them, neither confirmed nor withdrawn")
    assigned_at: datetime
    assigned_by: str
    accepted_at: datetime | None
    notified_at: datetime | None
    started_at: datetime | None
    sealed_at: datetime | None = Field(description="When its evidence was sealed")
    evidence_seal_id: UUID | None = Field(
        description="The sealed set of all its evidence, in the newest edition"
    )
    signed_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None

    @classmethod
    def of(cls, row: Inspection, actor: Actor) -> Self:
        told: dict[str, Any] = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in {"allowed_actions", "organisation"}
        }
        return cls(
            **told,
            organisation=row.uscc,
            allowed_actions=rules.allowed_actions(
                state=row.state,
                mode=row.mode,
                undecided=row.undecided,
                recused=row.recused(actor.sub),
                permissions=_permissions(actor, row),
                challenged=row.challenged,
                asked_by=[one["asked_by"] for one in row.open_requests],
                inspectors=len(row.inspectors),
                sub=actor.sub,
            ),
        )


def _permissions(actor: Actor, row: Inspection) -> frozenset[str]:
    allowed = permissions_towards(actor, row)
    if not (supervises(actor, row) or answers(actor, row)):
        allowed -= {rules.CHALLENGE}
    return allowed

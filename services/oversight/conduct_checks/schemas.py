"""Checks of conduct over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.oversight.conduct_checks import rules
from services.oversight.conduct_checks.rules import ConductCheckState
from services.oversight.conduct_checks.tables import Checked
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

INSPECTION = "01932b70-1c00-7000-8000-000000000002"
ITEM_CODES = (
    *("uniform", "insignia", "certificate_shown", "two_officers"),
    *("civil_language", "civil_manner", "recorder_on", "discipline"),
)
ANSWERS: list[JsonValue] = [
    {"code": code, "passed": code != "uniform", "note": None} for code in ITEM_CODES
]


class ChecklistItemView(View):
    code: str
    label: str
    finding: str = Field(description="Code of the finding that it becomes when it fails")


class ChecklistView(View):
    """The checklist of conduct that is in force (执法风纪检查清单)."""

    edition: int
    effective_from: date
    legal_basis: str
    provisional: bool
    items: list[ChecklistItemView]


class ItemAnswer(Input):
    code: Line = Field(description="Of the checklist in force")
    passed: bool
    note: Prose | None = None


class ConductCheckRequest(Input):
    """What was seen: each item of the checklist in force."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inspection_id": INSPECTION,
                    "observed_on": "2026-03-10",
                    "place": "三峡广场",
                    "items": ANSWERS,
                }
            ]
        }
    )

    inspection_id: UUID
    officer_id: UUID | None = Field(None, description="An officer of the inspected subject")
    observed_on: date
    place: Line
    items: Annotated[list[ItemAnswer], Field(min_length=1, max_length=100)]


class VoidCheckRequest(Input):
    """Why it does not count."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "记录有误"}]})

    reason: Prose


class ConductCheckFilters(Paging):
    """Which checks."""

    state: ConductCheckState | None = None
    inspection_id: UUID | None = None
    subject_id: UUID | None = None
    officer_id: UUID | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    observed_from: date | None = Field(None, description="Observed on this day or later")
    observed_to: date | None = Field(None, description="Observed up to this day")
    sort: Literal["id", "-id"] = "-id"


class AnswerView(View):
    code: str
    label: str
    passed: bool
    note: str | None


class ConductCheckView(ResourceView):
    """A check of conduct (执法仪容仪表、风纪检查)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b79-0000-7000-8000-000000000009",
                    "version": 1,
                    "state": "recorded",
                    "allowed_actions": ["establish", "void"],
                    "inspection_id": INSPECTION,
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "officer_id": None,
                    "officer_name": None,
                    "observed_on": "2026-03-10",
                    "place": "三峡广场",
                    "edition": 1,
                    "items": [
                        {
                            "code": "uniform",
                            "label": "按规定着装,仪容整洁",
                            "passed": False,
                            "note": None,
                        }
                    ],
                    "violations": 1,
                    "recorded_at": "2026-03-10T11:00:00+08:00",
                    "recorded_by": "li.na",
                    "decided_at": None,
                    "decided_by": None,
                    "reason": None,
                    "finding_ids": [],
                }
            ]
        }
    )

    state: ConductCheckState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the inspecting body")
    officer_id: UUID | None
    officer_name: str | None
    observed_on: date
    place: str
    edition: int = Field(description="Of the checklist")
    items: list[AnswerView]
    violations: int
    recorded_at: datetime
    recorded_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None = Field(description="Why it was voided")
    finding_ids: list[UUID] = Field(description="The findings that the violations became")

    @classmethod
    def of(cls, checked: Checked, actor: Actor) -> Self:
        row, inspection = checked
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        return cls(
            **told,
            allowed_actions=rules.allowed_actions(
                state=row.state,
                violations=row.violations,
                inspection=inspection.state,
                recorded_by=row.recorded_by,
                sub=actor.sub,
                permissions=permissions_towards(actor, row, recused=inspection.recused(actor.sub)),
            ),
        )

"""Result reports over HTTP."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.campaign_reports.rules import KIND, Compared
from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.findings.rules import Severity
from services.oversight.measures.rules import MeasureKind, MeasureState
from services.oversight.rectifications.rules import RectificationState
from shared.web.schemas import View


class DrawnView(View):
    """The subjects that were drawn."""

    draws: int
    subjects: list[str]


class InspectedView(View):
    """One closed inspection."""

    subject: str
    division: str
    closed_on: date
    counted: tuple[int, int] = Field(description="Findings: recorded, confirmed")


class FoundView(View):
    """The confirmed findings of one code."""

    code: str
    label: str
    by_severity: dict[Severity, int]


class MeasuresView(View):
    """The measures of one kind in one state."""

    kind: MeasureKind
    state: MeasureState
    count: int


class IssuedView(View):
    """A document that was issued."""

    number: str
    label: str
    state: str


class BeforeView(View):
    """The campaign that this one is compared with."""

    theme: str
    number: str
    starts_on: date
    ends_on: date
    compared: dict[Compared, int]


_EXAMPLE: dict[str, Any] = {
    "campaign_id": "01932b70-1c00-7000-8000-0000000000c1",
    "kind": KIND,
    "number": "沙司执监报〔2026〕1号",
    "issuer": "重庆市沙坪坝区司法局",
    "issued_on": "2026-06-10",
    "frozen_at": "2026-06-10T09:00:00+08:00",
    "code": "0123456789abcdef0123",
    "digest": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    "drawn": {"draws": 1, "subjects": ["沙坪坝区覃家岗街道办事处"]},
    "inspections": [
        {
            "subject": "沙坪坝区覃家岗街道办事处",
            "division": "覃家岗街道",
            "closed_on": "2026-04-20",
            "counted": [2, 1],
        }
    ],
    "findings": [{"code": "A01", "label": "无证执法", "by_severity": {"serious": 1}}],
    "rectifications": {"verified": 1},
    "measures": [],
    "documents": [],
    "compared": {"inspections": 1, "findings": 2},
    "before": None,
}


class CampaignReportView(View):
    """What a campaign came to (结果报告), frozen when it was reported."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    campaign_id: UUID
    kind: str
    number: str = Field(description="发文字号 of the report")
    issuer: str
    issued_on: date
    frozen_at: datetime
    code: str = Field(description="For the public verification")
    digest: str = Field(description="SHA-256 of what it says; also in the fact log")
    drawn: DrawnView
    inspections: list[InspectedView] = Field(description="Those that were closed")
    findings: list[FoundView] = Field(description="Those that were confirmed, by code")
    rectifications: dict[RectificationState, int]
    measures: list[MeasuresView]
    documents: list[IssuedView]
    compared: dict[Compared, int]
    before: BeforeView | None = Field(
        description="The one that it follows, else the last one of the body on the same theme"
    )

    @classmethod
    def of(cls, row: CampaignReport) -> Self:
        own = {"kind": KIND, **{name: getattr(row, name) for name in _OWN}}
        told = {name: row.content[name] for name in cls.model_fields if name in row.content}
        return cls.model_validate({**told, **own})


_OWN = ("campaign_id", "number", "issuer", "issued_on", "frozen_at", "code", "digest")

"""Rectifications over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.findings.rules import Severity
from services.oversight.permissions import permissions_towards
from services.oversight.rectifications import rules
from services.oversight.rectifications.rules import ExtensionState, RectificationState
from services.oversight.rectifications.tables import Rectification
from shared.access.actor import Actor
from shared.law.calendar import Deadline
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import (
    Input,
    Line,
    Prose,
    References,
    ReferenceView,
    ResourceView,
    View,
)

FINDING = "01932b72-0000-7000-8000-000000000004"


class RectificationRequest(Input):
    """An order to correct a confirmed finding."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "finding_id": FINDING,
                    "requirement": "立即停止无证人员执法,核查其经办案件,并书面报告整改情况。",
                    "period": {"n": 15, "unit": "d"},
                }
            ]
        }
    )

    finding_id: UUID
    requirement: Prose
    period: Deadline | None = Field(
        None, description="Not longer than the rule in force, which holds if this is left out"
    )


class SubmissionRequest(Input):
    """What the subject did to correct it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "report": "已调离无证人员,复核案件7件,重新配备持证人员。",
                    "evidence_ids": ["01932b90-0000-7000-8000-000000000008"],
                    "references": [{"title": "人员调整通知", "number": "沙覃街发〔2026〕9号"}],
                }
            ]
        }
    )

    report: Prose
    evidence_ids: Annotated[list[UUID], Field(max_length=50)] = Field(
        default=[],
        description="The files that prove it, uploaded to it before: at least one. They are sealed",
    )
    references: References = Field(
        default=[], description="Documents that are named beside the evidence"
    )


class PlanStep(Input):
    what: Line
    by: date


class PlanRequest(Input):
    """How it will be corrected, by whom and by when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "measures": "调离无证人员,复核其经办案件,组织补考。",
                    "responsible": "街道办事处分管副主任",
                    "steps": [{"what": "调离无证人员", "by": "2026-12-01"}],
                }
            ]
        }
    )

    measures: Prose
    responsible: Line = Field(description="Who answers for it (责任人)")
    steps: list[PlanStep] = Field(default=[], max_length=50)


class ProgressRequest(Input):
    """How far it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"percent": 60, "note": "已复核案件5件,余2件。"}]}
    )

    percent: int = Field(ge=0, le=100)
    note: Prose
    references: References = Field(default=[])


class ProgressFilters(Paging):
    """Which reports."""

    sort: Literal["id", "-id"] = "-id"


class RevocationRequest(Input):
    """Why the order holds no longer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "所依据的问题认定有误"}]})

    reason: Prose


class ExtensionRequest(Input):
    """How many days more, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"days": 10, "reason": "执法资格考试于下月举行"}]}
    )

    days: int = Field(ge=1, le=366)
    reason: Prose


class GrantRequest(Input):
    """The extension that is granted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"days": 10, "decision": "同意延期"}]}
    )

    days: int | None = Field(None, ge=1, le=366, description="What was asked for if left out")
    decision: Prose | None = None


class RefusalRequest(Input):
    """Why the extension is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "理由不充分"}]})

    decision: Prose


class VerificationRequest(Input):
    """What the verification showed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "现场复核,整改到位。"}]})

    note: Prose | None = None


class RejectionRequest(Input):
    """What is still to be done, and by when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "未核查经办案件", "period": {"n": 5, "unit": "wd"}}]
        }
    )

    reason: Prose
    period: Deadline | None = Field(
        None, description="Not longer than the rule in force, which holds if this is left out"
    )


class RectificationFilters(Input):
    """Which rectifications, in which order."""

    state: RectificationState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    severity: Severity | None = None
    ordered_from: date | None = Field(None, description="Ordered on this day or later")
    ordered_to: date | None = Field(None, description="Ordered up to this day")
    due_from: date | None = Field(None, description="The deadline passes on this day or later")
    due_to: date | None = Field(None, description="The deadline passes up to this day")
    verified_from: date | None = Field(None, description="Verified on this day or later")
    verified_to: date | None = Field(None, description="Verified up to this day")
    overdue: bool | None = Field(
        None, description="Whether the deadline has passed without a submission"
    )
    subject_id: UUID | None = None
    finding_id: UUID | None = None
    inspection_id: UUID | None = None
    q: Line | None = Field(None, description="Part of the requirement or of the subject's name")
    sort: Literal["due_at", "-due_at", "ordered_at", "-ordered_at", "id", "-id"] = "due_at"


class RectificationQuery(RectificationFilters, Paging):
    """The same, a page of them."""


class RectificationExport(RectificationFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("单位", "subject_name"),
    Exported("统一社会信用代码", "organisation"),
    Exported("区划代码", "division"),
    Exported("问题代码", "code"),
    Exported("严重程度", "severity"),
    Exported("整改要求", "requirement"),
    Exported("法律依据", "legal_basis"),
    Exported("状态", "state"),
    Exported("责令时间", "ordered_at"),
    Exported("整改期限", "due_at"),
    Exported("是否逾期", "overdue"),
    Exported("剩余天数", "remaining_days"),
    Exported("签收时间", "received_at"),
    Exported("进度(%)", "percent"),
    Exported("提交时间", "submitted_at"),
    Exported("验收时间", "verified_at"),
    Exported("延期次数", "extensions_granted"),
    Exported("监督机构区划代码", "authority"),
    Exported("编号", "id"),
)


class PlanStepView(View):
    what: str
    by: date


class PlanView(View):
    """A plan of the subject."""

    measures: str
    responsible: str
    steps: list[PlanStepView]
    planned_at: datetime
    planned_by: str


class ProgressView(View):
    """A report on the way."""

    id: UUID
    percent: int
    note: str
    references: list[ReferenceView]
    reported_at: datetime
    reported_by: str


class SubmissionView(View):
    report: str
    references: list[ReferenceView] = Field(default_factory=list)
    evidence_ids: list[UUID] = Field(
        default_factory=list, description="The files that prove it, sealed as it was handed in"
    )
    evidence_seal_id: UUID | None = None
    submitted_at: datetime
    submitted_by: str
    late: bool = Field(description="It came after the deadline")
    verdict: Literal["verified", "rejected"] | None
    note: str | None
    judged_at: datetime | None
    judged_by: str | None


class ExtensionView(View):
    """The request for more time, and what became of it."""

    state: ExtensionState
    days: int = Field(description="Asked for, or granted")
    reason: str
    requested_at: datetime
    requested_by: str
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None
    due_at_before: datetime


class RectificationView(ResourceView):
    """An order to correct a finding."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b75-0000-7000-8000-000000000005",
                    "version": 2,
                    "state": "received",
                    "allowed_actions": ["begin", "request_extension"],
                    "due_at": "2026-04-20T00:00:00+08:00",
                    "due_provisional": False,
                    "overdue": False,
                    "remaining_days": 27,
                    "finding_id": FINDING,
                    "inspection_id": "01932b70-1c00-7000-8000-000000000002",
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "code": "officer-without-certificate",
                    "severity": "serious",
                    "legal_basis": ["《中华人民共和国行政处罚法》第四十二条"],
                    "requirement": "立即停止无证人员执法,并书面报告整改情况。",
                    "period": {"n": 30, "unit": "d", "roll": "none"},
                    "ordered_at": "2026-03-20T09:00:00+08:00",
                    "ordered_by": "zhao.min",
                    "received_at": "2026-03-23T09:00:00+08:00",
                    "began_at": None,
                    "submitted_at": None,
                    "submitted_by": None,
                    "submissions": [],
                    "plans": [],
                    "percent": None,
                    "progressed_at": None,
                    "verified_at": None,
                    "revoked_at": None,
                    "revoked_by": None,
                    "revoke_reason": None,
                    "extensions_granted": 0,
                    "extensions_allowed": 1,
                    "overdue_at": None,
                    "extension": None,
                }
            ]
        }
    )

    state: RectificationState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    due_at: datetime = Field(description="The first moment that is too late")
    due_provisional: bool = Field(description="The calendar behind it is not announced yet")
    overdue: bool = Field(description="The deadline has passed without a submission")
    remaining_days: int | None = Field(
        description="Calendar days to the last day, negative behind it; absent once submitted"
    )
    finding_id: UUID
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that gave the order")
    code: str = Field(description="Of the finding, from the code book")
    severity: Severity
    legal_basis: list[str]
    requirement: str
    period: Deadline = Field(description="What it was ordered with")
    ordered_at: datetime
    ordered_by: str
    received_at: datetime | None
    began_at: datetime | None
    submitted_at: datetime | None
    submitted_by: str | None
    submissions: list[SubmissionView]
    plans: list[PlanView] = Field(description="Of the subject; the last one is in force")
    percent: int | None = Field(description="How far it is, as the subject reported last")
    progressed_at: datetime | None
    verified_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None
    extensions_granted: int
    extensions_allowed: int = Field(description="By the rule in force when it was ordered")
    overdue_at: datetime | None = Field(description="When it last became overdue")
    extension: ExtensionView | None

    @classmethod
    def of(cls, row: Rectification, actor: Actor, now: datetime, *, recused: bool = False) -> Self:
        """The view for `actor`, who may have been `recused` from the inspection."""
        shown = {"allowed_actions", "overdue", "remaining_days"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            remaining_days=rules.remaining_days(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.standing,
                sub=actor.sub,
                now=now,
                permissions=permissions_towards(actor, row, recused=recused),
            ),
        )

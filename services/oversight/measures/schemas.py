"""Measures over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.measures import rules
from services.oversight.measures.rules import (
    EXECUTE,
    Executor,
    MeasureGround,
    MeasureKind,
    MeasureState,
)
from services.oversight.measures.tables import Measure
from services.oversight.permissions import answers, permissions_towards, supervises
from shared.access.actor import Actor
from shared.law.calendar import Deadline
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
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


class MeasureRequest(Input):
    """What is to be done about a confirmed finding, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "finding_id": FINDING,
                    "kind": "suspend_certificate",
                    "ground": "enforced_unlawfully",
                    "reasons": "未出示证件、单人检查,经认定属实。",
                }
            ]
        }
    )

    finding_id: UUID
    kind: MeasureKind
    ground: MeasureGround = Field(description="One that the rule `measure.<kind>` in force names")
    reasons: Prose
    requirement: Prose | None = Field(None, description="What the executor is to do")
    legal_basis: list[Line] = Field(
        default=[], max_length=20, description="What it rests on beside the rule's own basis"
    )


class DecideRequest(Input):
    """The decision on a measure that was proposed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "同意暂扣"}]})

    decision: Prose
    period: Deadline | None = Field(
        None, description="Not longer than the rule in force, which holds if this is left out"
    )


class DeclineRequest(Input):
    """Why it is not taken, or holds no longer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "情节轻微,已当场改正"}]})

    decision: Prose


class ExecuteRequest(Input):
    """What was done."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"execution": "已撤销原处罚决定并退还罚款。"}]}
    )

    execution: Prose


class ReportRequest(Input):
    """The report on the execution, with what proves it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "report": "原处罚决定已撤销,当事人已签收。",
                    "evidence_ids": ["01932b90-0000-7000-8000-000000000008"],
                    "references": [{"title": "撤销决定书", "number": "沙城管撤〔2026〕1号"}],
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


class MeasureVerdictRequest(Input):
    """What the verification showed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "已执行到位"}]})

    note: Prose | None = None


class MeasureRejectionRequest(Input):
    """What is still to be done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "未附送达回证"}]})

    reason: Prose


class MeasureFilters(Paging):
    """Which measures."""

    state: MeasureState | None = None
    kind: MeasureKind | None = None
    ground: MeasureGround | None = None
    executor: Executor | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    subject_id: UUID | None = None
    finding_id: UUID | None = None
    officer_id: UUID | None = None
    overdue: bool | None = Field(None, description="Whether its deadline has passed")
    decided_from: date | None = Field(None, description="Decided on this day or later")
    decided_to: date | None = Field(None, description="Decided up to this day")
    due_from: date | None = Field(None, description="The deadline passes on this day or later")
    due_to: date | None = Field(None, description="The deadline passes up to this day")
    q: Line | None = Field(None, description="Part of the reasons or of the subject's name")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class ReportView(View):
    report: str
    references: list[ReferenceView]
    evidence_ids: list[UUID] = Field(
        default_factory=list, description="The files that prove it, sealed as it was handed in"
    )
    evidence_seal_id: UUID | None = None
    reported_at: datetime
    reported_by: str
    late: bool = Field(description="It came after the deadline")
    verdict: Literal["verified", "rejected"] | None
    note: str | None
    judged_at: datetime | None
    judged_by: str | None


class IssuerAnswerView(View):
    """What the issuer of the certificate answered."""

    request_id: UUID = Field(description="Of the registry's suspension request")
    result: Literal["approved", "refused", "lapsed"]
    reason: str | None
    answered_at: datetime


class MeasureView(ResourceView):
    """A measure of supervision (监督处理) and what became of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b76-0000-7000-8000-000000000006",
                    "version": 2,
                    "state": "decided",
                    "allowed_actions": ["revoke"],
                    "finding_id": FINDING,
                    "inspection_id": "01932b70-1c00-7000-8000-000000000002",
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "kind": "suspend_certificate",
                    "ground": "enforced_unlawfully",
                    "legal_basis": ["《重庆市行政执法监督条例》第十八条:由发证机关暂扣行政执法证"],
                    "reasons": "未出示证件、单人检查,经认定属实。",
                    "requirement": None,
                    "executor": "issuer",
                    "officer_id": "01932b6e-9000-7000-8000-000000000003",
                    "officer_name": "张某",
                    "act_number": None,
                    "act_on": None,
                    "period": {"n": 10, "unit": "wd", "roll": "none"},
                    "due_at": "2026-04-04T00:00:00+08:00",
                    "due_provisional": False,
                    "overdue": False,
                    "overdue_at": None,
                    "proposed_at": "2026-03-19T09:00:00+08:00",
                    "proposed_by": "li.na",
                    "decided_at": "2026-03-20T09:00:00+08:00",
                    "decided_by": "zhao.min",
                    "decision": "同意暂扣",
                    "executed_at": None,
                    "executed_by": None,
                    "execution": None,
                    "reports": [],
                    "verified_at": None,
                    "revoked_at": None,
                    "revoked_by": None,
                    "issuer_answer": None,
                }
            ]
        }
    )

    state: MeasureState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    finding_id: UUID
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that takes it")
    kind: MeasureKind
    ground: MeasureGround
    legal_basis: list[str]
    reasons: str
    requirement: str | None
    executor: Executor
    officer_id: UUID | None
    officer_name: str | None
    act_number: str | None
    act_on: date | None
    period: Deadline | None = Field(description="What it was decided with")
    due_at: datetime | None = Field(
        description="The first moment that is too late to report; set with the decision"
    )
    due_provisional: bool = Field(description="The calendar behind it is not announced yet")
    overdue: bool = Field(description="The deadline has passed without a report")
    overdue_at: datetime | None = Field(description="When it last became overdue")
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None = Field(description="Why it was decided, declined or revoked")
    executed_at: datetime | None
    executed_by: str | None
    execution: str | None
    reports: list[ReportView]
    verified_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    issuer_answer: IssuerAnswerView | None

    @classmethod
    def of(cls, row: Measure, actor: Actor, now: datetime, *, recused: bool = False) -> Self:
        """The view for `actor`, who may have been `recused` from the inspection."""
        shown = {"allowed_actions", "overdue"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.standing,
                sub=actor.sub,
                permissions=permissions_on(actor, row, recused=recused),
            ),
        )


def permissions_on(actor: Actor, row: Measure, *, recused: bool) -> frozenset[str]:
    """What the caller may do to a measure; it is carried out by its executor alone."""
    match row.executor:
        case Executor.SUBJECT:
            executes = answers(actor, row)
        case Executor.AUTHORITY:
            executes = supervises(actor, row) and not recused
        case _:
            executes = False
    allowed = permissions_towards(actor, row, recused=recused)
    return allowed if executes else allowed - {EXECUTE}

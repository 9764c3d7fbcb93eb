"""What comes in and goes out over HTTP about complaints."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from services.escalation.complaints import rules
from services.escalation.complaints.rules import (
    ComplaintChannel,
    ComplaintKind,
    ComplaintState,
    Outcome,
    RefusalGround,
    ReplyMethod,
)
from services.escalation.complaints.tables import Complaint
from services.escalation.ladder.rules import IssueLevel, is_holder
from shared.access.actor import Actor
from shared.clock import SHANGHAI
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.vocabulary import Term
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


EARLIEST = datetime(2000, 1, 1, tzinfo=SHANGHAI)
Received = Annotated[AwareDatetime, Field(ge=EARLIEST)]
"""When a complaint was received; nobody waits for an answer to one from before."""


class ComplainantRequest(Input):
    """Who complained: sealed at once."""

    name: Line | None = None
    contact: Line | None = Field(None, description="Telephone, e-mail")
    address: Line | None = None


class ComplaintRequest(Input):
    """A complaint as it is taken down."""

    model_config = _example(
        channel="visit",
        kind="conduct",
        title="执法人员态度粗暴",
        content="2026年11月3日上午在某某路检查时,执法人员未出示证件,言语粗暴。",
        division="500106001",
        against="11500228709467150P",
        complainant={"name": "王某", "contact": "13800000000"},
    )

    channel: ComplaintChannel
    kind: ComplaintKind
    title: Line
    content: Prose
    division: DivisionCode = Field(description="Where it happened")
    against: CreditCode | None = Field(
        None, description="Credit code of the body complained of, which does not see it for that"
    )
    against_name: Line | None = None
    officer_certificate_no: Line | None = None
    act_number: Line | None = Field(None, description="文书号 of the act complained of")
    occurred_on: date | None = None
    received_at: Received | None = Field(
        None, description="When it was received, if earlier: the reply deadline counts from then"
    )
    complainant: ComplainantRequest | None = Field(None, description="Left out: anonymous")


class ComplaintRecord(ComplaintRequest):
    """A complaint as another system has it."""

    external_id: Line = Field(description="What it is called there")
    received_at: Received
    channel: ComplaintChannel = ComplaintChannel.HOTLINE


RECORD = {
    "external_id": "12345-20261103-000017",
    "received_at": "2026-11-03T09:30:00+08:00",
    "kind": "conduct",
    "title": "执法人员态度粗暴",
    "content": "检查时未出示证件,言语粗暴。",
    "division": "500106001",
    "complainant": {"name": "王某", "contact": "13800000000"},
}


class ComplaintImportRequest(Input):
    """Complaints of another system, each known by what it is called there."""

    model_config = _example(source="12345", backfill=False, records=[RECORD])

    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")] = Field(
        description="Which system: `12345`"
    )
    backfill: bool = Field(
        default=False, description="History loaded late: no deadline runs, nobody is told"
    )
    records: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=500,
        description="Each as a complaint to take down, with `external_id` and `received_at`; one"
        " that cannot be read holds up no other",
    )


class RecordStatus(Term):
    CREATED = "created", "已登记"
    DUPLICATE = "duplicate", "已存在且内容一致"
    DIFFERS = "differs", "已存在但内容不同,未变更"
    REFUSED = "refused", "未登记"


class RecordResult(View):
    """What became of a record, in the order they came in."""

    external_id: str | None
    status: RecordStatus
    complaint_id: UUID | None = None
    code: str | None = Field(None, description="Why it was refused")
    detail: str | None = Field(None, description="The same for people; never a value of the record")


class ComplaintImportView(View):
    """What became of the records."""

    created: int
    duplicates: int
    differing: int
    refused: int
    results: list[RecordResult]


class RefuseComplaintRequest(Input):
    """Why it is not accepted, as the complainant is told."""

    model_config = _example(
        ground="not_enforcement", reply="您反映的事项属于民事纠纷。", method="phone"
    )

    ground: RefusalGround
    reply: Prose
    method: ReplyMethod


class AssignComplaintRequest(Input):
    """Which body looks into it, and what it is asked."""

    model_config = _example(
        handler="11500106000000777X", handler_name="沙坪坝区司法局", instruction="请于五日内查明。"
    )

    handler: CreditCode
    handler_name: Line
    instruction: Prose


class ReportComplaintRequest(Input):
    """What the handling body found and did."""

    model_config = _example(result="经查,执法人员未出示证件属实,已批评教育。")

    result: Prose


class AnswerComplaintRequest(Input):
    """The answer as it was given, and what came out."""

    model_config = _example(
        outcome="substantiated", reply="您反映的情况属实,已责令整改。", method="phone"
    )

    outcome: Outcome
    reply: Prose
    method: ReplyMethod


class ExtensionRequest(Input):
    """Why the answer takes longer."""

    model_config = _example(reason="需委托鉴定")

    reason: Prose


class EscalateComplaintRequest(Input):
    """Why it is more than a single complaint."""

    model_config = _example(reason="同类投诉集中出现,需上级协调", major=False)

    reason: Prose
    major: bool = False


class CloseComplaintRequest(Input):
    """What the complainant said of the answer, if they were asked."""

    model_config = _example(satisfied=True)

    satisfied: bool | None = None


class RevealRequest(Input):
    """Why it has to be seen who complained."""

    model_config = _example(reason="电话回访核实情况")

    reason: Annotated[
        str,
        StringConstraints(min_length=4, max_length=500, strip_whitespace=True),
        Field(description="Kept in the audit trail"),
    ]


class ComplainantView(View):
    """Who complained."""

    complaint_id: UUID
    name: str | None
    contact: str | None
    address: str | None


class ComplaintQuery(Paging):
    """Which complaints."""

    state: ComplaintState | None = None
    kind: ComplaintKind | None = None
    channel: ComplaintChannel | None = None
    outcome: Outcome | None = None
    level: IssueLevel | None = Field(None, description="Who decides on it")
    against: CreditCode | None = None
    source: Line | None = Field(None, description="The system that it was imported from")
    external_id: Line | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    received_from: date | None = Field(None, description="Received on this day or later")
    received_to: date | None = Field(None, description="Received up to this day")
    answered_from: date | None = Field(None, description="Answered on this day or later")
    answered_to: date | None = Field(None, description="Answered up to this day")
    due_from: date | None = Field(None, description="The deadline passes on this day or later")
    due_to: date | None = Field(None, description="The deadline passes up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class ComplaintSummary(ResourceView):
    """A complaint in a list."""

    number: str = Field(examples=["渝诉〔2026〕17号"])
    channel: ComplaintChannel
    source: str | None
    external_id: str | None
    kind: ComplaintKind
    title: str
    division: str
    district: str | None
    level: IssueLevel = Field(description="Who decides on it")
    against: str | None
    against_name: str | None
    state: ComplaintState
    handler: str | None
    handler_name: str | None
    outcome: Outcome | None
    received_at: datetime
    due_at: datetime = Field(description="The first moment that is too late for the answer")
    due_provisional: bool = Field(description="The deadline may still move")
    overdue: bool = Field(description="The deadline has passed and nobody answered")
    anonymous: bool
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Complaint, actor: Actor, now: datetime) -> Self:
        """A complaint as `actor` sees it at `now`."""
        shown = {"overdue", "anonymous", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            anonymous=row.complainant is None,
            allowed_actions=rules.allowed_actions(
                row.standing,
                sub=actor.sub,
                in_charge=is_holder(row.level, row.scope, actor.roles, actor.division),
                handles=handles(row, actor),
                now=now,
                permissions=actor.permissions,
            ),
        )


class ComplaintView(ComplaintSummary):
    """A complaint; who complained is shown by `reveal` only."""

    content: str
    officer_certificate_no: str | None
    act_number: str | None
    occurred_on: date | None
    created_by: str
    created_at: datetime
    overdue_at: datetime | None
    accepted_at: datetime | None
    accepted_by: str | None
    refusal_ground: RefusalGround | None
    instruction: str | None
    assigned_at: datetime | None
    assigned_by: str | None
    result: str | None
    reported_by: str | None
    reported_at: datetime | None
    extension_reason: str | None
    extension_asked_by: str | None
    extension_decided_by: str | None
    extension_granted: bool | None
    reply: str | None
    reply_method: ReplyMethod | None
    answered_by: str | None
    answered_at: datetime | None
    issue_id: UUID | None = Field(description="The issue that was raised of it")
    satisfied: bool | None
    closed_at: datetime | None


def handles(row: Complaint, actor: Actor) -> bool:
    """Whether the caller works for the body that looks into it."""
    return row.handler is not None and row.handler == actor.organisation

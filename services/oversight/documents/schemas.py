"""Supervision documents over HTTP."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.oversight.document_kinds.actions import kinds
from services.oversight.document_kinds.rules import DocumentKind
from services.oversight.documents import rules
from services.oversight.documents.rules import DocumentState, ServiceMethod, Standing
from services.oversight.documents.tables import Document
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.clock import legal_day
from shared.law.calendar import Deadline
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

SUBJECT = "01932b6e-8f00-7000-8000-000000000001"
_FACTS = "2026年3月10日检查发现,你单位张某未取得行政执法证件从事执法活动。"
_REQUIREMENT = "立即停止无证人员执法,并书面报告整改情况。"
_BASIS: list[Any] = ["《重庆市行政执法监督条例》第十五条"]
_EXAMPLE: JsonDict = {
    "kind": "notice",
    "subject_id": SUBJECT,
    "title": "关于停止无证人员执法的通知",
    "facts": _FACTS,
    "legal_basis": _BASIS,
    "requirement": _REQUIREMENT,
}


class Participant(Input):
    """Who took part in an interview."""

    name: Line
    role: Line = Field(description="Post, and for whom")


Lines = Annotated[list[Line], Field(min_length=1, max_length=50)]


class DocumentContent(Input):
    """What a document says; which of it a kind must have: `GET /document-kinds`."""

    addressee: Line | None = Field(None, description="主送: the body that it goes to")
    facts: Prose | None = Field(None, description="事实")
    reasons: Prose | None = Field(None, description="理由")
    legal_basis: Lines | None = Field(None, description="依据")
    requirement: Prose | None = Field(None, description="What is asked or decided (要求、决定)")
    remedy: Prose | None = Field(None, description="How and until when to apply for 复查")
    held_on: date | None = Field(None, description="Day of the interview")
    participants: Annotated[list[Participant], Field(min_length=2, max_length=50)] | None = None
    statement: Prose | None = Field(None, description="What was said in the interview")
    materials: Lines | None = Field(None, description="What is handed over with it")
    co_issuers: Annotated[list[Line], Field(min_length=1, max_length=5)] | None = Field(
        None, description="联合行文: who issues it too, having countersigned (会签), in their order"
    )
    copies_to: Annotated[list[Line], Field(min_length=1, max_length=10)] | None = Field(
        None, description="抄送: who gets a copy"
    )


FIELDS = tuple(DocumentContent.model_fields)


class DocumentRequest(DocumentContent):
    """A document to be drafted; what is left out now can be added before the review."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: Line = Field(description="Of `GET /oversight/v1/document-kinds`, in force today")
    subject_id: UUID = Field(description="The subject that it is about")
    title: Line = Field(description="标题, without the issuer's name")
    period: Deadline | None = Field(
        None, description="To execute it, from its service; the rule's if left out"
    )
    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    rectification_id: UUID | None = None
    answers_id: UUID | None = Field(None, description="The decision that it re-examines")


class DocumentPatch(DocumentContent):
    """What to change of a draft; what is left out stays, null takes it out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"requirement": _REQUIREMENT}]})

    # The factory only makes the field optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    period: Deadline | None = Field(default=None)


class ReviewRequest(Input):
    """The opinion of the legal review."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "依据充分,同意。"}]})

    note: Prose | None = None


class ReasonRequest(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "依据引用有误。"}]})

    reason: Prose


class ServiceRequest(Input):
    """How it reached the addressee (送达回证)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "method": "direct",
                    "served_on": "2026-03-20",
                    "served_by": ["李娜", "王强"],
                    "received_by": "周某",
                    "proof": "送达回证〔2026〕12号",
                }
            ]
        }
    )

    method: ServiceMethod
    served_on: date = Field(description="Not before it was signed and not after today")
    served_by: Annotated[list[Line], Field(min_length=1, max_length=5)]
    received_by: Line | None = Field(None, description="Who took it for the addressee")
    witnesses: Annotated[list[Line], Field(max_length=5)] = Field(
        default_factory=list, description="Needed where it was left (留置送达)"
    )
    proof: Line = Field(description="The receipt, the post's number, the announcement")


class ReportRequest(Input):
    """What the addressee did."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"report": "已停止该人员执法。"}]})

    report: Prose


class DocumentFilters(Paging):
    """Which documents."""

    state: DocumentState | None = None
    kind: Line | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    subject_id: UUID | None = None
    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    rectification_id: UUID | None = None
    answers_id: UUID | None = Field(None, description="Those that re-examine this decision")
    number: Line | None = Field(None, description="The whole number (发文字号)")
    issued_from: date | None = Field(None, description="Issued on this day or later")
    issued_to: date | None = Field(None, description="Issued up to this day")
    due_from: date | None = Field(None, description="The term passes on this day or later")
    due_to: date | None = Field(None, description="The term passes up to this day")
    overdue: bool | None = Field(None, description="Whether the term passed and none reported")
    q: Line | None = Field(None, description="Part of number, title or the subject's name")
    sort: Literal["id", "-id", "drafted_at", "-drafted_at"] = "-id"


class ServiceView(View):
    """How it was served."""

    method: ServiceMethod
    served_on: date
    served_by: list[str]
    received_by: str | None
    witnesses: list[str]
    proof: str
    recorded_by: str


class ReportView(View):
    """What the addressee reported, and what was said to it."""

    report: str
    reported_at: datetime
    reported_by: str
    late: bool = Field(description="It came after the term")
    verdict: Literal["confirmed", "refused"] | None
    note: str | None
    judged_at: datetime | None
    judged_by: str | None


_ABSENT: JsonDict = dict.fromkeys(
    [
        *("addressee", "reasons", "remedy", "held_on", "participants", "statement", "materials"),
        *("co_issuers", "copies_to"),
        *("period", "inspection_id", "finding_id", "rectification_id", "answers_id"),
        *("reviewed_at", "reviewed_by", "review_note", "signed_at", "signed_by", "signer"),
        *("issuer", "issued_on", "number", "code", "digest", "served_at", "service"),
        *("acknowledged_at", "acknowledged_by", "due_at", "overdue_at", "executed_at"),
        *("objection_due_at", "ended_at", "ended_by", "end_reason"),
    ]
)
_VIEW: JsonDict = {
    **_EXAMPLE,
    **_ABSENT,
    "id": "01932b80-0000-7000-8000-000000000006",
    "version": 1,
    "state": "drafted",
    "allowed_actions": ["change", "submit", "discard"],
    "label": "行政执法监督通知书",
    "missing": [],
    "subject_name": "沙坪坝区覃家岗街道办事处",
    "uscc": "11500228709467150P",
    "division": "500106012",
    "authority": "500106",
    "disclosed": False,
    "overdue": False,
    "due_provisional": False,
    "authors": ["li.na"],
    "drafted_at": "2026-03-11T09:00:00+08:00",
    "drafted_by": "li.na",
    "reports": [],
    "objected": False,
}


class DocumentView(ResourceView):
    """A supervision document (行政执法监督文书) as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VIEW]})

    state: DocumentState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    kind: str
    label: str = Field(description="What the kind is called")
    title: str
    missing: list[str] = Field(description="What the kind asks and the draft does not have")
    subject_id: UUID
    subject_name: str
    uscc: str = Field(description="Credit code of the subject")
    division: str
    authority: str = Field(description="Division of the supervising body")
    disclosed: bool = Field(description="The subject may see it")
    addressee: str | None
    facts: str | None
    reasons: str | None
    legal_basis: list[str] | None
    requirement: str | None
    remedy: str | None
    held_on: date | None
    participants: list[Participant] | None
    statement: str | None
    materials: list[str] | None
    co_issuers: list[str] | None = Field(description="联合行文")
    copies_to: list[str] | None = Field(description="抄送")
    period: Deadline | None
    inspection_id: UUID | None
    finding_id: UUID | None
    rectification_id: UUID | None
    answers_id: UUID | None = Field(description="The decision that it re-examines")
    authors: list[str]
    drafted_at: datetime
    drafted_by: str
    reviewed_at: datetime | None
    reviewed_by: str | None
    review_note: str | None
    signed_at: datetime | None
    signed_by: str | None
    signer: str | None
    issuer: str | None = Field(description="发文机关")
    issued_on: date | None = Field(description="成文日期")
    number: str | None = Field(description="发文字号")
    code: str | None = Field(description="For the public verification")
    digest: str | None = Field(description="SHA-256 of what it says; also in the fact log")
    served_at: datetime | None
    service: ServiceView | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    due_at: datetime | None = Field(description="The first moment too late to report")
    due_provisional: bool
    overdue: bool = Field(description="The term has passed and nothing was reported")
    overdue_at: datetime | None
    reports: list[ReportView]
    executed_at: datetime | None
    objection_due_at: datetime | None = Field(description="To apply for 复查 before this moment")
    objected: bool = Field(description="A re-examination was requested")
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None

    @classmethod
    def of(cls, row: Document, actor: Actor, now: datetime, *, recused: bool = False) -> Self:
        """The view for `actor`, who may have been `recused` from the inspection behind it."""
        standing = standing_of(row, legal_day(now))
        shown = {"allowed_actions", "missing", "overdue", *FIELDS}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        told |= {name: row.content.get(name) for name in FIELDS}
        return cls(
            **told,
            missing=list(standing.missing),
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                standing,
                sub=actor.sub,
                now=now,
                permissions=permissions_towards(actor, row, recused=recused),
            ),
        )


def kind_of(row: Document, on: date) -> tuple[DocumentKind, bool]:
    """The kind as it was when the document was issued, or is on a day; and whether in force."""
    day = row.issued_on or on
    of_code: Iterable[DocumentKind] = [kind for kind in kinds() if kind.code == row.kind]
    for kind in of_code:
        if kind.in_force(day):
            return kind, True
    return max(of_code, key=lambda kind: kind.effective_from), False


def standing_of(row: Document, on: date) -> Standing:
    """What decides on the actions of a document on a day."""
    kind, in_force = kind_of(row, on)
    filled = {*row.content, *(["answers_id"] if row.answers_id else [])}
    return Standing(
        state=row.state,
        kind=row.kind,
        authors=row.authors,
        missing=kind.missing(filled),
        kind_in_force=in_force,
        executes=kind.executes,
        objection=kind.objection,
        objection_due_at=row.objection_due_at,
        objected=row.objected,
    )

"""Findings over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.findings import rules
from services.oversight.findings.rules import FindingState, LinkKind, Severity
from services.oversight.findings.tables import Finding, FindingLink
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

INSPECTION = "01932b70-1c00-7000-8000-000000000002"
FINDING = "01932b72-0000-7000-8000-000000000004"
OFFICER = "01932b6e-9000-7000-8000-000000000003"


class ActReference(Input):
    """The enforcement act (执法行为) that a finding is about."""

    number: Line = Field(description="Number of its document (文书号)")
    decided_on: date | None = None


class FindingRequest(Input):
    """Something that the inspectors found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inspection_id": INSPECTION,
                    "code": "officer-without-certificate",
                    "description": "执法人员张某在2026年3月10日对某餐饮店检查时未取得执法证。",
                    "officer_id": OFFICER,
                }
            ]
        }
    )

    inspection_id: UUID
    code: Line = Field(description="Of the code book: `GET /oversight/v1/finding-codes`")
    title: Line | None = Field(None, description="The code's label if left out")
    description: Prose
    severity: Severity | None = Field(None, description="The code's own if left out")
    legal_basis: Annotated[list[Line], Field(min_length=1, max_length=20)] | None = Field(
        None, description="The code's own if left out"
    )
    officer_id: UUID | None = Field(None, description="An officer of the inspected subject")
    act: ActReference | None = None


class LinkRequest(Input):
    """The other finding, and how the two belong together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"finding_id": FINDING, "kind": "same_cause"}]}
    )

    finding_id: UUID = Field(description="The other one; of a duplicate, the one that counts")
    kind: LinkKind
    note: Prose | None = None


class UnlinkRequest(Input):
    """The finding that it was linked to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"finding_id": FINDING}]})

    finding_id: UUID


class CommentRequest(Input):
    """What the subject says to a finding."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"comment": "情况属实,已停止该人员执法。"}]}
    )

    comment: Prose


class DecisionRequest(Input):
    """Why a finding is confirmed or withdrawn."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "现场笔录和执法台账相互印证,事实清楚。"}]}
    )

    reason: Prose


class FindingFilters(Paging):
    """Which findings."""

    state: FindingState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    recorded_from: date | None = Field(None, description="Recorded on this day or later")
    recorded_to: date | None = Field(None, description="Recorded up to this day")
    inspection_id: UUID | None = None
    subject_id: UUID | None = None
    officer_id: UUID | None = None
    code: Line | None = None
    severity: Severity | None = None
    act_number: Line | None = Field(None, description="Number of the act's document")
    duplicate: bool | None = Field(None, description="Whether it is recorded elsewhere already")
    q: Line | None = Field(None, description="Part of title, description or the subject's name")
    sort: Literal["id", "-id", "comment_due_at", "-comment_due_at"] = "-id"


class LinkFilters(Paging):
    """Which links."""

    sort: Literal["id", "-id"] = "-id"


class LinkView(View):
    """A link to another finding, as seen from one of the two."""

    id: UUID
    kind: LinkKind
    incoming: bool = Field(description="It was made from the other one")
    finding_id: UUID = Field(description="The other one")
    title: str
    state: FindingState
    subject_id: UUID
    subject_name: str
    note: str | None
    linked_at: datetime
    linked_by: str

    @classmethod
    def of(cls, link: FindingLink, other: Finding) -> Self:
        return cls(
            id=link.id,
            kind=LinkKind(link.kind),
            incoming=link.finding_id == other.id,
            finding_id=other.id,
            title=other.title,
            state=FindingState(other.state),
            subject_id=other.subject_id,
            subject_name=other.subject_name,
            note=link.note,
            linked_at=link.linked_at,
            linked_by=link.linked_by,
        )


class PastDecisionView(View):
    """A decision that was reopened, with what the subject had said."""

    decision: Literal["confirmed", "withdrawn"]
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    comment: str | None
    commented_at: datetime | None
    commented_by: str | None
    reopened_at: datetime
    reopened_by: str
    reopened_because: str


class FindingView(ResourceView):
    """A finding and what became of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b72-0000-7000-8000-000000000004",
                    "version": 1,
                    "state": "recorded",
                    "allowed_actions": ["withdraw"],
                    "inspection_id": INSPECTION,
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "code": "officer-without-certificate",
                    "code_edition": 1,
                    "title": "无证执法",
                    "description": "执法人员张某在2026年3月10日检查时未取得执法证。",
                    "severity": "serious",
                    "legal_basis": ["《中华人民共和国行政处罚法》第四十二条"],
                    "officer_id": OFFICER,
                    "officer_name": "张某",
                    "officer_certified": False,
                    "act_number": "沙城管罚〔2026〕12号",
                    "act_on": "2026-03-08",
                    "recorded_at": "2026-03-10T11:00:00+08:00",
                    "recorded_by": "li.na",
                    "comment_due_at": "2026-03-18T00:00:00+08:00",
                    "comments_ended_at": None,
                    "comment": None,
                    "commented_at": None,
                    "commented_by": None,
                    "decided_at": None,
                    "decided_by": None,
                    "reason": None,
                    "rectification_id": None,
                    "past": [],
                    "duplicate_of": None,
                }
            ]
        }
    )

    state: FindingState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the inspecting body")
    code: str
    code_edition: int = Field(description="Of the entry in the code book that it rests on")
    title: str
    description: str
    severity: Severity
    legal_basis: list[str]
    officer_id: UUID | None
    officer_name: str | None
    officer_certified: bool | None = Field(
        description="Held a certificate in force on that day, by the registry's facts: a hint"
    )
    act_number: str | None = Field(description="Number of the document of the act it is about")
    act_on: date | None
    recorded_at: datetime
    recorded_by: str
    comment_due_at: datetime = Field(description="The subject may comment before this moment")
    comments_ended_at: datetime | None = Field(description="The period passed in silence")
    comment: str | None
    commented_at: datetime | None
    commented_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None = Field(description="Why it was confirmed or withdrawn")
    rectification_id: UUID | None = Field(description="The order to correct it")
    past: list[PastDecisionView] = Field(description="Decisions that were reopened")
    duplicate_of: UUID | None = Field(description="The finding that counts in its place")

    @classmethod
    def of(cls, row: Finding, actor: Actor, now: datetime, *, recused: bool = False) -> Self:
        """The view for `actor`, who may have been `recused` from the inspection."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        return cls(
            **told,
            allowed_actions=rules.allowed_actions(
                row.standing,
                sub=actor.sub,
                now=now,
                permissions=permissions_towards(actor, row, recused=recused),
            ),
        )

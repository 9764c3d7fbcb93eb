"""What comes in and goes out over HTTP about proposals of accountability."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.escalation.accountability import rules
from services.escalation.accountability.rules import (
    AccountabilityGround,
    AccountabilityOutcome,
    AccountabilityState,
    OrganKind,
    Part,
    Suggestion,
    TargetKind,
)
from services.escalation.accountability.tables import Accountability
from services.escalation.ladder.rules import IssueLevel, is_above, is_holder
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, Reference, ReferenceView, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


Evidence = Annotated[list[Reference], Field(min_length=1, max_length=50)]
_EVIDENCE = [{"title": "检查笔录", "number": "沙司执监检〔2026〕4号"}]


class TargetRequest(Input):
    """Who is proposed: sealed at once, and cut out of the words."""

    organisation: CreditCode = Field(description="The body, or the one that the person works for")
    organisation_name: Line
    name: Line | None = Field(None, description="Of the person")
    post: Line | None = None
    certificate_no: Line | None = None


class AccountabilityRequest(Input):
    """Who is to be called to account for what, on which evidence."""

    model_config = _example(
        division="500106001",
        target_kind="officer",
        target={
            "organisation": "11500228709467150P",
            "organisation_name": "小龙坎街道办事处",
            "name": "张某",
            "post": "执法员",
        },
        ground="no_qualification",
        facts="无执法证件实施行政处罚。",
        legal_basis=["《重庆市行政执法监督条例》第十七条"],
        suggestion="leave_post",
        evidence=_EVIDENCE,
    )

    division: DivisionCode = Field(description="Where it happened")
    target_kind: TargetKind
    target: TargetRequest
    ground: AccountabilityGround
    facts: Prose
    legal_basis: Annotated[list[Line], Field(min_length=1, max_length=20)]
    suggestion: Suggestion = Field(description="What the level proposes")
    evidence: Evidence = Field(description="The documents that prove it, with their digests")


class ResubmitRequest(Input):
    """The proposal as it was mended."""

    model_config = _example(facts="补充核实:共三件。", evidence=_EVIDENCE)

    facts: Prose
    evidence: Evidence


class AccountabilityRemarks(Input):
    """What is said of it."""

    model_config = _example(remarks="证据不足,请补充询问笔录")

    remarks: Prose


class SendRequest(Input):
    """To which organ, and with which letter."""

    model_config = _example(
        organ="11500106000000777X",
        organ_name="沙坪坝区纪委监委",
        organ_kind="discipline",
        document_number="沙司执监移〔2026〕2号",
    )

    organ: CreditCode
    organ_name: Line
    organ_kind: OrganKind
    document_number: Line


class OutcomeRequest(Input):
    """What the organ decided."""

    model_config = _example(
        outcome="leave_post", text="已调离执法岗位。", number="沙纪函〔2026〕8号", on="2026-11-20"
    )

    outcome: AccountabilityOutcome
    text: Prose
    number: Line | None = Field(None, description="Of the organ's document")
    on: date


class RevealTargetRequest(Input):
    """Why it has to be seen who is proposed."""

    model_config = _example(reason="审批核对身份")

    reason: Annotated[
        str,
        StringConstraints(min_length=4, max_length=500, strip_whitespace=True),
        Field(description="Kept in the audit trail"),
    ]


class TargetView(View):
    """Who is proposed."""

    accountability_id: UUID
    organisation: str
    organisation_name: str
    name: str | None
    post: str | None
    certificate_no: str | None


class AccountabilityQuery(Paging):
    """Which proposals."""

    state: AccountabilityState | None = None
    ground: AccountabilityGround | None = None
    target_kind: TargetKind | None = None
    outcome: AccountabilityOutcome | None = None
    level: IssueLevel | None = Field(None, description="Who proposes")
    division: DivisionCode | None = Field(
        None, description="Proposed by this division and those below it"
    )
    direct: Direct = False
    overdue: bool | None = None
    proposed_from: date | None = Field(None, description="Proposed on this day or later")
    proposed_to: date | None = Field(None, description="Proposed up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class AccountabilitySummary(ResourceView):
    """A proposal in a list; never who it is about."""

    number: str = Field(examples=["渝问责〔2026〕3号"])
    division: str = Field(description="Where it happened")
    level: IssueLevel = Field(description="Who proposes")
    target_kind: TargetKind
    ground: AccountabilityGround
    suggestion: Suggestion
    state: AccountabilityState
    organ: str | None
    organ_name: str | None
    organ_kind: OrganKind | None
    outcome: AccountabilityOutcome | None
    proposed_at: datetime
    sent_at: datetime | None
    due_at: datetime | None = Field(description="The first moment that is too late")
    due_provisional: bool
    overdue: bool
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Accountability, actor: Actor, now: datetime) -> Self:
        """A proposal as `actor` sees it at `now`."""
        part = part_of(row, actor)
        told = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        told |= {
            "overdue": rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            "allowed_actions": rules.allowed_actions(
                row.state, part, permissions=actor.permissions
            ),
        }
        if not (part.in_charge or is_above(row.level, row.scope, actor.roles, actor.division)):
            told |= {"proposed_by": None, "remarks": None, "decided_by": None}
        return cls(**told)


class AccountabilityView(AccountabilitySummary):
    """A proposal; who it is about is shown by `reveal` only."""

    facts: str
    legal_basis: list[str]
    evidence: list[ReferenceView]
    proposed_by: str | None = Field(description="Not for the organ, nor are the next two")
    decided_by: str | None
    remarks: str | None
    decided_at: datetime | None
    document_number: str | None
    acknowledged_at: datetime | None
    declined: str | None
    urges: int
    message: str | None
    outcome_text: str | None
    outcome_number: str | None
    outcome_on: date | None
    reported_at: datetime | None
    closed_at: datetime | None


def part_of(row: Accountability, actor: Actor) -> Part:
    """Which part the caller has in it."""
    return Part(
        level=row.level,
        in_charge=is_holder(row.level, row.scope, actor.roles, actor.division),
        organ=row.organ is not None and row.organ == actor.organisation,
        proposed=row.proposed_by == actor.sub,
    )

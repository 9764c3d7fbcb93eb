"""What comes in and goes out over HTTP about referrals."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.matters.actions import sides_of
from services.escalation.matters.rules import is_overdue
from services.escalation.referrals import rules
from services.escalation.referrals.rules import ReferralOrgan, ReferralState, ReferralStep
from services.escalation.referrals.tables import Referral
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class ReferralRequest(Input):
    """What is to be referred, and to whom."""

    model_config = _example(
        title="执法人员涉嫌违纪线索",
        organ="discipline",
        facts="案卷评查发现……",
        sender_name="沙坪坝区司法局",
        receiver_name="沙坪坝区监察委员会",
    )

    title: Line
    organ: ReferralOrgan
    facts: Prose
    proposal: Prose | None = Field(None, description="What the receiver is asked to do")
    sender_name: Line = Field(description="Name of the caller's office")
    receiver: CreditCode | None = Field(
        None, description="Credit code of the receiver; left out: it is not in the system"
    )
    receiver_name: Line


class SendReferralRequest(Input):
    """What goes along."""

    model_config = _example()

    documents: Annotated[
        list[UUID] | None,
        Field(max_length=200, description="Attachments that go along; left out: all there are"),
    ] = None


class AnswerReferralRequest(Input):
    """What the receiver says."""

    model_config = _example(answer="予以受理", document_no="沙监函〔2026〕8号")

    answer: Prose
    document_no: Line | None = Field(
        None, description="Of the written answer; needed where the sender records it"
    )


class CompleteReferralRequest(AnswerReferralRequest):
    """When the receiver was done; the written result is due from then."""

    model_config = _example(answer="调查终结", completed_on="2026-11-20")

    completed_on: date


class TeamMemberRequest(Input):
    side: Literal["sender", "receiver"]
    name: Line
    post: Line | None = None


class FormTeamRequest(Input):
    """Who works on it together."""

    model_config = _example(
        reason="联合核查",
        members=[{"side": "sender", "name": "李某"}, {"side": "receiver", "name": "王某"}],
    )

    reason: Prose
    members: list[TeamMemberRequest] = Field(min_length=2, max_length=50)


class ReferralReasonRequest(Input):
    """Why."""

    model_config = _example(reason="请尽快反馈")

    reason: Prose


class ReferralQuery(Paging):
    """Which referrals."""

    state: ReferralState | None = None
    organ: ReferralOrgan | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    created_from: date | None = Field(None, description="Drafted on this day or later")
    created_to: date | None = Field(None, description="Drafted up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class TeamMemberView(View):
    side: str
    name: str
    post: str | None = None


class ReferralHistoryLine(View):
    """What was done, a line a step."""

    at: datetime
    by_name: str | None
    action: str
    text: str | None
    document_no: str | None
    late: bool


class ReferralView(ResourceView):
    """A referral (移送衔接)."""

    number: str
    title: str
    organ: ReferralOrgan
    facts: str
    proposal: str | None
    division: str
    sender_name: str
    receiver: str | None
    receiver_name: str
    state: ReferralState
    due_step: ReferralStep | None
    due_at: datetime | None = Field(description="The first moment that is too late for it")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    created_at: datetime
    created_by: str
    sent_at: datetime | None
    sent_by: str | None
    team: list[TeamMemberView]
    completed_on: date | None
    result: str | None
    history: list[ReferralHistoryLine]
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Referral, actor: Actor, now: datetime) -> Self:
        """One as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=is_overdue(due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.state,
                created_by=row.created_by,
                sides=sides_of(row, actor),
                outside=row.outside,
                sub=actor.sub,
                permissions=actor.permissions,
            ),
        )

"""What comes in and goes out over HTTP about cooperations."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.cooperations import rules
from services.escalation.cooperations.rules import (
    CooperationGround,
    CooperationState,
    CooperationStep,
    CostBearer,
)
from services.escalation.cooperations.tables import Cooperation
from services.escalation.matters.actions import sides_of
from services.escalation.matters.rules import is_overdue
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class CooperationRequest(Input):
    """What is asked of whom, on which basis, by when and at whose cost."""

    model_config = _example(
        title="协助送达和查询登记信息",
        request="请协助查询某某公司登记信息。",
        basis="《行政处罚法》第二十六条",
        bearer="sender",
        needed_by="2026-12-18",
        sender_name="沙坪坝区城市管理局",
        receiver_name="沙坪坝区市场监督管理局",
    )

    title: Line
    request: Prose
    basis: Line
    bearer: CostBearer
    needed_by: date = Field(description="The last day for the assistance")
    sender_name: Line = Field(description="Name of the caller's body")
    receiver: CreditCode | None = Field(
        None, description="Credit code of the body asked; left out: it is not in the system"
    )
    receiver_name: Line


class SendCooperationRequest(Input):
    """What goes along."""

    model_config = _example()

    documents: Annotated[
        list[UUID] | None,
        Field(max_length=200, description="Attachments that go along; left out: all there are"),
    ] = None


class AnswerCooperationRequest(Input):
    """What the receiver says."""

    model_config = _example(answer="同意协作", document_no="沙市监函〔2026〕8号")

    answer: Prose
    document_no: Line | None = Field(
        None, description="Of the written answer; needed where the sender records it"
    )


class RefuseCooperationRequest(AnswerCooperationRequest):
    """Why not."""

    model_config = _example(answer="该事项由税务机关负责", ground="not_competent")

    ground: CooperationGround


class CooperationReasonRequest(Input):
    """Why."""

    model_config = _example(reason="请尽快反馈")

    reason: Prose


class CooperationQuery(Paging):
    """Which requests."""

    state: CooperationState | None = None
    bearer: CostBearer | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    created_from: date | None = Field(None, description="Drafted on this day or later")
    created_to: date | None = Field(None, description="Drafted up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class CooperationHistoryLine(View):
    """What was done, a line a step."""

    at: datetime
    by_name: str | None
    action: str
    text: str | None
    document_no: str | None
    late: bool


class CooperationView(ResourceView):
    """A request for cooperation (执法协作)."""

    number: str
    title: str
    request: str
    basis: str
    bearer: CostBearer = Field(description="Who bears the cost")
    needed_by: date
    division: str
    sender: str
    sender_name: str
    receiver: str | None
    receiver_name: str
    state: CooperationState
    due_step: CooperationStep | None
    due_at: datetime | None = Field(description="The first moment that is too late for it")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    created_at: datetime
    created_by: str
    sent_at: datetime | None
    sent_by: str | None
    refusal_ground: CooperationGround | None
    result: str | None
    urges: int
    history: list[CooperationHistoryLine]
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Cooperation, actor: Actor, now: datetime) -> Self:
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

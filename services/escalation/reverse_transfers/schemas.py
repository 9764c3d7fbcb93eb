"""What comes in and goes out over HTTP about reverse transfers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.matters.actions import sides_of
from services.escalation.matters.rules import is_overdue
from services.escalation.reverse_transfers import rules
from services.escalation.reverse_transfers.rules import (
    JudicialOrgan,
    ReverseTransferState,
    ReverseTransferStep,
)
from services.escalation.reverse_transfers.tables import ReverseTransfer
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class ReverseTransferRequest(Input):
    """A case that a judicial organ hands back, as it came in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "某某公司污染环境案(不起诉)",
                    "organ": "procuratorate",
                    "sender_name": "沙坪坝区人民检察院",
                    "receiver": "11500106009283311L",
                    "receiver_name": "沙坪坝区生态环境局",
                    "document_no": "沙检意〔2026〕5号",
                    "facts": "情节轻微,已作出不起诉决定,需要给予行政处罚。",
                }
            ]
        }
    )

    title: Line
    organ: JudicialOrgan
    sender: CreditCode | None = Field(
        None, description="Credit code of the judicial organ; left out: it is not in the system"
    )
    sender_name: Line
    receiver: CreditCode = Field(description="Credit code of the body that it is handed to")
    receiver_name: Line
    transfer_id: UUID | None = Field(None, description="The transfer that it comes back from")
    document_no: Line = Field(description="Of the letter that it came with")
    facts: Prose
    opinion: Prose | None = Field(None, description="What the organ proposes (检察意见)")


class DecideReverseTransferRequest(Input):
    """Why it is dealt with, or why not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "违法事实清楚,立案处理"}]})

    reason: Prose


class ReplyReverseTransferRequest(Input):
    """What came of it, with what goes along."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"result": "已作出行政处罚决定"}]})

    result: Prose
    documents: Annotated[
        list[UUID] | None,
        Field(max_length=200, description="Attachments that go along; left out: all there are"),
    ] = None


class ReverseTransferQuery(Paging):
    """Which reverse transfers."""

    state: ReverseTransferState | None = None
    organ: JudicialOrgan | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    created_from: date | None = Field(None, description="Registered on this day or later")
    created_to: date | None = Field(None, description="Registered up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class ReverseHistoryLine(View):
    """What was done, a line a step."""

    at: datetime
    by_name: str | None
    action: str
    text: str | None
    late: bool


class ReverseTransferView(ResourceView):
    """A reverse transfer (反向移送)."""

    number: str
    title: str
    organ: JudicialOrgan
    division: str
    sender: str | None
    sender_name: str
    receiver: str
    receiver_name: str
    transfer_id: UUID | None
    document_no: str
    facts: str
    opinion: str | None
    state: ReverseTransferState
    due_step: ReverseTransferStep | None
    due_at: datetime | None = Field(description="The first moment that is too late for it")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    created_at: datetime
    created_by: str
    decided_by: str | None
    decided_at: datetime | None
    result: str | None
    replied_at: datetime | None
    history: list[ReverseHistoryLine]
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: ReverseTransfer, actor: Actor, now: datetime) -> Self:
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
                sub=actor.sub,
                permissions=actor.permissions,
            ),
        )

"""What comes in and goes out over HTTP about transfers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.matters.actions import sides_of
from services.escalation.matters.rules import is_overdue
from services.escalation.transfers import rules
from services.escalation.transfers.rules import TransferState, TransferStep
from services.escalation.transfers.tables import Transfer
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Documents = Annotated[
    list[UUID] | None,
    Field(max_length=200, description="Attachments that go along; left out: all there are"),
]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class InvestigatorRequest(Input):
    """An officer who verified the case."""

    name: Line
    certificate_no: Line


class TransferRequest(Input):
    """A case that may be a crime, as officers report it to the head of their body."""

    model_config = _example(
        title="某某食品厂生产不符合安全标准食品案",
        offence="生产、销售不符合安全标准的食品罪",
        facts="2026年11月3日检查发现……",
        sender_name="沙坪坝区市场监督管理局",
        receiver_name="沙坪坝区公安局",
        investigators=[
            {"name": "李某", "certificate_no": "渝050106001"},
            {"name": "王某", "certificate_no": "渝050106002"},
        ],
    )

    title: Line
    offence: Line = Field(description="涉嫌罪名")
    facts: Prose
    case_number: Line | None = Field(None, description="Of the administrative case")
    sender_name: Line = Field(description="Name of the caller's body")
    receiver: CreditCode | None = Field(
        None, description="Credit code of the police authority; left out: it is not in the system"
    )
    receiver_name: Line
    investigators: list[InvestigatorRequest] = Field(min_length=1, max_length=20)


class SendTransferRequest(Input):
    """What goes along: five kinds of material, by the rule `transfer.materials`."""

    model_config = _example(absent={"goods_list": "无涉案物品"})

    documents: Documents = None
    absent: dict[AttachmentKind, Line] = Field(
        default_factory=dict, description="Materials that do not exist, and why"
    )


class AnswerTransferRequest(Input):
    """What the police or the procuratorate decided, and why."""

    model_config = _example(
        answer="经审查不构成犯罪,不予立案。", document_no="沙公不立字〔2026〕3号"
    )

    answer: Prose
    document_no: Line | None = Field(
        None, description="Of the written answer; needed where the sender records it"
    )


class ForwardTransferRequest(AnswerTransferRequest):
    """To which authority it was passed on."""

    model_config = _example(answer="犯罪地在渝北", receiver_name="两江新区公安局")

    receiver: CreditCode | None = None
    receiver_name: Line


class RequestRequest(Input):
    """Why the refusal is not accepted, with what goes along."""

    model_config = _example(reason="涉案金额已达追诉标准,见补充鉴定。")

    reason: Prose
    documents: Documents = None


class SupervisionRequest(RequestRequest):
    """Which procuratorate is asked."""

    model_config = _example(reason="应当立案而不立案", procuratorate_name="沙坪坝区人民检察院")

    procuratorate: CreditCode | None = None
    procuratorate_name: Line


class HandOverGoodsRequest(Input):
    """The goods, by their papers."""

    model_config = _example(remarks="冷冻肉品2吨,已办结交接手续")

    remarks: Prose
    documents: Documents = None


class ReasonRequest(Input):
    """Why."""

    model_config = _example(reason="未达到刑事追诉标准")

    reason: Prose


class TransferQuery(Paging):
    """Which transfers."""

    state: TransferState | None = None
    due_step: TransferStep | None = None
    sender: CreditCode | None = None
    receiver: CreditCode | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    created_from: date | None = Field(None, description="Reported on this day or later")
    created_to: date | None = Field(None, description="Reported up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class InvestigatorView(View):
    name: str
    certificate_no: str


class HistoryLine(View):
    """What was done, a line a step."""

    at: datetime
    by_name: str | None
    action: str
    text: str | None
    document_no: str | None
    late: bool = Field(description="After the deadline")


class TransferSummary(ResourceView):
    """A transfer in a list."""

    number: str = Field(examples=["渝移〔2026〕3号"])
    title: str
    offence: str
    division: str
    district: str | None
    sender: str
    sender_name: str
    receiver: str | None
    receiver_name: str
    state: TransferState
    due_step: TransferStep | None = Field(description="What is due now")
    due_at: datetime | None = Field(description="The first moment that is too late for it")
    due_provisional: bool
    overdue: bool
    created_at: datetime
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Transfer, actor: Actor, now: datetime) -> Self:
        """A transfer as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=is_overdue(due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.standing,
                sides=sides_of(row, actor, row.procuratorate),
                sub=actor.sub,
                now=now,
                permissions=actor.permissions,
            ),
        )


class TransferView(TransferSummary):
    """A transfer (两法衔接移送)."""

    facts: str
    case_number: str | None
    investigators: list[InvestigatorView]
    created_by: str
    decided_by: str | None
    decided_at: datetime | None
    absent: dict[AttachmentKind, str]
    goods: bool = Field(description="Whether there are goods to hand over once it is filed")
    goods_sent_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    filed_at: datetime | None
    procuratorate: str | None
    procuratorate_name: str | None
    concluded_at: datetime | None
    overdue_at: datetime | None
    history: list[HistoryLine]

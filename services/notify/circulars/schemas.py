"""Circulars over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.types import JsonValue
from pydantic_core import PydanticCustomError

from services.notify.circulars.rules import (
    RECEIPT,
    SENT,
    AudienceRole,
    CircularKind,
    CircularState,
    ReceiptState,
    allowed_actions,
    shown_item,
)
from services.notify.circulars.tables import Circular, CircularRecipient
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_ITEM: dict[str, JsonValue] = {
    "name": "沙坪坝区某街道办事处",
    "division": "500106001",
    "organisation": "11500106009283311L",
    "matter": "三起案件未在规定期限内整改到位",
}
_EXAMPLE: dict[str, JsonValue] = {
    "division": "500106",
    "kind": "criticism",
    "title": "关于整改逾期情况的通报",
    "body": "现将今年第二季度行政执法监督整改逾期情况通报如下。",
    "items": [_ITEM],
    "anonymous": True,
    "offices": [{"role": "township_enforcement", "division": "500106", "below": True}],
    "bodies": ["11500106009283311L"],
}


class CircularItem(Input):
    """Whom the circular is about, and the matter (通报事项)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    name: Line
    division: DivisionCode | None = Field(
        None, description="Where it lies: its supervisors read the name also if it is anonymised"
    )
    organisation: CreditCode | None = Field(
        None, description="Its credit code: its own people read the name"
    )
    matter: Prose


class CircularOffices(Input):
    """The offices of a role in a division, or in all divisions of it that have such an office."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"role": "township_enforcement", "division": "500106", "below": True}]
        }
    )

    role: AudienceRole
    division: DivisionCode
    below: bool = Field(False, description="Also in the divisions below it")


class CircularPeriodRequest(Input):
    """The period that a progress circular tells of, both days in it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first_day": "2026-06-01", "last_day": "2026-06-30"}]}
    )

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise PydanticCustomError(
                "period-ends-before-it-begins",
                "the last day is not before the first",
                {"zh": "期间的最后一日不得早于第一日"},
            )
        return self


Items = Annotated[list[CircularItem], Field(max_length=100)]
Offices = Annotated[
    list[CircularOffices], Field(max_length=50, description="The offices that it goes to")
]
Bodies = Annotated[
    list[CreditCode],
    Field(max_length=10_000, description="Credit codes of the bodies that it goes to"),
]


class CircularRequest(Input):
    """A circular to be written."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    division: DivisionCode = Field(description="Whose office issues it")
    kind: CircularKind
    title: Line
    body: Prose
    items: Items = Field(default_factory=list)
    anonymous: bool = Field(
        False,
        description="Who is named in `items` is shown to the issuing office, to the supervisors of"
        " the place and to the body itself alone",
    )
    offices: Offices = Field(default_factory=list)
    bodies: Bodies = Field(default_factory=list)
    period: CircularPeriodRequest | None = Field(
        None, description="Of a progress circular: it is filled with the figures frozen for it"
    )


def _no_period() -> CircularPeriodRequest:
    return CircularPeriodRequest(first_day=date.min, last_day=date.min)


class CircularPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "关于第二季度整改逾期情况的通报"}]}
    )

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    body: Prose = Field(default_factory=str)
    items: Items = Field(default_factory=list)
    anonymous: bool = Field(default_factory=bool)
    offices: Offices = Field(default_factory=list)
    bodies: Bodies = Field(default_factory=list)
    period: CircularPeriodRequest = Field(
        default_factory=_no_period,
        description="Named again, the figures and tasks are read anew",
    )


class CircularReason(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "数据有误"}]})

    reason: Prose


class CircularQuery(Paging):
    """Which circulars, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    kind: CircularKind | None = None
    state: CircularState | None = None
    division: DivisionCode | None = Field(None, description="Issued by it or below it")
    direct: Direct = False
    pending: bool | None = Field(
        None, description="Whether the caller's office or body has yet to acknowledge it"
    )


class CircularItemView(View):
    name: str = Field(description="An anonymised one is 某单位 with its place in the list")
    division: str | None
    organisation: str | None
    matter: str


class CircularOfficesView(View):
    role: AudienceRole
    division: str
    below: bool


class ProgressView(View):
    """What is known of a division's progress, as it was when the period was named."""

    division: str
    name: str
    fact: UUID = Field(description="Id of the fact by which the figures were frozen")
    figures: dict[str, int] = Field(description="Measure of the registry → value")
    coverages: dict[str, tuple[int, int]] = Field(
        description="Kind of coverage → numerator and denominator"
    )
    tasks: dict[str, int] = Field(description="State of focus tasks → how many")
    tasks_stalled: int = Field(description="Of which nothing was reported for too long")
    tasks_late: int = Field(description="Of which a milestone is overdue")


class OwnReceiptView(View):
    """What the caller's office or body has done with it."""

    recipient_id: UUID
    role: str
    organisation: str | None
    state: ReceiptState
    acknowledged_at: datetime | None
    acknowledged_name: str | None = Field(description="Who acknowledged it there")

    @classmethod
    def of(cls, row: CircularRecipient) -> Self:
        return cls(
            recipient_id=row.id,
            role=row.role,
            organisation=row.organisation,
            state=row.state,
            acknowledged_at=row.acknowledged_at,
            acknowledged_name=row.acknowledged_name,
        )


class CircularSummaryView(ResourceView):
    """A circular (通报) as a list shows it."""

    division: str
    kind: CircularKind
    title: str
    anonymous: bool
    state: CircularState
    number: str | None
    issued_at: datetime | None
    due_at: datetime | None = Field(description="Until when it is to be acknowledged")
    recipients: int = Field(description="How many offices and bodies it was issued to")
    created_at: datetime
    updated_at: datetime


class CircularView(CircularSummaryView):
    """A circular (通报)."""

    body: str
    items: list[CircularItemView]
    first_day: date | None
    last_day: date | None
    progress: list[ProgressView]
    offices: list[CircularOfficesView] | None = Field(
        description="To whom it goes; for the issuing office"
    )
    bodies: list[str] | None = Field(description="The same")
    reason: str | None = Field(description="Why it was returned, recalled or discarded")
    receipts: list[OwnReceiptView] = Field(description="Of the caller's offices and body")
    allowed_actions: list[str]

    @classmethod
    def of(
        cls,
        row: Circular,
        actor: Actor,
        *,
        in_office: bool,
        full: set[int],
        own: list[CircularRecipient],
    ) -> Self:
        """The view for `actor`, of the issuing office or one above it, or not; `full` says which
        items are shown whole, `own` are the caller's as a recipient."""
        told: dict[str, Any] = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in {"items", "offices", "bodies", "receipts", "allowed_actions"}
        }
        actions = []
        if in_office:
            actions = allowed_actions(
                state=row.state,
                authors=row.authors,
                sub=actor.sub,
                permissions=actor.permissions,
            )
        elif row.state != CircularState.RECALLED:
            told["reason"] = None  # of its drafting
        if row.state == CircularState.ISSUED and any(r.acknowledged_at is None for r in own):
            actions += RECEIPT.allowed_actions(ReceiptState.PENDING, actor.permissions)
        items = [
            shown_item(item, place, anonymous=row.anonymous, in_full=place in full)
            for place, item in enumerate(row.items, 1)
        ]
        return cls.model_validate(
            {
                **told,
                "items": items,
                "offices": row.offices if in_office else None,
                "bodies": row.bodies if in_office else None,
                "receipts": [OwnReceiptView.of(one) for one in own] if row.state in SENT else [],
                "allowed_actions": actions,
            }
        )

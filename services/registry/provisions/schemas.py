"""Provisions over HTTP. Amounts are text in yuan with two decimals: see `shared.web.money`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.permissions import in_charge
from services.registry.provisions.rules import ProvisionKind, ProvisionState, allowed_actions
from services.registry.provisions.tables import Provision
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.identifiers import CreditCode
from shared.web.money import Yuan
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

Year = Annotated[int, Field(ge=2000, le=2100)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the entry", examples=["设备报废"]),
]


class ProvisionRequest(Input):
    """Something that enforcement or its supervision is to be provided with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "equipment",
                    "division": "500106",
                    "year": 2027,
                    "name": "执法记录仪",
                    "quantity": 20,
                    "unit": "台",
                    "amount": "36000.00",
                }
            ]
        }
    )

    kind: ProvisionKind
    division: DivisionCode
    organisation: CreditCode | None = Field(
        default=None, description="The body; left out where it is the division's as a whole"
    )
    year: Year = Field(description="For which it is planned")
    name: Line
    quantity: Quantity
    unit: Line = Field(description="What is counted: 个, 名, 套, 台, 项")
    amount: Yuan = Field(description="What it costs in all; 0.00 where it costs nothing")


class ProvisionPatch(Input):
    """Fields to change while it is planned; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 25}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    quantity: Quantity = Field(default_factory=int)
    unit: Line = Field(default_factory=str)
    amount: Yuan = Field(default_factory=Decimal)


class ApprovalRequest(Input):
    """By which document it was approved."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_no": "沙财采〔2026〕3号"}]}
    )

    document_no: Line


class DeliveryRequest(Input):
    """How many arrived."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 18}]})

    quantity: Quantity | None = Field(default=None, description="All if left out")


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class ProvisionView(ResourceView):
    """An entry of the ledger."""

    kind: ProvisionKind
    division: str
    level: Level
    organisation: str | None
    year: int
    name: str
    quantity: int
    unit: str
    amount: Yuan
    delivered_quantity: int | None
    delivered_on: date | None
    document_no: str | None = Field(description="Number of the approval")
    state: ProvisionState
    reason: str | None = Field(description="Why it was retired or cancelled")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, provision: Provision, actor: Actor) -> Self:
        """The view of `provision` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(provision, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if in_charge(
            actor,
            district=provision.district,
            township=provision.township,
            organisation=provision.organisation or "",
        ):
            actions = allowed_actions(
                state=provision.state,
                permissions=actor.permissions,
                caller=actor.sub,
                planned_by=provision.planned_by,
            )
        return cls.model_validate({**told, "allowed_actions": actions})


class KindView(View):
    """How a division is provided with one kind, by the entries of a year and of those before."""

    kind: ProvisionKind
    planned: int = Field(description="Entries that wait for approval")
    approved: int = Field(description="Entries that are approved and have not arrived")
    delivered: int = Field(description="Entries that arrived and are not in use yet")
    in_use: int
    undelivered: int = Field(description="Pieces that were approved and did not arrive with theirs")
    outstanding_amount: Yuan = Field(description="Of what is planned or approved")
    provided_amount: Yuan = Field(description="Of what has arrived or is in use")
    missing: bool = Field(description="Whether nothing of this kind is in use")
    gap: bool = Field(description="Whether it is missing, or something is still to arrive")


class DivisionSummaryView(View):
    """How a division is provided with the five kinds."""

    division: str
    kinds: list[KindView] = Field(description="All five, always")


class SummaryView(View):
    """Division by division, of what the caller may see."""

    year: int
    items: list[DivisionSummaryView]


class ProvisionQuery(Paging):
    """Which entries, in which order."""

    sort: Literal["id", "-id", "year", "-year", "updated_at", "-updated_at"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    organisation: CreditCode | None = None
    kind: ProvisionKind | None = None
    year: Year | None = None
    state: ProvisionState | None = None


class SummaryQuery(Input):
    """Of which division and year."""

    division: DivisionCode = Field(description="This division and everything in it")
    year: Year | None = Field(default=None, description="This year if left out")

"""Contact points over HTTP. The liaison's phone comes in and goes out masked."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from services.registry.contact_points.rules import (
    ContactPointKind,
    ContactPointState,
    allowed_actions,
    is_overdue,
)
from services.registry.contact_points.tables import PHONE_CONTEXT, ContactPoint
from services.registry.permissions import acts_in
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.sealing import Seal
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

PHONE_PATTERN = r"^\+?[0-9][0-9 -]{5,18}[0-9]$"

_PHONE = re.compile(PHONE_PATTERN[:-1] + r"\Z")


def _phone(value: SecretStr) -> SecretStr:
    if not _PHONE.match(value.get_secret_value()):
        raise PydanticCustomError(
            "phone-number-invalid",
            "a phone number is 7 to 20 digits, blanks and dashes",
            {"zh": "电话号码应为7至20位数字"},
        )
    return value


Phone = Annotated[
    SecretStr,
    AfterValidator(_phone),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PHONE_PATTERN,
            "writeOnly": True,
            "description": "Sealed at rest, shown masked",
            "examples": ["13900000001"],
        }
    ),
]


def masked_phone(number: str) -> str:
    """The one form in which a phone number is shown: `139******01`."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the contact point", examples=["所在社区合并"]),
]

_EXAMPLE: JsonDict = {
    "name": "青木关镇关口村行政执法联系点",
    "kind": "village_community",
    "division": "500106104",
    "address": "关口村便民服务中心",
    "host": "关口村村民委员会",
    "liaison": "刘某",
    "liaison_phone": "13900000001",
}


class ContactPointRequest(Input):
    """A contact point that is to be set up."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Line
    kind: ContactPointKind
    division: DivisionCode = Field(description="The district or township in which it lies")
    address: Line | None = None
    host: Line = Field(description="The organisation at which it is set up")
    liaison: Line = Field(description="Who is spoken to there")
    liaison_phone: Phone | None = None


class ContactPointPatch(Input):
    """Fields to change; what is left out stays. The division never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"liaison": "张某"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    kind: ContactPointKind = Field(default_factory=lambda: ContactPointKind.OTHER)
    address: Line | None = Field(default_factory=lambda: None)
    host: Line = Field(default_factory=str)
    liaison: Line = Field(default_factory=str)
    liaison_phone: Phone | None = Field(default_factory=lambda: None)


class ContactPointReason(Input):
    """Why."""

    reason: Reason


class VisitRequest(Input):
    """A visit that was made, and what was heard there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "visitors": ["王某", "李某"],
                    "topics": ["占道经营执法"],
                    "heard": "经营户反映同一事项一月内被三个部门检查。",
                }
            ]
        }
    )

    visited_on: date | None = Field(default=None, description="Today if left out")
    visitors: list[Line] = Field(min_length=1, max_length=20, description="Who went")
    topics: list[Line] = Field(min_length=1, max_length=20)
    heard: Prose | None = Field(default=None, description="Matters that were heard")


class VisitView(View):
    """A visit to a contact point."""

    id: UUID
    visited_on: date
    visitors: list[str]
    topics: list[str]
    heard: str | None
    created_by: str = Field(description="`sub` of who recorded it")
    created_at: datetime


class ContactPointView(ResourceView):
    """A contact point."""

    name: str
    kind: ContactPointKind
    division: str
    address: str | None
    host: str
    liaison: str
    liaison_phone: str | None = Field(description="Masked", examples=["139******01"])
    state: ContactPointState
    opened_on: date | None
    last_visited_on: date | None
    due_at: datetime | None = Field(description="When the next visit is too late; while it is open")
    overdue: bool
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, point: ContactPoint, actor: Actor, seal: Seal, moment: datetime) -> Self:
        """The view of `point` for `actor` at a moment."""
        told: dict[str, Any] = {
            name: getattr(point, name)
            for name in cls.model_fields
            if name not in {"liaison_phone", "overdue", "allowed_actions"}
        }
        phone = point.liaison_phone and masked_phone(seal.open(point.liaison_phone, PHONE_CONTEXT))
        actions: list[str] = []
        if acts_in(actor, point.district, point.township):
            actions = allowed_actions(
                state=point.state,
                permissions=actor.permissions,
                caller=actor.sub,
                proposed_by=point.created_by,
            )
        return cls.model_validate(
            {
                **told,
                "liaison_phone": phone,
                "overdue": is_overdue(due_at=point.due_at, now=moment),
                "allowed_actions": actions,
            }
        )


class ContactPointQuery(Paging):
    """Which contact points, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    state: ContactPointState | None = None
    kind: ContactPointKind | None = None
    overdue: bool | None = Field(default=None, description="Whether a visit is overdue")
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    opened_from: date | None = Field(default=None, description="Opened on this day or later")
    opened_to: date | None = Field(default=None, description="Opened up to this day")
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the host, or pinyin initials"
    )


class VisitQuery(Paging):
    """Which part of the visits; the newest first unless said otherwise."""

    sort: Literal["visited_on", "-visited_on"] = "-visited_on"


class CoverageQuery(Input):
    """Of which district."""

    district: DivisionCode | None = Field(
        default=None, description="A district's code; the caller's own division if left out"
    )


class CoveredDivision(View):
    """A division below, and how it is covered."""

    division: str
    name: str
    townships: int
    covered: int = Field(description="Townships with an open contact point")
    open: int = Field(description="Open contact points in it")


class CoverageView(View):
    """Which townships have an open contact point."""

    division: str
    townships: int
    covered: int
    items: list[CoveredDivision] = Field(
        description="The townships of a district; the districts of the city"
    )

"""Guidance links over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.guidance_links.rules import LIFECYCLE, GuidanceLinkState
from services.registry.guidance_links.tables import GuidanceLink
from services.registry.permissions import in_charge
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.past import AsOf, Since
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView


class GuidanceLinkRequest(Input):
    """Which department guides a township in a domain, or with one item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106104",
                    "domain": "urban_management",
                    "department": "沙坪坝区城市管理局",
                }
            ]
        }
    )

    division: DivisionCode = Field(description="The township or subdistrict")
    domain: Domain | None = None
    item_id: UUID | None = Field(
        default=None, description="An item of the township's list in force, instead of a domain"
    )
    department_id: UUID | None = Field(default=None, description="A published subject")
    department: Line | None = Field(default=None, description="Its name; the subject's if left out")
    since: Since = None


class EndRequest(Input):
    """Why the department guides no longer."""

    reason: Prose = Field(examples=["部门职责调整"])


class GuidanceLinkView(ResourceView):
    """A guiding department of a township."""

    division: str
    domain: Domain | None
    item_code: str | None
    item_name: str | None
    department_id: UUID | None
    department: str
    organisation: str | None = Field(description="Credit code of the department, if registered")
    state: GuidanceLinkState
    assigned_on: date
    ended_on: date | None = Field(description="The first day on which it no longer guides")
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(cls, link: GuidanceLink, actor: Actor, *, past: bool = False) -> Self:
        """The view of `link` for `actor`; with `past` as it was while the department guided."""
        told: dict[str, Any] = {
            name: getattr(link, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if past:
            told |= {"state": GuidanceLinkState.ACTIVE, "ended_on": None, "reason": None}
        elif in_charge(actor, district=link.district, township=link.township, organisation=""):
            actions = LIFECYCLE.allowed_actions(link.state, actor.permissions)
        return cls.model_validate({**told, "allowed_actions": actions})


class GuidanceLinkQuery(Paging):
    """Which links, in which order."""

    sort: Literal["id", "-id", "assigned_on", "-assigned_on"] = "-id"
    state: GuidanceLinkState | None = None
    domain: Domain | None = None
    item_code: Annotated[str, StringConstraints(max_length=64)] | None = None
    department_id: UUID | None = None
    as_of: AsOf = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )

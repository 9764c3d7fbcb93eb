"""Guidance sessions over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from services.registry.guidances.rules import GuidanceKind, GuidanceState, allowed_actions
from services.registry.guidances.tables import Guidance
from services.registry.permissions import in_charge
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView


def _each_once(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


Townships = Annotated[
    list[DivisionCode],
    Field(min_length=1, max_length=200, description="The townships that are guided"),
    AfterValidator(_each_once),
]
Domains = Annotated[
    list[Domain], Field(min_length=1, max_length=len(Domain)), AfterValidator(_each_once)
]
Material = Annotated[
    Line,
    Field(description="Where the material is: a number, a link", examples=["案例〔2026〕12号"]),
]


class GuidanceRequest(Input):
    """A session to come, or one to be recorded: who guides whom, in what, how and when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106",
                    "townships": ["500106104", "500106105"],
                    "kind": "case",
                    "topic": "占道经营案件取证要点",
                    "domains": ["urban_management"],
                    "department": "沙坪坝区城市管理局",
                    "planned_on": "2026-12-10",
                }
            ]
        }
    )

    division: DivisionCode = Field(description="The district whose department guides, or the city")
    townships: Townships
    kind: GuidanceKind
    topic: Line
    domains: Domains
    department_id: UUID | None = Field(default=None, description="A published subject")
    department: Line | None = Field(default=None, description="Its name; the subject's if left out")
    planned_on: date
    material: Material | None = None


class GuidancePatch(Input):
    """Fields of a planned session to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"planned_on": "2026-12-17"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    townships: Townships = Field(default_factory=list)
    kind: GuidanceKind = Field(default_factory=lambda: GuidanceKind.OTHER)
    topic: Line = Field(default_factory=str)
    domains: Domains = Field(default_factory=list)
    planned_on: date = Field(default_factory=lambda: date.min)
    material: Material | None = Field(default_factory=lambda: None)


class HoldRequest(Input):
    """How it went."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"participants": 36}]})

    participants: int = Field(ge=1, le=100_000)
    on: date | None = Field(default=None, description="Today if left out")
    material: Material | None = Field(default=None, description="That of the plan if left out")


class ReviewRequest(Input):
    """What it was good for."""

    remarks: Prose = Field(examples=["取证文书差错明显减少"])


class CancelRequest(Input):
    """Why it is not held."""

    reason: Prose = Field(examples=["与汛期值守冲突"])


class GuidanceView(ResourceView):
    """A guidance session."""

    division: str
    townships: list[str]
    kind: GuidanceKind
    topic: str
    domains: list[Domain]
    department_id: UUID | None
    department: str
    organisation: str | None = Field(description="Credit code of the department, if registered")
    planned_on: date
    state: GuidanceState
    held_on: date | None
    participants: int | None
    material: str | None
    remarks: str | None = Field(description="What the review says")
    reason: str | None = Field(description="Why it was cancelled")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, guidance: Guidance, actor: Actor) -> Self:
        """The view of `guidance` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(guidance, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if in_charge(
            actor,
            district=guidance.district,
            township=guidance.township,
            organisation=guidance.organisation or "",
        ):
            actions = allowed_actions(
                state=guidance.state,
                permissions=actor.permissions,
                caller=actor.sub,
                held_by=guidance.held_by,
            )
        return cls.model_validate({**told, "allowed_actions": actions})


class GuidanceQuery(Paging):
    """Which sessions, in which order."""

    sort: Literal["id", "-id", "planned_on", "-planned_on"] = "-planned_on"
    state: GuidanceState | None = None
    kind: GuidanceKind | None = None
    domain: Domain | None = None
    department_id: UUID | None = None
    township: DivisionCode | None = Field(default=None, description="That is guided")
    division: DivisionCode | None = Field(
        default=None, description="Whose department guides: this division and everything in it"
    )
    planned_from: date | None = Field(default=None, description="On this day or later")
    planned_to: date | None = Field(default=None, description="On this day or earlier")

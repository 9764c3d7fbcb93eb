"""Teams over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from services.registry.officers.rules import OfficerState, Staffing
from services.registry.permissions import acts_in
from services.registry.subjects.rules import Domain
from services.registry.teams.rules import TeamState, allowed_actions
from services.registry.teams.tables import Team
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the team", examples=["机构调整"]),
]


def _domains_once(items: list[Domain]) -> list[Domain]:
    return list(dict.fromkeys(items))


Domains = Annotated[list[Domain], Field(max_length=len(Domain)), AfterValidator(_domains_once)]


class UnitRequest(Input):
    """A unit that is merged: a subject of the register, or one that has only a name."""

    subject_id: UUID | None = None
    name: Line | None = Field(default=None, description="Left out where a subject is named")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.subject_id is None) == (self.name is None):
            raise PydanticCustomError(
                "unit-named-once",
                "name a unit by subject_id or by name",
                {"zh": "来源单位须填写执法主体或者名称其中之一"},
            )
        return self


Units = Annotated[
    list[UnitRequest], Field(max_length=50, description="The units that are merged (整合单位)")
]

_UNITS: list[Any] = [{"name": "青木关镇城管执法中队"}, {"name": "青木关镇应急办公室"}]
_EXAMPLE: JsonDict = {
    "subject_id": "019ab3a0-0000-7000-8000-000000000001",
    "name": "青木关镇综合行政执法大队",
    "leader": "周某",
    "domains": ["urban_management", "emergency_management"],
    "units": _UNITS,
}


class TeamRequest(Input):
    """The team that a township is to have."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    subject_id: UUID = Field(description="The township's subject in whose name it enforces")
    name: Line
    leader: Line | None = None
    domains: Domains = Field(default_factory=list)
    units: Units = Field(default_factory=list)


class TeamPatch(Input):
    """Fields to change while it is planned; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"leader": "吴某"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    leader: Line | None = Field(default_factory=lambda: None)
    domains: Domains = Field(default_factory=list)
    units: Units = Field(default_factory=list)


class ReorganisationRequest(Input):
    """What becomes different, and why; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"leader": "吴某", "reason": "职责调整"}]}
    )

    name: Line = Field(default_factory=str)
    leader: Line = Field(default_factory=str)
    domains: Domains = Field(default_factory=list)
    units: Annotated[Units, Field(min_length=1)] = Field(default_factory=list)
    reason: Reason


class TeamAssignmentRequest(Input):
    """An officer who is to serve in the team."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"officer_id": "019ab3a0-0000-7000-8000-000000000002", "to_on": "2030-06-30"}
            ]
        }
    )

    officer_id: UUID
    from_on: date | None = Field(default=None, description="Today if left out")
    to_on: date | None = Field(
        default=None, description="The last day, after which they return; open if left out"
    )


class RecallRequest(Input):
    """Who returns to the home unit, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"officer_id": "019ab3a0-0000-7000-8000-000000000002", "reason": "期满轮换"}
            ]
        }
    )

    officer_id: UUID
    reason: Reason


class TeamReason(Input):
    """Why."""

    reason: Reason


class Strength(NamedTuple):
    """How many serve in a team."""

    officers: int = 0
    sent_down: int = 0


class UnitView(View):
    """A unit that was merged."""

    subject_id: UUID | None
    name: str


class TeamView(ResourceView):
    """A township's team."""

    subject_id: UUID
    organisation: str = Field(description="Credit code of the subject")
    division: str
    name: str
    leader: str | None
    domains: list[Domain]
    units: list[UnitView]
    officers: int = Field(description="Who serve in it now")
    sent_down: int = Field(description="Those of them who came from another subject (下沉)")
    state: TeamState
    formed_on: date | None
    reason: str | None = Field(description="Why it was last reorganised, or dissolved")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, team: Team, strength: Strength, actor: Actor) -> Self:
        """The view of `team` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(team, name)
            for name in cls.model_fields
            if name not in {"officers", "sent_down", "allowed_actions"}
        }
        actions: list[str] = []
        if acts_in(actor, team.district, team.township):
            actions = allowed_actions(
                state=team.state,
                permissions=actor.permissions,
                caller=actor.sub,
                planned_by=team.created_by,
                officers=strength.officers,
            )
        return cls.model_validate({**told, **strength._asdict(), "allowed_actions": actions})


class TeamAssignmentView(View):
    """An officer's time in a team."""

    id: UUID
    officer_id: UUID
    name: str
    post: str
    staffing: Staffing
    officer_state: OfficerState
    home_subject_id: UUID
    home_unit: str
    sent_down: bool = Field(description="Whether they came from another subject (下沉)")
    from_on: date
    to_on: date | None = Field(description="The last day that was agreed on")
    ended_on: date | None = Field(description="The first day on which they were gone")
    reason: str | None


class TeamQuery(Paging):
    """Which teams, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    state: TeamState | None = None
    domain: Domain | None = None
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )


class TeamAssignmentQuery(Paging):
    """Which of those who serve or served in a team."""

    sort: Literal["id", "-id"] = "id"
    current: bool | None = Field(default=None, description="Whether they serve in it now")

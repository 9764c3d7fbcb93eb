"""What comes in and goes out over HTTP about recommendations."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.ladder.rules import IssueLevel, is_holder
from services.escalation.recommendations import rules
from services.escalation.recommendations.rules import (
    Part,
    RecommendationState,
    SourceKind,
    Standing,
)
from services.escalation.recommendations.tables import Recommendation
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class RecommendationRequest(Input):
    """A paper to compile."""

    model_config = _example(
        programme_id="01932b6e-8f00-7000-8000-000000000001",
        title="关于加强镇街行政执法协调监督的意见建议",
    )

    programme_id: UUID = Field(description="Its days are those that the data is of")
    title: Line


class SourceRequest(Input):
    """An issue, a dispute, an accepted report or frozen figures that the author may see."""

    kind: SourceKind
    id: UUID


class ItemRequest(Input):
    """One recommendation, to whom, and what it rests on."""

    text: Prose = Field(examples=["明确镇街与区级部门的执法边界。"])
    addressed_to: Line = Field(examples=["市委编办"])
    sources: list[SourceRequest] = Field(min_length=1, max_length=50)


class RecommendationPatch(Input):
    """What is to be different; what is left out stays, `items` are replaced whole."""

    model_config = _example(summary="试点以来,镇街与部门职责不清是主要矛盾。")

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    summary: Prose | None = None
    items: Annotated[list[ItemRequest], Field(max_length=60)] = Field(default_factory=list)


class RemarksOnRecommendation(Input):
    """Why."""

    model_config = _example(remarks="第三条缺少依据")

    remarks: Prose


class RecommendationQuery(Paging):
    """Which papers."""

    programme_id: UUID | None = None
    state: RecommendationState | None = None
    level: IssueLevel | None = Field(None, description="Whose they are")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False


class CountView(View):
    """So many of a kind that came to this, and which."""

    kind: str
    kind_name: str
    outcome: str = Field(description="The state that they are in")
    outcome_name: str
    count: int
    ids: list[UUID] = Field(description="The newest, at most 200")
    link: str = Field(description="The list of all of them")


class AcceptedReportView(View):
    id: UUID
    reporter: str
    title: str


class FiguresView(View):
    id: UUID
    division: str
    first_day: date
    last_day: date


class CompiledView(View):
    """What the data says of the days of the programme, as far as the author may see it."""

    issues: list[CountView]
    disputes: list[CountView]
    reports: list[AcceptedReportView] = Field(description="Accepted ones")
    figures: list[FiguresView] = Field(description="Frozen for the division within these days")


class SourceView(View):
    kind: SourceKind
    id: UUID
    label: str


class ItemView(View):
    text: str
    addressed_to: str
    sources: list[SourceView]


class RecommendationView(ResourceView):
    """A paper on what the pilot showed (意见建议)."""

    number: str | None = Field(description="Once it is issued")
    title: str
    programme_id: UUID
    first_day: date
    last_day: date
    division: str
    level: IssueLevel = Field(description="Whose it is")
    summary: str | None
    items: list[ItemView]
    compiled: CompiledView
    compiled_at: datetime
    state: RecommendationState
    remarks: str | None
    written_by: str
    submitted_by: str | None
    submitted_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    issued_by: str | None
    issued_at: datetime | None
    digest: str | None = Field(description="SHA-256 of what was issued")
    created_at: datetime
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Recommendation, actor: Actor) -> Self:
        """A paper as `actor` sees it."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)
        }
        return cls(
            **told,
            allowed_actions=rules.allowed_actions(
                standing(row), part_of(row, actor), permissions=actor.permissions
            ),
        )


def standing(row: Recommendation) -> Standing:
    """What decides who may do what now."""
    return Standing(state=row.state, level=row.level, items=len(row.items))


def part_of(row: Recommendation, actor: Actor) -> Part:
    """What the caller is to it."""
    return Part(
        own=is_holder(row.level, row.scope, actor.roles, actor.division),
        wrote=actor.sub in {row.written_by, row.submitted_by},
    )

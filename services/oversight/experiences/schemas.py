"""Experiences over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.types import JsonValue

from services.oversight.experiences.rules import ExperienceState, allowed_actions
from services.oversight.experiences.tables import Experience
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Tags = Annotated[
    list[Line],
    Field(max_length=20, description="What it is about, in a word each", examples=[["镇街执法"]]),
    AfterValidator(lambda tags: list(dict.fromkeys(tags))),
]
_EXAMPLE: dict[str, JsonValue] = {
    "division": "500106",
    "title": "“专业化+网格化”行政执法监督员制度",
    "summary": "按网格配置监督员,按领域配置专家。",
    "practice": "一、分区设格;二、按需配员;三、线索直报。",
    "results": "一年收集线索132条,办结129条。",
    "tags": ["监督员", "网格"],
}


class ExperienceRequest(Input):
    """A practice that others could copy."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    division: DivisionCode = Field(description="Whose experience it is")
    title: Line
    summary: Prose
    practice: Prose
    results: Prose
    tags: Tags = Field(default_factory=list)


class ExperiencePatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["监督员"]}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    summary: Prose = Field(default_factory=str)
    practice: Prose = Field(default_factory=str)
    results: Prose = Field(default_factory=str)
    tags: Tags = Field(default_factory=list)


class OpinionRequest(Input):
    """What the Bureau thinks of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"opinion": "做法成熟,可复制"}]})

    opinion: Prose


class ExperienceReason(Input):
    """Why it is withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "数据有误"}]})

    reason: Prose


class AdoptRequest(Input):
    """How the division takes it over."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"division": "500116", "note": "在10个镇街试行,配员30名"}]}
    )

    division: DivisionCode | None = Field(
        None, description="Which adopts it: the caller's own if left out, or one below"
    )
    note: Prose


class ExperienceQuery(Paging):
    """Which experiences, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: ExperienceState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    tag: Line | None = None
    q: Annotated[Line, Field(description="Part of the title or of a tag, or their initials")] | (
        None
    ) = None


class AdoptionView(View):
    """A division that adopted it."""

    division: str
    note: str
    adopted_on: date


class ExperienceView(ResourceView):
    """An experience (可复制可推广经验)."""

    division: str
    title: str
    summary: str
    practice: str
    results: str
    tags: list[str]
    state: ExperienceState
    opinion: str | None = Field(description="Of who accepted or returned it")
    published_on: date | None
    reason: str | None = Field(description="Why it was withdrawn")
    adoptions: list[AdoptionView] = Field(description="In the order in which they adopted it")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, row: Experience, actor: Actor, *, in_charge: bool) -> Self:
        """The view for `actor`, who is `in_charge` of the division that submitted it or not."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions = allowed_actions(
            state=row.state,
            authors=row.authors,
            accepted_by=row.accepted_by,
            own=row.division == actor.division,
            adopted=row.adopted_in(actor.division),
            in_charge=in_charge,
            sub=actor.sub,
            permissions=actor.permissions,
        )
        return cls.model_validate({**told, "allowed_actions": actions})

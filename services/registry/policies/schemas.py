"""Policies, their editions and articles over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict, JsonValue

from services.registry.policies.rules import (
    POLICY,
    Openness,
    PolicyKind,
    PolicyState,
    Rendering,
    is_in_force,
    state_on,
)
from services.registry.policies.tables import Policy, PolicyEdition
from shared.access.actor import Actor
from shared.past import AsOf
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

ArticleNumber = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=40, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f/]+$"
    ),
    Field(description="As the text itself numbers it", examples=["四(一)"]),
]
_ARTICLES: list[JsonValue] = [
    {
        "number": "第一条",
        "heading": "目的",
        "text": "为规范行政执法监督工作,制定本办法。",
    }
]
_EDITION: JsonDict = {
    "title": "重庆市行政执法监督工作办法",
    "document_no": "渝府令〔2026〕10号",
    "addressees": ["各区县(自治县)人民政府"],
    "issued_on": "2026-01-15",
    "effective_from": "2026-03-01",
    "articles": _ARTICLES,
}


class Article(Input):
    """A part of the text that can be referred to."""

    number: ArticleNumber
    heading: Line | None = None
    text: Prose
    provisional: bool = Field(default=False, description="Not seen at the source")


Articles = Annotated[list[Article], Field(max_length=500, description="In the text's order")]
Addressees = Annotated[list[Line], Field(max_length=100, description="To whom it is sent (主送)")]


class EditionRequest(Input):
    """The text as it stands from a day on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_EDITION, "issued_on": "2027-05-10", "effective_from": "2027-07-01"}]
        }
    )

    title: Line
    document_no: Line | None = None
    addressees: Addressees = Field(default_factory=list)
    issued_on: date | None = Field(default=None, description="Or adopted, or promulgated")
    effective_from: date
    rendering: Rendering = Rendering.FULL_TEXT
    provisional: bool = Field(
        default=False, description="Its number or days were not seen at the source"
    )
    articles: Articles = Field(default_factory=list)


class PolicyRequest(EditionRequest):
    """A text to be filed as a draft, with its first edition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EDITION,
                    "code": "cq-gov-2026-10",
                    "kind": "government_rule",
                    "issuer": "重庆市人民政府",
                }
            ]
        }
    )

    code: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$"),
        Field(examples=["cq-gov-2026-10"]),
    ]
    kind: PolicyKind
    issuer: Line
    openness: Openness = Openness.PUBLIC


class PolicyPatch(Input):
    """Fields of a draft to change; what is left out stays. Articles are sent all together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"issuer": "重庆市人民政府办公厅"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    kind: PolicyKind = Field(default_factory=lambda: PolicyKind.NOTICE)
    issuer: Line = Field(default_factory=str)
    openness: Openness = Field(default_factory=lambda: Openness.PUBLIC)
    title: Line = Field(default_factory=str)
    document_no: Line | None = Field(default_factory=lambda: None)
    addressees: Addressees = Field(default_factory=list)
    issued_on: date | None = Field(default_factory=lambda: None)
    effective_from: date = Field(default_factory=lambda: date.min)
    rendering: Rendering = Field(default_factory=lambda: Rendering.FULL_TEXT)
    provisional: bool = Field(default_factory=bool)
    articles: Articles = Field(default_factory=list)


class RepealRequest(Input):
    """From which day on it does not hold, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"repealed_on": "2027-01-01", "reason": "被新规定取代"}]}
    )

    repealed_on: date = Field(description="The first day without it")
    reason: Prose


class ArticleView(View):
    """An article, by the number that the text gives it."""

    id: UUID
    number: str
    heading: str | None
    text: str
    provisional: bool


class EditionView(View):
    """The text as it stands from a day to a day, without its articles."""

    id: UUID
    edition: int
    document_no: str | None
    title: str
    addressees: list[str]
    issued_on: date | None
    effective_from: date
    effective_to: date | None = Field(description="The first day on which it does not hold")
    rendering: Rendering
    provisional: bool
    created_at: datetime


class PolicyView(ResourceView):
    """A legal or policy text in the edition of the day."""

    code: str
    kind: PolicyKind
    issuer: str
    openness: Openness
    state: PolicyState
    in_force: bool = Field(description="On the day asked for")
    repealed_on: date | None
    reason: str | None = Field(description="Why it was repealed")
    edition: int
    document_no: str | None
    title: str
    addressees: list[str]
    issued_on: date | None
    effective_from: date
    effective_to: date | None
    rendering: Rendering
    provisional: bool
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls, policy: Policy, edition: PolicyEdition, actor: Actor, *, on: date, past: bool = False
    ) -> Self:
        """The view of `policy` on a day for `actor`; nothing can be done to what is past."""
        given = {"in_force", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(policy if hasattr(policy, name) else edition, name)
            for name in cls.model_fields
            if name not in given
        }
        if past:
            told["state"] = state_on(
                state=policy.state, edition=edition.edition, repealed_on=policy.repealed_on, on=on
            )
        return cls.model_validate(
            {
                **told,
                "in_force": is_in_force(
                    state=policy.state,
                    effective_from=edition.effective_from,
                    effective_to=edition.effective_to,
                    on=on,
                ),
                "allowed_actions": []
                if past
                else POLICY.allowed_actions(policy.state, actor.permissions),
            }
        )


_Q = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PolicyQuery(Paging):
    """Which policies, in which order."""

    sort: Literal["id", "-id", "effective_from", "-effective_from", "updated_at", "-updated_at"] = (
        "-effective_from"
    )
    as_of: AsOf = None
    kind: PolicyKind | None = None
    state: PolicyState | None = None
    in_force: bool | None = Field(default=None, description="Today, or on the day asked for")
    q: _Q | None = Field(
        default=None, description="Part of the title, the number or an article, or pinyin initials"
    )


class EditionQuery(Paging):
    """Which part of the editions; the newest first unless said otherwise."""

    sort: Literal["edition", "-edition"] = "-edition"


class ArticleQuery(Paging):
    """Which articles of the edition of a day, in the text's order."""

    sort: Literal["position", "-position"] = "position"
    as_of: AsOf = None
    q: _Q | None = Field(default=None, description="Part of the heading or the text")

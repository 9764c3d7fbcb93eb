"""Responsibilities over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.permissions import in_charge
from services.registry.responsibilities.rules import ResponsibilityState, allowed_actions
from services.registry.responsibilities.tables import Responsibility
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept while it lasts", examples=["岗位设置有变动"]),
]

_ENTRY: JsonDict = {
    "post": "行政处罚审核岗",
    "duties": "对拟作出的行政处罚决定进行法制审核。",
    "items": ["CQ-CG-0012"],
    "person": "孙某",
    "basis": ["《重庆市行政执法责任制条例》第十五条"],
}


class EntryRequest(Input):
    """A post, what it sees to, who holds it, and on what basis they are called to account."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    post: Line
    duties: Prose
    items: list[Line] = Field(
        default_factory=list, max_length=500, description="Codes of powers or items (职权)"
    )
    officer_id: UUID | None = Field(default=None, description="An officer of the subject")
    person: Line | None = Field(default=None, description="Somebody who is no officer")
    basis: list[Line] = Field(
        default_factory=list, max_length=50, description="Articles of accountability (追责依据)"
    )


Entries = Annotated[list[EntryRequest], Field(min_length=1, max_length=300)]


class ResponsibilityRequest(Input):
    """The next version of a subject's responsibilities."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"subject_id": "019ab3a0-0000-7000-8000-000000000001", "entries": [_ENTRY]}
            ]
        }
    )

    subject_id: UUID
    entries: Entries


class ResponsibilityPatch(Input):
    """All posts anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entries": [_ENTRY]}]})

    entries: Entries


class ResponsibilityReason(Input):
    """Why."""

    reason: Reason


class EntryView(View):
    """A post and who holds it."""

    post: str
    duties: str
    items: list[str]
    officer_id: UUID | None
    person: str | None
    basis: list[str]


class GapsView(View):
    """What the matrix leaves open."""

    powers: list[str] = Field(description="Codes of active powers that no post sees to")
    unknown: list[str] = Field(description="Codes at a post that are no active power")
    posts: list[str] = Field(description="Posts without somebody who answers, or without a basis")


class ResponsibilityView(ResourceView):
    """One version of a subject's responsibilities."""

    subject_id: UUID
    organisation: str = Field(description="Credit code of the subject")
    division: str
    edition: int
    entries: list[EntryView]
    state: ResponsibilityState
    in_force_on: date | None
    replaced_on: date | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, row: Responsibility, actor: Actor) -> Self:
        """The view of `row` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if in_charge(
            actor, district=row.district, township=row.township, organisation=row.organisation
        ):
            actions = allowed_actions(
                state=row.state,
                permissions=actor.permissions,
                caller=actor.sub,
                drafted_by=row.created_by,
            )
        return cls.model_validate({**told, "allowed_actions": actions})


class ResponsibilityQuery(Paging):
    """Which versions, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: ResponsibilityState | None = None
    subject_id: UUID | None = None
    officer_id: UUID | None = Field(default=None, description="In which this officer holds a post")
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )

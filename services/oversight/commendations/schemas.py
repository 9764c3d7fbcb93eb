"""Commendations over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.oversight.commendations import rules
from services.oversight.commendations.rules import (
    BY_DATA,
    CommendationBar,
    CommendationKind,
    CommendationState,
    ConcernState,
)
from services.oversight.commendations.tables import Commendation
from services.oversight.permissions import permissions_towards, supervises
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class NominateRequest(Input):
    """A body, or one of its officers, and what for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "collective",
                    "title": "行政执法先进集体",
                    "year": 2026,
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "merits": "全年办案320件,无复议撤销。",
                }
            ]
        }
    )

    kind: CommendationKind
    title: Line
    year: int = Field(ge=2000, le=2100)
    subject_id: UUID
    officer_id: UUID | None = Field(None, description="An officer on post, of a person alone")
    merits: Prose

    @model_validator(mode="after")
    def _nominee(self) -> Self:
        if (self.kind is CommendationKind.PERSON) != (self.officer_id is not None):
            raise PydanticCustomError(
                "nominee-unclear",
                "a person is named by officer_id, a collective is not",
                {"zh": "先进个人须指明执法人员,先进集体不得指明"},
            )
        return self


class BarCheck(Input):
    """What those who were asked said."""

    bar: CommendationBar
    found: bool
    source: Line = Field(description="Who said so, and in which document")


class CommendationVetRequest(Input):
    """The checks of the rule `commendation.checks`; what the data say is looked up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "checks": [
                        {"bar": "discipline", "found": False, "source": "区纪委监委复函"},
                        {"bar": "petition", "found": False, "source": "区信访办复函"},
                    ]
                }
            ]
        }
    )

    checks: Annotated[list[BarCheck], Field(max_length=20)]

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if any(check.bar in BY_DATA for check in self.checks):
            raise PydanticCustomError(
                "bar-read-from-data",
                "this bar is read from the data and not declared",
                {"zh": "该情形由系统取数,不得申报"},
            )
        return self


class ConcernRequest(Input):
    """What somebody said against it during the publicity."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "反映该单位办案数不实", "from_whom": "群众来电"}]}
    )

    text: Prose
    from_whom: Line = Field(description="As they may be called; for the supervisors alone")


class SettleRequest(Input):
    """What came of looking into it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": 1, "upheld": False, "outcome": "经核查,办案数与台账一致"}]
        }
    )

    number: int = Field(ge=1, le=10_000)
    upheld: bool
    outcome: Prose


class GrantRequest(Input):
    """The decision that grants it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_no": "渝司发〔2026〕88号"}]}
    )

    document_no: Line


class CommendationReason(Input):
    """Why it is rejected or revoked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "经核查事迹不实"}]})

    reason: Prose


class CommendationQuery(Paging):
    """Which commendations, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: CommendationState | None = None
    kind: CommendationKind | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    subject_id: UUID | None = None
    officer_id: UUID | None = None
    year: int | None = Field(None, ge=2000, le=2100)
    created_from: date | None = Field(None, description="Nominated on this day or later")
    created_to: date | None = Field(None, description="Nominated up to this day")
    granted_from: date | None = Field(None, description="Granted on this day or later")
    granted_to: date | None = Field(None, description="Granted up to this day")


class CheckView(View):
    bar: CommendationBar
    found: bool
    source: str


class ConcernView(View):
    """Something that was said against it."""

    number: int
    text: str
    from_whom: str
    state: ConcernState
    outcome: str | None


class CommendationView(ResourceView):
    """A commendation (表彰)."""

    state: CommendationState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    kind: CommendationKind
    title: str
    year: int
    subject_id: UUID
    subject_name: str
    organisation: str
    officer_id: UUID | None
    officer_name: str | None
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that commends")
    merits: str
    bars: list[CommendationBar] | None = Field(
        description="What the data have against it now, while it is open; for the supervisors alone"
    )
    checks: list[CheckView] | None = Field(description="For the supervisors alone")
    concerns: list[ConcernView] | None = Field(description="For the supervisors alone")
    publicised_on: date | None
    due_at: datetime | None = Field(description="The end of the time of publicity")
    granted_on: date | None
    document_no: str | None
    revoked_on: date | None
    reason: str | None = Field(description="Why it was rejected or revoked")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(
        cls, row: Commendation, actor: Actor, now: datetime, *, bars: Sequence[CommendationBar]
    ) -> Self:
        """The view for `actor`; `bars` are those of the data, needed while it is open."""
        made = {"allowed_actions", "bars", "checks", "concerns"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        inside = supervises(actor, row)
        return cls.model_validate(
            {
                **told,
                "bars": bars if inside else None,
                "checks": row.checks if inside else None,
                "concerns": row.concerns if inside else None,
                "allowed_actions": rules.allowed_actions(
                    **standing_of(row),
                    barred=bool(bars),
                    sub=actor.sub,
                    now=now,
                    permissions=permissions_towards(actor, row),
                ),
            }
        )


def standing_of(row: Commendation) -> dict[str, Any]:
    """What the rules ask of a row to say what may be done to it."""
    names = ("state", "due_at", "concerns", "nominated_by", "vetted_by")
    return {name: getattr(row, name) for name in names}

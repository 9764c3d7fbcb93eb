"""Trainings over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.registry.permissions import in_charge
from services.registry.trainings.rules import (
    Audience,
    PersonKind,
    TrainingKind,
    TrainingState,
    allowed_actions,
)
from services.registry.trainings.tables import Training
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.reversals import EntryView
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView

Hours = Annotated[int, Field(ge=1, le=1_000, description="Hours of training (学时)")]
Year = Annotated[int, Field(ge=2000, le=2100)]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the training", examples=["师资未落实"]),
]
_SOMEBODY = "019ab3a0-0000-7000-8000-000000000001"


class TrainingRequest(Input):
    """A training that is planned."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "行政执法监督实务培训",
                    "kind": "continuing",
                    "audience": "supervision_officers",
                    "hours": 16,
                    "trainer": "市司法局行政执法协调监督处",
                    "division": "500106",
                    "starts_on": "2027-04-12",
                    "ends_on": "2027-04-13",
                    "exam": True,
                }
            ]
        }
    )

    title: Line
    kind: TrainingKind
    audience: Audience
    hours: Hours
    trainer: Line = Field(description="Who teaches")
    division: DivisionCode = Field(description="Whose legal office holds it")
    starts_on: date
    ends_on: date = Field(description="The last day")
    exam: bool = Field(description="Whether there is an examination at the end")


class TrainingPatch(Input):
    """Fields to change while it is planned; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 20}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    kind: TrainingKind = Field(default_factory=lambda: TrainingKind.SPECIAL)
    audience: Audience = Field(default_factory=lambda: Audience.BOTH)
    hours: Hours = Field(default_factory=int)
    trainer: Line = Field(default_factory=str)
    starts_on: date = Field(default_factory=lambda: date.min)
    ends_on: date = Field(default_factory=lambda: date.min)
    exam: bool = Field(default_factory=bool)


class EnrolmentRequest(Input):
    """Who is enrolled."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"supervision_officer_ids": [_SOMEBODY]}]}
    )

    officer_ids: list[UUID] = Field(default_factory=list, max_length=500)
    supervision_officer_ids: list[UUID] = Field(default_factory=list, max_length=500)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.officer_ids and not self.supervision_officer_ids:
            raise PydanticCustomError(
                "nobody-named", "name somebody to be enrolled", {"zh": "须至少填写一名参训人员"}
            )
        return self


class Attendance(Input):
    """How long somebody was there."""

    person_id: UUID
    hours: int = Field(ge=0, le=1_000)


class AttendanceRequest(Input):
    """Who attended how many hours; sent again, it corrects."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"attendance": [{"person_id": _SOMEBODY, "hours": 16}]}]}
    )

    attendance: list[Attendance] = Field(min_length=1, max_length=500)


class Result(Input):
    """What somebody reached in the examination."""

    person_id: UUID
    score: int = Field(ge=0, le=100)


class ResultsRequest(Input):
    """Results of the examination; sent again, they correct or tell of a repeated one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"results": [{"person_id": _SOMEBODY, "score": 86}]}]}
    )

    results: list[Result] = Field(min_length=1, max_length=500)


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class TrainingView(ResourceView):
    """A training."""

    title: str
    kind: TrainingKind
    audience: Audience
    hours: int
    trainer: str
    division: str
    level: Level
    starts_on: date
    ends_on: date
    exam: bool
    state: TrainingState
    enrolled: int
    attended: int = Field(description="How many attended at least an hour")
    completed: int = Field(description="How many completed it, once it is closed")
    held_on: date | None = Field(description="The day that the hours count for")
    reason: str | None = Field(description="Why it was cancelled")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, training: Training, actor: Actor, today: date) -> Self:
        """The view of `training` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(training, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if in_charge(
            actor, district=training.district, township=training.township, organisation=""
        ):
            actions = allowed_actions(
                state=training.state,
                permissions=actor.permissions,
                exam=training.exam,
                enrolled=training.enrolled,
                attended=training.attended,
                begun=training.starts_on <= today,
            )
        return cls.model_validate({**told, "allowed_actions": actions})


class EnrolmentView(EntryView):
    """Somebody in a training."""

    id: UUID
    person_kind: PersonKind
    person_id: UUID
    name: str
    organisation: str | None = Field(description="Credit code of an officer's subject")
    hours: int = Field(description="How many were attended")
    score: int | None
    passed: bool | None = Field(description="By rule `training.pass_mark`")
    completed: bool | None = Field(description="By rule `training.completion`, once it is closed")
    enrolled_at: datetime


class TrainingQuery(Paging):
    """Which trainings, in which order."""

    sort: Literal["id", "-id", "starts_on", "-starts_on"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    kind: TrainingKind | None = None
    audience: Audience | None = None
    state: TrainingState | None = None


class EnrolmentQuery(Paging):
    """Which part of those enrolled."""

    sort: Literal["id", "-id"] = "id"

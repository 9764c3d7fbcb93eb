"""Records of continuing training over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.officer_trainings.rules import OfficerTrainingState
from services.registry.officer_trainings.tables import OfficerTraining
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, View


class OfficerTrainingRequest(Input):
    """A course that the officer attended."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"course": "行政处罚法专题培训", "hours": 8, "on": "2026-04-20"}]
        }
    )

    course: Line
    hours: int = Field(ge=1, le=1_000)
    on: date = Field(description="The day on which it ended: its hours count for that year")


class OfficerTrainingWithdrawal(Input):
    """Which record was a mistake, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"record_id": "019ab3a0-0000-7000-8000-000000000001", "reason": "登记有误"}
            ]
        }
    )

    record_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class OfficerTrainingView(View):
    """A course that the officer attended."""

    id: UUID
    officer_id: UUID
    year: int
    course: str
    hours: int
    on: date = Field(description="The day on which it ended")
    state: OfficerTrainingState
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: OfficerTraining) -> Self:
        """The view of a record."""
        told = {name: getattr(row, name) for name in cls.model_fields if name != "on"}
        return cls.model_validate({**told, "on": row.held_on})


class OfficerTrainingQuery(Paging):
    """Which part of an officer's courses; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"
    year: int | None = Field(default=None, ge=1990, le=2100)
    state: OfficerTrainingState | None = None

"""Hours of training over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.trainings.rules import PersonKind
from shared.web.schemas import Input, View

Year = Annotated[int, Field(ge=2000, le=2100)]


class AttendedView(View):
    """A course that counts."""

    course: str
    hours: int
    on: date = Field(description="The last day on which it was held")


class HoursView(View):
    """How many hours somebody was trained in a year, and what they need."""

    person_id: UUID
    person_kind: PersonKind
    year: int
    hours: int
    needed: int = Field(
        description="By rule `officer.training_hours`, or `training.supervision_hours`"
    )
    short: bool = Field(description="Whether that is less than needed")
    items: list[AttendedView] = Field(description="What they are made of, the newest first")


class HoursQuery(Input):
    """Of whom, and of which year."""

    person_id: UUID = Field(description="An officer or a supervision officer")
    year: Year | None = Field(default=None, description="This year if left out")

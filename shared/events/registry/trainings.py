"""Facts of trainings."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events import Event


class TrainingFact(Event):
    """A training as it stands; who attended is not told, only how many."""

    subject_field: ClassVar[str] = "training_id"

    training_id: UUID
    title: str
    kind: str
    meant_for: str
    """`officers`, `supervision_officers` or `both`."""
    hours: int
    division: str
    level: Literal["city", "district", "township"]
    starts_on: date
    ends_on: date
    exam: bool
    enrolled: int
    attended: int
    completed: int
    state: str


class TrainingPlanned(TrainingFact):
    type: ClassVar[str] = "registry.training.planned.v1"


class TrainingChanged(TrainingFact):
    type: ClassVar[str] = "registry.training.changed.v1"


class TrainingOpened(TrainingFact):
    """People may be enrolled."""

    type: ClassVar[str] = "registry.training.opened.v1"


class TrainingEnrolled(TrainingFact):
    """People were enrolled."""

    type: ClassVar[str] = "registry.training.enrolled.v1"


class TrainingEnrolmentReversed(TrainingFact):
    """Somebody was enrolled by mistake; the numbers are without them. Why stays with the entry."""

    type: ClassVar[str] = "registry.training.enrolment_reversed.v1"

    enrolment_id: UUID


class TrainingHeld(TrainingFact):
    type: ClassVar[str] = "registry.training.held.v1"


class TrainingAttended(TrainingFact):
    """Attendance was recorded or corrected."""

    type: ClassVar[str] = "registry.training.attended.v1"


class TrainingExamined(TrainingFact):
    """Results of the examination were recorded or corrected."""

    type: ClassVar[str] = "registry.training.examined.v1"


class TrainingClosed(TrainingFact):
    """The hours count; those of officers are told as `registry.officer.training_recorded.v1`."""

    type: ClassVar[str] = "registry.training.closed.v1"


class TrainingCancelled(TrainingFact):
    type: ClassVar[str] = "registry.training.cancelled.v1"


class TrainingDue(Event):
    """People of a body, or supervision officers of a division, are short of the year's hours."""

    type: ClassVar[str] = "registry.training.due.v1"
    subject_field: ClassVar[str] = "division"

    division: str
    level: Literal["city", "district", "township"]
    organisation: str | None
    """Credit code of the body; none for supervision officers."""
    person_kind: Literal["officer", "supervision_officer"]
    year: int
    needed: int
    person_ids: list[UUID] = Field(max_length=500)

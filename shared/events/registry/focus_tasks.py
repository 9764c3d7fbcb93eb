"""Facts of focus tasks and their milestones."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event


class Tag(BaseModel):
    """Another programme that a task counts for."""

    programme: str
    reference: str | None = None


class PilotTaskUpdated(Event):
    """A focus task as it stands: assigned, reported on, tagged or ended."""

    type: ClassVar[str] = "registry.pilot_task.updated.v1"
    subject_field: ClassVar[str] = "task_id"

    task_id: UUID
    programme_id: UUID
    division: str
    title: str
    state: str
    state_name: str | None = None
    """What the state is called."""
    percent: int | None = None
    tags: list[Tag] = Field(default_factory=list)


class TaskStalled(Event):
    """Nothing was reported for too long. Told once; an update that follows ends it."""

    type: ClassVar[str] = "registry.task.stalled.v1"
    subject_field: ClassVar[str] = "task_id"

    task_id: UUID
    programme_id: UUID
    division: str
    title: str
    state: str
    quiet_since: datetime


class MilestoneFact(Event):
    """A milestone and the task that it belongs to."""

    subject_field: ClassVar[str] = "milestone_id"

    milestone_id: UUID
    task_id: UUID
    programme_id: UUID
    division: str
    task_title: str
    title: str
    due_on: date
    done_on: date | None = None


class MilestoneAdded(MilestoneFact):
    type: ClassVar[str] = "registry.milestone.added.v1"


class MilestoneCompleted(MilestoneFact):
    type: ClassVar[str] = "registry.milestone.completed.v1"


class MilestoneReversed(MilestoneFact):
    """It was set, or told to be reached, by mistake. Why stays with the entry."""

    type: ClassVar[str] = "registry.milestone.reversed.v1"


class MilestoneOverdue(MilestoneFact):
    """Its last day is over and it is not reached."""

    type: ClassVar[str] = "registry.milestone.overdue.v1"

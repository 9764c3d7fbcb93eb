"""Focus tasks, milestones and progress over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from services.registry.focus_tasks.rules import (
    MILESTONE,
    REPORTED,
    TASK,
    MilestoneState,
    TaskState,
    is_overdue,
)
from services.registry.focus_tasks.tables import FocusTask, Milestone
from services.registry.permissions import in_charge
from shared.access.actor import Actor
from shared.law.calendar import end_of
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.reversals import EntryView
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Percent = Annotated[int, Field(ge=0, le=100, description="How much of it is done")]


class TaskTag(Input):
    """Another programme that the task counts for, and where it stands there."""

    programme: Line = Field(examples=["法治政府建设"])
    reference: Line | None = Field(
        default=None, description="The task's number there", examples=["2026年重点任务第12项"]
    )


def _each_once(tags: list[TaskTag]) -> list[TaskTag]:
    return list(dict.fromkeys(tags))


Tags = Annotated[
    list[TaskTag],
    Field(max_length=20, description="Other programmes that the task counts for (结合任务)"),
    AfterValidator(_each_once),
]


class TaskPatch(Input):
    """The tags of a task, all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"tags": [{"programme": "法治政府建设", "reference": "2026年重点任务第12项"}]}
            ]
        }
    )

    tags: Tags


class ProgressRequest(Input):
    """How far a focus task has come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"state": "in_progress", "note": "已聘任监督员32名", "percent": 40}]
        }
    )

    state: Literal[TaskState.IN_PROGRESS, TaskState.BLOCKED, TaskState.DONE]
    note: Prose | None = None
    percent: Percent | None = Field(
        default=None, description="As before if left out; 100 when the task is done"
    )


class MilestoneRequest(Input):
    """What the task is to reach by a day."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "完成监督员聘任", "due_on": "2026-12-20"}]}
    )

    title: Line
    due_on: date = Field(description="The last day; within the programme")


class CompletionRequest(Input):
    """When it was reached."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"done_on": "2026-03-10"}]})

    done_on: date | None = Field(default=None, description="Today if left out")


class MilestoneView(EntryView, ResourceView):
    """A milestone (节点) of a focus task."""

    task_id: UUID
    title: str
    due_on: date
    due_at: datetime = Field(description="The first moment that is too late")
    done_on: date | None
    state: MilestoneState
    overdue: bool = Field(description="Its day is over and the task goes on without it")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(cls, milestone: Milestone, task: FocusTask, actor: Actor, today: date) -> Self:
        """The view of a milestone of `task` for `actor`."""
        given = {"due_at", "overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(milestone, name) for name in cls.model_fields if name not in given
        }
        actions: list[str] = []
        if _on_it(task, actor) and not TASK.is_terminal(task.state):
            actions = MILESTONE.allowed_actions(milestone.state, actor.permissions)
        return cls.model_validate(
            {
                **told,
                "due_at": end_of(milestone.due_on),
                "overdue": is_overdue(
                    due_on=milestone.due_on,
                    state=milestone.state,
                    task_state=task.state,
                    today=today,
                ),
                "allowed_actions": actions,
            }
        )


class FocusTaskView(ResourceView):
    """A focus task of a participant."""

    programme_id: UUID
    division: str
    title: str
    state: TaskState
    note: str | None = Field(description="Of the last report")
    percent: int | None
    tags: list[TaskTag]
    quiet_since: datetime = Field(description="The last report, or when the task began")
    stalled: bool = Field(description="Nothing was reported for longer than rule task.stall allows")
    stalled_at: datetime | None
    milestones: list[MilestoneView] = Field(
        description="By the day on which they are due, also those that were reversed since (更正)"
    )
    due_at: datetime | None = Field(description="Of the first milestone that is not reached yet")
    overdue: bool = Field(description="Whether a milestone is")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )
    next_states: list[TaskState] = Field(description="What the caller's progress may say now")

    @classmethod
    def of(
        cls, task: FocusTask, milestones: Sequence[Milestone], actor: Actor, today: date
    ) -> Self:
        """The view of `task` and its milestones for `actor`."""
        given = {"stalled", "milestones", "due_at", "overdue", "allowed_actions", "next_states"}
        told: dict[str, Any] = {
            name: getattr(task, name) for name in cls.model_fields if name not in given
        }
        actions: list[str] = []
        if _on_it(task, actor):
            actions = TASK.allowed_actions(task.state, actor.permissions)
        next_states = [action for action in actions if action in REPORTED]
        if all(one.reversed for one in milestones):
            actions = [action for action in actions if action != "reverse"]
        due = [one.due_on for one in milestones if one.state is MilestoneState.OPEN]
        shown = [MilestoneView.of(one, task, actor, today) for one in milestones]
        return cls.model_validate(
            {
                **told,
                "stalled": task.stalled_at is not None,
                "milestones": shown,
                "due_at": end_of(due[0]) if due and not TASK.is_terminal(task.state) else None,
                "overdue": any(one.overdue for one in shown),
                "next_states": next_states,
                "allowed_actions": [
                    *(["progress"] if next_states else []),
                    *(action for action in actions if action not in REPORTED),
                ],
            }
        )


def _on_it(task: FocusTask, actor: Actor) -> bool:
    return in_charge(actor, district=task.district, township=task.township, organisation="")


class ProgressReportView(View):
    """One report of a task's progress."""

    id: UUID
    state: TaskState
    note: str | None
    percent: int | None
    actor: str = Field(description="`sub` of the person")
    at: datetime


TaskSort = Literal["id", "-id", "updated_at", "-updated_at", "quiet_since", "-quiet_since"]
_TAG = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PilotTaskQuery(Paging):
    """Which focus tasks of a division, in which order."""

    sort: TaskSort = "id"
    state: TaskState | None = None
    stalled: bool | None = Field(default=None, description="Nothing reported for too long, or not")
    tag: _TAG | None = Field(
        default=None, description="Tagged with this programme, or with this reference"
    )


class TaskQuery(PilotTaskQuery):
    """Which focus tasks of a programme, in which order."""

    division: DivisionCode | None = None


class FocusTaskQuery(PilotTaskQuery):
    """Which focus tasks of all programmes, in which order."""

    division: DivisionCode | None = Field(
        default=None, description="This division, as it is now, and everything in it"
    )
    direct: Direct = False
    added_from: date | None = Field(default=None, description="Added on this day or later")
    added_to: date | None = Field(default=None, description="Added up to this day")
    stalled_from: date | None = Field(
        default=None, description="Found to be stalled on this day or later, and still so"
    )
    stalled_to: date | None = Field(default=None, description="Found to be so up to this day")


class ProgressQuery(Paging):
    """Which part of the log; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"

"""Decisions about focus tasks (重点任务) and their milestones: values in, `Refused` out."""

from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST_MILESTONES = 50


class TaskState(Term):
    PLANNED = "planned", "未启动"
    IN_PROGRESS = "in_progress", "推进中"
    BLOCKED = "blocked", "受阻"
    DONE = "done", "已完成"
    ENDED = "ended", "期满结束"


class MilestoneState(Term):
    OPEN = "open", "未完成"
    DONE = "done", "已完成"
    REVERSED = "reversed", "已更正"


UNFINISHED = (TaskState.PLANNED, TaskState.IN_PROGRESS, TaskState.BLOCKED)
REPORTED = (TaskState.IN_PROGRESS, TaskState.BLOCKED, TaskState.DONE)

# Progress is reported by the state that was reached, so these actions bear the states' names.
TASK = Lifecycle(
    TaskState.PLANNED,
    [
        Transition("in_progress", UNFINISHED, TaskState.IN_PROGRESS, "task:report"),
        Transition("blocked", UNFINISHED, TaskState.BLOCKED, "task:report", needs="a note"),
        Transition("done", UNFINISHED, TaskState.DONE, "task:report"),
        Transition("change", UNFINISHED, None, "task:plan"),
        Transition("milestones", UNFINISHED, None, "task:plan"),
        Transition(
            "reverse",
            UNFINISHED,
            None,
            "task:reverse",
            needs="a milestone that was set, or told to be reached, by mistake, a reason",
        ),
        Transition("stall", UNFINISHED, None, needs="no report in the time of rule task.stall"),
        Transition(
            "end",
            UNFINISHED,
            TaskState.ENDED,
            needs="the programme closed, or the participant left it",
        ),
    ],
    terminal=(TaskState.DONE, TaskState.ENDED),
)

MILESTONE = Lifecycle(
    MilestoneState.OPEN,
    [
        Transition(
            "complete",
            MilestoneState.OPEN,
            MilestoneState.DONE,
            "task:report",
            needs="a task that goes on",
        ),
        Transition(
            "reverse",
            (MilestoneState.OPEN, MilestoneState.DONE),
            MilestoneState.REVERSED,
            needs="its task reverses it",
        ),
    ],
    terminal=(MilestoneState.REVERSED,),
)


class BlockedWithoutNote(Refused):
    """What stands in the way must be said, or nobody can help."""

    code = "task-blocked-without-note"
    status = 422
    zh = "任务受阻须说明情况。"
    en = "Say what blocks the task."


class DoneBelowHundred(Refused):
    """What is done is done wholly."""

    code = "task-done-below-hundred"
    status = 422
    zh = "任务已完成的，进度应为 100%，而非 {percent}%。"
    en = "A task that is done stands at 100 percent, not at {percent}."


class MilestoneOutsideProgramme(Refused):
    """The day lies before the programme or after it."""

    code = "milestone-outside-programme"
    status = 422
    zh = "节点日期 {due_on} 须在试点期间（{starts_on} 至 {ends_on}）内。"
    en = "The milestone's day {due_on} must lie within the programme, {starts_on} to {ends_on}."


class MilestoneTitleTaken(Refused):
    """The task has a milestone of this title."""

    code = "milestone-title-taken"
    zh = "该任务已有同名节点。"
    en = "The task has a milestone of this title already."


class TooManyMilestones(Refused):
    """More milestones than anybody follows."""

    code = "task-milestones-too-many"
    status = 422
    zh = "一项任务至多设 {most} 个节点。"
    en = "A task has at most {most} milestones."


class MilestoneDoneInFuture(Refused):
    """What is done was done by today."""

    code = "milestone-done-in-future"
    status = 422
    zh = "完成日期 {done_on} 不得晚于今天。"
    en = "The day {done_on} on which it was done is still to come."


def may_report(*, state: TaskState, note: str | None, percent: int | None) -> None:
    """及时跟踪了解有关情况: being blocked comes with the reason, being done with all of it."""
    if state is TaskState.BLOCKED and not note:
        raise BlockedWithoutNote
    if state is TaskState.DONE and percent not in (None, 100):
        raise DoneBelowHundred(percent=percent)


def percent_after(*, state: TaskState, told: int | None, before: int | None) -> int | None:
    """How far the task has come: what was told, or what was known; all of it when done."""
    if state is TaskState.DONE:
        return 100
    return before if told is None else told


def may_plan(*, due_on: date, starts_on: date, ends_on: date, milestones: int) -> None:
    """A milestone lies within its programme."""
    if not starts_on <= due_on <= ends_on:
        raise MilestoneOutsideProgramme(
            due_on=due_on.isoformat(),
            starts_on=starts_on.isoformat(),
            ends_on=ends_on.isoformat(),
        )
    if milestones >= MOST_MILESTONES:
        raise TooManyMilestones(most=MOST_MILESTONES)


def may_complete(*, done_on: date, today: date) -> None:
    """Done by today."""
    if done_on > today:
        raise MilestoneDoneInFuture(done_on=done_on.isoformat())


def is_overdue(*, due_on: date, state: MilestoneState, task_state: str, today: date) -> bool:
    """Whether the day of an open milestone is over while its task goes on."""
    return state is MilestoneState.OPEN and task_state in UNFINISHED and today > due_on

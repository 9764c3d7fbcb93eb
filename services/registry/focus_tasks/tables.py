"""Focus tasks, what they are to reach when, and each report of their progress."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.focus_tasks.rules import MilestoneState, MilestoneTitleTaken, TaskState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.reversals import STANDS, Reversible, reversal_check


class FocusTask(Versioned, Scoped, Base):
    """A focus task (重点任务) of a participant, seen by the participant and the Bureau."""

    __tablename__ = "focus_task"
    __table_args__ = (
        *scope_indexes("focus_task"),
        Index("ix_focus_task_created_at", "created_at"),
        Index("ix_focus_task_programme_id", "programme_id", "id"),
        Index("ix_focus_task_division", "division", "id"),
        Index("ix_focus_task_tags", "tags", postgresql_using="gin"),
        CheckConstraint(one_of("state", TaskState), name="state"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    division: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    note: Mapped[str | None]
    percent: Mapped[int | None]
    tags: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Other programmes that the task counts for: `{"programme": …, "reference": …}`."""
    quiet_since: Mapped[datetime]
    """The last report; before the first one, when the task began."""
    stalled_at: Mapped[datetime | None]
    """When it was found that nothing had been reported for too long; none once there is news."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProgressReport(Base):
    """One report, as it was made. Read through its task only, which is scoped."""

    __tablename__ = "progress_report"
    __table_args__ = (
        Index("ix_progress_report_task_id", "task_id", "id"),
        CheckConstraint(one_of("state", TaskState), name="state"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("focus_task.id"))
    state: Mapped[str]
    note: Mapped[str | None]
    percent: Mapped[int | None]
    actor: Mapped[str]
    at: Mapped[datetime]


class Milestone(Reversible, Versioned, Base):
    """What a task is to reach by a day (节点). Read through its task only, which is scoped."""

    __tablename__ = "milestone"
    __table_args__ = (
        Index(
            "uq_milestone_task_id_title",
            "task_id",
            "title",
            unique=True,
            postgresql_where=text(STANDS),
            info={"refusal": MilestoneTitleTaken},
        ),
        Index("ix_milestone_task_id", "task_id", "due_on"),
        reversal_check(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("focus_task.id"))
    title: Mapped[str]
    due_on: Mapped[date]
    """The last day."""
    done_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def state(self) -> MilestoneState:
        if self.reversed:
            return MilestoneState.REVERSED
        return MilestoneState.OPEN if self.done_on is None else MilestoneState.DONE

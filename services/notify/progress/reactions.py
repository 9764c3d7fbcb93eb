"""What facts of the registry do to what is known of the pilot's progress."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.progress.tables import KnownFigures, KnownTask
from shared.events import Event
from shared.events.registry.figures import FiguresFrozen
from shared.events.registry.focus_tasks import (
    MilestoneCompleted,
    MilestoneOverdue,
    PilotTaskUpdated,
    TaskStalled,
)
from shared.facts.inbox import Fact, Reaction


async def on_figures_frozen(session: AsyncSession, event: FiguresFrozen, fact: Fact) -> None:
    """Kept as they were frozen."""
    told = event.model_dump(mode="json")
    await session.execute(
        insert(KnownFigures)
        .values(
            id=event.frozen_figure_id,
            fact_id=fact.id,
            division=event.division,
            level=event.level,
            first_day=event.first_day,
            last_day=event.last_day,
            figures=told["figures"],
            coverages=told["coverages"],
            district=fact.scope.district,
            township=fact.scope.township,
            parties=[],
        )
        .on_conflict_do_nothing()
    )


async def on_task_updated(session: AsyncSession, event: PilotTaskUpdated, fact: Fact) -> None:
    """As it stands; whatever is reported ends its stalling."""
    values = {"state": event.state, "stalled": False}
    await session.execute(
        insert(KnownTask)
        .values(
            id=event.task_id,
            division=event.division,
            district=fact.scope.district,
            township=fact.scope.township,
            parties=[],
            overdue=[],
            **values,
        )
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


async def on_task_stalled(session: AsyncSession, event: TaskStalled, fact: Fact) -> None:
    await session.execute(
        update(KnownTask).where(KnownTask.id == event.task_id).values(stalled=True)
    )


async def on_milestone_overdue(session: AsyncSession, event: MilestoneOverdue, fact: Fact) -> None:
    await _overdue(session, event.task_id, event.milestone_id, late=True)


async def on_milestone_completed(
    session: AsyncSession, event: MilestoneCompleted, fact: Fact
) -> None:
    await _overdue(session, event.task_id, event.milestone_id, late=False)


async def _overdue(session: AsyncSession, task: UUID, milestone: UUID, *, late: bool) -> None:
    others = func.array_remove(KnownTask.overdue, str(milestone))
    overdue = func.array_append(others, str(milestone)) if late else others
    await session.execute(update(KnownTask).where(KnownTask.id == task).values(overdue=overdue))


REACTIONS: Sequence[tuple[type[Event], Reaction]] = [
    (FiguresFrozen, on_figures_frozen),
    (PilotTaskUpdated, on_task_updated),
    (TaskStalled, on_task_stalled),
    (MilestoneOverdue, on_milestone_overdue),
    (MilestoneCompleted, on_milestone_completed),
]

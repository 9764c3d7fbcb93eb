"""What the registry's facts about focus tasks and figures do here."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.pilot_views.tables import FocusTaskView, FrozenFigureView
from shared.events.registry.figures import FiguresFrozen
from shared.events.registry.focus_tasks import PilotTaskUpdated
from shared.facts.inbox import Fact


async def on_focus_task(session: AsyncSession, event: PilotTaskUpdated, fact: Fact) -> None:
    """Take over how it stands."""
    names = ("programme_id", "division", "title", "state", "percent")
    told = {name: getattr(event, name) for name in names}
    told["state_name"] = event.state_name or event.state
    await session.execute(
        insert(FocusTaskView)
        .values(id=event.task_id, **told)
        .on_conflict_do_update(index_elements=["id"], set_=told)
    )


async def on_figures_frozen(session: AsyncSession, event: FiguresFrozen, fact: Fact) -> None:
    """Take them over once: they never change."""
    told = event.model_dump(exclude={"frozen_figure_id", "level"})
    await session.execute(
        insert(FrozenFigureView)
        .values(id=event.frozen_figure_id, **told)
        .on_conflict_do_nothing(index_elements=["id"])
    )

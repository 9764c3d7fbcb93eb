"""What the registry's facts about contact points and lay monitors do here."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.origins.tables import ContactPointView, LayMonitorView
from shared.events.registry.contact_points import ContactPointFact
from shared.events.registry.lay_monitors import LayMonitorFact
from shared.facts.inbox import Fact


async def on_contact_point(session: AsyncSession, event: ContactPointFact, fact: Fact) -> None:
    """Take over how it stands."""
    told = {name: getattr(event, name) for name in ("name", "host", "division", "state")}
    await session.execute(
        insert(ContactPointView)
        .values(id=event.contact_point_id, **told)
        .on_conflict_do_update(index_elements=["id"], set_=told)
    )


async def on_lay_monitor(session: AsyncSession, event: LayMonitorFact, fact: Fact) -> None:
    """Take over how they stand."""
    names = ("name", "account", "division", "state", "term_from", "term_to")
    told = {name: getattr(event, name) for name in names}
    await session.execute(
        insert(LayMonitorView)
        .values(id=event.lay_monitor_id, **told)
        .on_conflict_do_update(index_elements=["id"], set_=told)
    )

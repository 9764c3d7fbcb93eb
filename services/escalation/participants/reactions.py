"""What the registry's facts about programmes do here."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.participants.tables import Participant, Programme
from shared.events.registry.programmes import ProgrammeFact
from shared.facts.inbox import Fact


async def on_programme(session: AsyncSession, event: ProgrammeFact, fact: Fact) -> None:
    """Take over who takes part; backfilled programmes count like others, nobody is reminded."""
    names = ("code", "title", "starts_on", "ends_on", "state")
    told = {name: getattr(event, name) for name in names}
    await session.execute(
        insert(Programme)
        .values(id=event.programme_id, **told)
        .on_conflict_do_update(index_elements=["id"], set_=told)
    )
    await session.execute(delete(Participant).where(Participant.programme_id == event.programme_id))
    rows = {
        told.division: {
            "programme_id": event.programme_id,
            "division": told.division,
            "kind": told.kind,
            "programme": event.code,
        }
        for told in event.participants
    }
    if rows:
        await session.execute(insert(Participant), list(rows.values()))

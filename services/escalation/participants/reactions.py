"""What the registry's facts about programmes do here."""

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.participants.tables import Participant
from shared.events.registry.programmes import ProgrammeFact
from shared.facts.inbox import Fact


async def on_programme(session: AsyncSession, event: ProgrammeFact, fact: Fact) -> None:
    """Take over who takes part; backfilled programmes count like others, nobody is reminded."""
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

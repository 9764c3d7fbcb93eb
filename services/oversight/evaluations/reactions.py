"""Programmes of the registry become rows here: the last fact told wins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evaluations.tables import ProgrammeView
from shared.events.registry.programmes import (
    ProgrammeChanged,
    ProgrammeClosed,
    ProgrammeFact,
    ProgrammeOpened,
)
from shared.facts.inbox import Fact


async def on_programme(session: AsyncSession, event: ProgrammeFact, fact: Fact) -> None:
    """The programme and who takes part, as it stands now."""
    told = {
        "code": event.code,
        "title": event.title,
        "ends_on": event.ends_on,
        "participants": [one.model_dump() for one in event.participants],
        "fact_index": fact.stream_index,
    }
    statement = insert(ProgrammeView).values(id=event.programme_id, **told)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ProgrammeView.id],
            set_=told,
            where=ProgrammeView.fact_index < statement.excluded.fact_index,
        )
    )


REACTIONS: Sequence[tuple[Any, Any]] = [
    (kind, on_programme) for kind in (ProgrammeOpened, ProgrammeChanged, ProgrammeClosed)
]

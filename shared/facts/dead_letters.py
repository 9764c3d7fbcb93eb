"""Work in the background that failed for good: kept until an operator has it tried again."""

import traceback
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import now
from shared.db import Scope, new_id
from shared.events import published
from shared.facts import publish
from shared.facts.tables import DeadLetter

ATTEMPTS = 5
WAITS_S = (0.1, 0.4, 1.0, 2.0)
"""Between the attempts at a reaction; the facts behind it wait as long."""


def bury(
    session: AsyncSession,
    *,
    kind: str,
    source: str,
    fact_type: str,
    body: bytes,
    error: BaseException,
    attempts: int,
    event_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add the dead letter and the fact of it; the caller's transaction also takes the work off its
    queue."""
    # The database's own words, without the statement's parameters.
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = "; ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    id = new_id()
    _tell(session, id, kind=kind, source=source, fact_type=fact_type, attempts=attempts)
    session.add(
        DeadLetter(
            id=id,
            kind=kind,
            source=source,
            event_id=event_id,
            type=fact_type,
            body=body,
            error=f"{cause.__class__.__name__}: {cause}"[:2_000],
            attempts=attempts,
            failed_at=now(session),
            replayed_at=None,
            details={**(details or {}), "where": where},
        )
    )


def _tell(
    session: AsyncSession, id: UUID, *, kind: str, source: str, fact_type: str, attempts: int
) -> None:
    service = str(session.info["service"])
    told = published(service).get(f"{service}.dead_letter.buried.v1")
    if told is None:
        return  # a service that publishes nothing of the kind
    fact = told.model_validate(
        {
            "dead_letter_id": id,
            "service": service,
            "work": kind,
            "source": source,
            "fact_type": fact_type,
            "attempts": attempts,
        }
    )
    publish(session, fact, at=Scope())


async def waiting(session: AsyncSession, *, limit: int = 200) -> Sequence[DeadLetter]:
    """Dead letters that were not replayed, the oldest first."""
    found = await session.scalars(
        select(DeadLetter)
        .where(DeadLetter.replayed_at.is_(None))
        .order_by(DeadLetter.id)
        .limit(limit)
    )
    return found.all()

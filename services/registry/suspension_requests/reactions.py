"""What oversight's facts about measures do here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.suspension_requests import actions
from shared.events.oversight.measures import MeasureDecided, MeasureRevoked
from shared.facts.inbox import Fact

SUSPENSION = "suspend_certificate"


async def on_measure_decided(session: AsyncSession, event: MeasureDecided, fact: Fact) -> None:
    """The registry suspends nothing by itself: the issuer is asked."""
    if event.kind == SUSPENSION:
        await actions.receive(session, event)


async def on_measure_revoked(session: AsyncSession, event: MeasureRevoked, fact: Fact) -> None:
    """What was not answered yet has lapsed; a certificate that is suspended is its issuer's."""
    if event.kind == SUSPENSION:
        await actions.lapse(session, event.measure_id)


REACTIONS: Sequence[tuple[Any, Any]] = [
    (MeasureDecided, on_measure_decided),
    (MeasureRevoked, on_measure_revoked),
]

"""What the issuer of a certificate answers, as the registry's facts tell it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.measures import actions
from shared.events.registry.suspension_requests import (
    SuspensionRequestApproved,
    SuspensionRequestFact,
    SuspensionRequestLapsed,
    SuspensionRequestRefused,
)
from shared.facts.inbox import Fact


async def on_answer(session: AsyncSession, event: SuspensionRequestFact, fact: Fact) -> None:
    """It is suspended, or it is not: either way the measure's execution is over."""
    await actions.settle(
        session,
        event.measure_id,
        request_id=event.request_id,
        result=event.state,
        reason=event.reason,
    )


REACTIONS: Sequence[tuple[Any, Any]] = [
    (SuspensionRequestApproved, on_answer),
    (SuspensionRequestRefused, on_answer),
    (SuspensionRequestLapsed, on_answer),
]

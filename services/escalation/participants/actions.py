"""Whether a district takes part in a programme."""

from sqlalchemy import bindparam, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.participants.tables import Participant
from shared.law.tables import Division

# A district stands for those that it succeeded: 500157 for 500112, a pilot district until 2025.
_line = select(bindparam("district", type_=Division.code.type).label("code")).cte(
    "line", recursive=True
)
_line = _line.union(select(Division.code).where(Division.successor == _line.c.code))
_TAKES_PART = select(
    exists(select(literal(1)).where(Participant.division == _line.c.code).correlate(None))
)


async def takes_part(session: AsyncSession, district: str) -> bool:
    """Whether `district`, or one that it succeeded, is a participant of any programme."""
    return bool((await session.execute(_TAKES_PART, {"district": district})).scalar_one())

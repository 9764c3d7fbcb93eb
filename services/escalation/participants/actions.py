"""Who takes part in a programme, also after its code has changed."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.participants.tables import Participant
from shared.clock import today
from shared.law.tables import Division

PILOT = "pilot"
"""Who was chosen; others follow unasked."""

# A district stands for those that it succeeded: 500157 for 500112, a pilot district until 2025.
_line: Any = select(bindparam("district", type_=Division.code.type).label("code")).cte(
    "line", recursive=True
)
_line = _line.union(select(Division.code).where(Division.successor == _line.c.code))
_TAKES_PART = select(
    exists(select(literal(1)).where(Participant.division == _line.c.code).correlate(None))
)


async def takes_part(session: AsyncSession, district: str) -> bool:
    """Whether `district`, or one that it succeeded, is a participant of any programme."""
    return bool((await session.execute(_TAKES_PART, {"district": district})).scalar_one())


async def line_of(session: AsyncSession, division: str) -> list[str]:
    """The division and those that it succeeded."""
    found = await session.scalars(select(_line.c.code), {"district": division})
    return sorted(found)


async def pilots_of(session: AsyncSession, programme_id: UUID) -> list[str]:
    """The pilot participants of a programme, each by the code of who stands for it today."""
    codes = await session.scalars(
        select(Participant.division)
        .where(Participant.programme_id == programme_id, Participant.kind == PILOT)
        .order_by(Participant.division)
    )
    return list(dict.fromkeys([await _heir(session, code) for code in codes.all()]))


async def _heir(session: AsyncSession, code: str) -> str:
    """Who stands for a division today: itself, or its successor's successor."""
    last = (
        select(Division.valid_to, Division.successor)
        .where(Division.code == code)
        .order_by(Division.valid_from.desc())
        .limit(1)
    )
    found = (await session.execute(last)).one_or_none()
    ended = found is not None and found.valid_to is not None and found.valid_to <= today(session)
    if found is None or not ended or found.successor is None:
        return code
    return await _heir(session, found.successor)

"""Finding subjects and officers, and holding off what would move them meanwhile."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.subject_views.rules import ENDED, SubjectUnknown, is_certified
from services.oversight.subject_views.tables import OfficerView, SubjectView
from shared.access.actor import Actor
from shared.access.visibility import sees_scope, unscoped, visible
from shared.clock import today
from shared.db import among


async def hold_divisions(session: AsyncSession) -> None:
    """Keep townships where they are until this transaction ends.

    Whoever copies a row's district into another row asks for this first: a move between the two
    would leave the copy behind in the old district.
    """
    await session.execute(text("LOCK TABLE division IN ACCESS SHARE MODE"))


async def subjects_of(
    session: AsyncSession, organisations: Collection[str]
) -> Sequence[SubjectView]:
    """The subjects of credit codes, one a code: a live one before one that has ended."""
    found = await session.scalars(
        select(SubjectView)
        .ext(distinct_on(SubjectView.organisation))
        .where(
            among(SubjectView.organisation, organisations),
            unscoped(SubjectView, reason="what a source reports for is held against all bodies"),
        )
        .order_by(
            SubjectView.organisation,
            SubjectView.state.in_(ENDED),
            SubjectView.state != "published",
            SubjectView.id.desc(),
        )
    )
    return found.all()


async def subject_to_supervise(
    session: AsyncSession, subject_id: UUID, actor: Actor
) -> SubjectView:
    """A subject that lies in the caller's division, or `SubjectUnknown`.

    Seeing it is not enough: a former district sees what it handled but supervises there no more.
    """
    row = await session.scalar(
        select(SubjectView).where(SubjectView.id == subject_id, visible(SubjectView, actor))
    )
    if row is None or not sees_scope(actor, row.district, row.township):
        raise SubjectUnknown(subject_id=str(subject_id))
    return row


async def officers_of(
    session: AsyncSession, subject_id: UUID, actor: Actor
) -> Sequence[OfficerView]:
    """The officers of a subject that the caller may see, by name."""
    found = await session.scalars(
        select(OfficerView)
        .where(OfficerView.subject_id == subject_id, visible(OfficerView, actor))
        .order_by(OfficerView.name, OfficerView.id)
    )
    return found.all()


async def is_certified_today(session: AsyncSession, officer: OfficerView, actor: Actor) -> bool:
    """Whether an officer may enforce today, as far as the facts that came tell."""
    subject_state = await session.scalar(
        select(SubjectView.state).where(
            SubjectView.id == officer.subject_id, visible(SubjectView, actor)
        )
    )
    return is_certified(
        subject_state=subject_state,
        certificate_state=officer.certificate_state,
        certificate_valid_to=officer.certificate_valid_to,
        on=today(session),
    )

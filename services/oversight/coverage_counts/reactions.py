"""Facts of the registry after which a body's coverage is counted anew."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.coverage_counts.actions import note
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.access.visibility import unscoped
from shared.events.registry import divisions, officers, powers, subjects
from shared.facts.inbox import Fact

_WHY = "a fact of the registry names it"


async def on_subject(session: AsyncSession, event: subjects.SubjectFact, fact: Fact) -> None:
    """A body came, changed or ended."""
    await _moved(session, SubjectView, [(event.subject_id, event.uscc)], fact)


async def on_subjects(session: AsyncSession, event: subjects.SubjectsLoaded, fact: Fact) -> None:
    told = [(one.subject_id, one.uscc) for one in event.records]
    await _moved(session, SubjectView, told, fact)


async def on_officer(session: AsyncSession, event: officers.OfficerFact, fact: Fact) -> None:
    """An officer's body, and the one that the officer comes from."""
    await _moved(session, OfficerView, [(event.officer_id, event.organisation)], fact)


async def on_officers(session: AsyncSession, event: officers.OfficersLoaded, fact: Fact) -> None:
    told = [(one.officer_id, one.organisation) for one in event.records]
    await _moved(session, OfficerView, told, fact)


async def on_power(session: AsyncSession, event: powers.PowerFact, fact: Fact) -> None:
    """A power's body, and the one that it passed from."""
    await _moved(session, PowerView, [(event.power_id, event.organisation)], fact)


async def on_powers(session: AsyncSession, event: powers.PowersLoaded, fact: Fact) -> None:
    told = [(one.power_id, one.organisation) for one in event.records]
    await _moved(session, PowerView, told, fact)


async def on_division_moved(
    session: AsyncSession, event: divisions.DivisionMoved, fact: Fact
) -> None:
    """Its checks count for another district from now on; its bodies' rows move by themselves."""
    await note(session, [event.former_parent, event.parent], backfill=fact.backfill)


async def _moved(
    session: AsyncSession, table: Any, told: Iterable[tuple[UUID, str]], fact: Fact
) -> None:
    rows = dict(told)
    before = await session.scalars(
        select(table.organisation).where(table.id.in_(rows), unscoped(table, reason=_WHY))
    )
    await note(session, {*rows.values(), *before}, backfill=fact.backfill)


REACTIONS: Sequence[tuple[Any, Any]] = [
    (divisions.DivisionMoved, on_division_moved),
    (subjects.SubjectsLoaded, on_subjects),
    (officers.OfficersLoaded, on_officers),
    (powers.PowersLoaded, on_powers),
    *(
        (kind, on_subject)
        for kind in (
            subjects.SubjectRegistered,
            subjects.SubjectSubmitted,
            subjects.SubjectReviewed,
            subjects.SubjectPublished,
            subjects.SubjectChanged,
            subjects.SubjectSuspended,
            subjects.SubjectRevoked,
            subjects.SubjectMerged,
            subjects.SubjectSplit,
        )
    ),
    *(
        (kind, on_officer)
        for kind in (
            officers.OfficerRegistered,
            officers.OfficerChanged,
            officers.CertificateIssued,
            officers.CertificateRenewed,
            officers.CertificateSuspended,
            officers.CertificateReinstated,
            officers.CertificateRevoked,
            officers.CertificateExpired,
            officers.CertificateSurrendered,
        )
    ),
    *(
        (kind, on_power)
        for kind in (
            powers.PowerDrafted,
            powers.PowerChanged,
            powers.PowerWithdrawn,
            powers.PowerActivated,
            powers.PowerAmended,
            powers.PowerTransferred,
            powers.PowerRepealed,
        )
    ),
]
"""Before those that keep the views: a reaction reads there whose something was until now."""

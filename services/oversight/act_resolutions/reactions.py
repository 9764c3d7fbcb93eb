"""Facts of the registry that acts may wait for; what they tell is kept by `subject_views`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_resolutions.actions import note
from shared.events.registry import officers, powers, subjects
from shared.facts.inbox import Fact


async def on_subject(session: AsyncSession, event: subjects.SubjectFact, fact: Fact) -> None:
    """Acts may wait for it."""
    await note(session, [f"subject:{event.uscc}"])


async def on_subjects(session: AsyncSession, event: subjects.SubjectsLoaded, fact: Fact) -> None:
    await note(session, (f"subject:{told.uscc}" for told in event.records))


async def on_officer(session: AsyncSession, event: officers.OfficerFact, fact: Fact) -> None:
    """Acts may wait for the certificate."""
    if event.certificate_no:
        await note(session, [f"certificate:{event.certificate_no}"])


async def on_officers(session: AsyncSession, event: officers.OfficersLoaded, fact: Fact) -> None:
    numbers = (told.certificate_no for told in event.records)
    await note(session, (f"certificate:{number}" for number in numbers if number))


async def on_power(session: AsyncSession, event: powers.PowerFact, fact: Fact) -> None:
    """Acts may wait for the code, or be of the body and know only others' power of that code."""
    await note(session, references_of(event))


async def on_powers(session: AsyncSession, event: powers.PowersLoaded, fact: Fact) -> None:
    await note(session, (name for told in event.records for name in references_of(told)))


def references_of(power: powers.PowerFact) -> tuple[str, str]:
    """What acts may wait for of a power."""
    return f"item:{power.code}", f"power:{power.organisation}:{power.code}"


REACTIONS: Sequence[tuple[Any, Any]] = [
    (subjects.SubjectRegistered, on_subject),
    (subjects.SubjectPublished, on_subject),
    (subjects.SubjectsLoaded, on_subjects),
    (subjects.SubjectChanged, on_subject),
    (officers.OfficersLoaded, on_officers),
    (officers.CertificateIssued, on_officer),
    (officers.CertificateReinstated, on_officer),
    (powers.PowersLoaded, on_powers),
    (powers.PowerActivated, on_power),
    (powers.PowerTransferred, on_power),
]

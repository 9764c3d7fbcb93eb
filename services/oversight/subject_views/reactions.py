"""Facts of the registry become rows here: the last one told wins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.events.registry.officers import (
    CertificateExpired,
    CertificateExpiring,
    CertificateIssued,
    CertificateReinstated,
    CertificateRenewed,
    CertificateRevoked,
    CertificateSurrendered,
    CertificateSuspended,
    OfficerChanged,
    OfficerFact,
    OfficerRegistered,
    OfficersLoaded,
    OfficerTrainingRecorded,
    OfficerTrainingWithdrawn,
)
from shared.events.registry.powers import (
    PowerActivated,
    PowerAmended,
    PowerChanged,
    PowerDrafted,
    PowerFact,
    PowerRepealed,
    PowersLoaded,
    PowerTransferred,
    PowerWithdrawn,
)
from shared.events.registry.subjects import (
    SubjectChanged,
    SubjectFact,
    SubjectMerged,
    SubjectPublished,
    SubjectRegistered,
    SubjectReviewed,
    SubjectRevoked,
    SubjectsLoaded,
    SubjectSplit,
    SubjectSubmitted,
    SubjectSuspended,
)
from shared.facts.inbox import Fact


async def on_subject(session: AsyncSession, event: SubjectFact, fact: Fact) -> None:
    """The subject as it stands now."""
    await _take_over(session, SubjectView, [_subject(event)], fact)


async def on_subjects(session: AsyncSession, event: SubjectsLoaded, fact: Fact) -> None:
    """The subjects of an import as they stand now."""
    await _take_over(session, SubjectView, [_subject(told) for told in event.records], fact)


async def on_officer(session: AsyncSession, event: OfficerFact, fact: Fact) -> None:
    """The officer and the certificate as they stand now."""
    await _take_over(session, OfficerView, [_officer(event)], fact)


async def on_officers(session: AsyncSession, event: OfficersLoaded, fact: Fact) -> None:
    """The officers of an import as they stand now."""
    await _take_over(session, OfficerView, [_officer(told) for told in event.records], fact)


async def on_power(session: AsyncSession, event: PowerFact, fact: Fact) -> None:
    """The power as it stands now."""
    await _take_over(session, PowerView, [_power(event)], fact)


async def on_powers(session: AsyncSession, event: PowersLoaded, fact: Fact) -> None:
    """The powers of an import as they stand now."""
    await _take_over(session, PowerView, [_power(told) for told in event.records], fact)


def _power(event: PowerFact) -> dict[str, Any]:
    return {
        "id": event.power_id,
        "subject_id": event.subject_id,
        "organisation": event.organisation,
        "code": event.code,
        "name": event.name,
        "kind": event.kind,
        "domains": event.domains,
        "state": event.state,
    }


def _subject(event: SubjectFact) -> dict[str, Any]:
    return {
        "id": event.subject_id,
        "organisation": event.uscc,
        "name": event.name,
        "kind": event.kind,
        "level": event.level,
        "division": event.division,
        "domains": event.domains,
        "state": event.state,
    }


def _officer(event: OfficerFact) -> dict[str, Any]:
    return {
        "id": event.officer_id,
        "subject_id": event.subject_id,
        "organisation": event.organisation,
        "name": event.name,
        "post": event.post,
        "staffing": event.staffing,
        "state": event.state,
        "certificate_no": event.certificate_no,
        "certificate_state": event.certificate_state,
        "certificate_valid_to": event.certificate_valid_to,
    }


async def _take_over(
    session: AsyncSession, table: Any, records: list[dict[str, Any]], fact: Fact
) -> None:
    scope: dict[str, Any] = {
        "district": fact.scope.district,
        "township": fact.scope.township,
        "parties": [],
        "fact_index": fact.stream_index,
        "told_at": fact.time,
    }
    told = insert(table)
    new: dict[str, Any] = {
        name: told.excluded[name] for name in [*records[0], *scope] if name != "id"
    }
    # Parties stay: a former district goes on seeing what it handled (a move adds it).
    new["parties"] = func.array_remove(table.parties, told.excluded.district)
    # Without RETURNING, so that the records of an import go in one round trip.
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[table.id],
            set_=new,
            where=table.fact_index < told.excluded.fact_index,
        ),
        [{**record, **scope} for record in records],
    )


REACTIONS: Sequence[tuple[Any, Any]] = [
    (SubjectsLoaded, on_subjects),
    (OfficersLoaded, on_officers),
    (PowersLoaded, on_powers),
    *(
        (kind, on_power)
        for kind in (
            PowerDrafted,
            PowerChanged,
            PowerWithdrawn,
            PowerActivated,
            PowerAmended,
            PowerRepealed,
            PowerTransferred,
        )
    ),
    *(
        (kind, on_subject)
        for kind in (
            SubjectRegistered,
            SubjectSubmitted,
            SubjectReviewed,
            SubjectPublished,
            SubjectChanged,
            SubjectSuspended,
            SubjectRevoked,
            SubjectMerged,
            SubjectSplit,
        )
    ),
    *(
        (kind, on_officer)
        for kind in (
            OfficerRegistered,
            OfficerChanged,
            OfficerTrainingRecorded,
            OfficerTrainingWithdrawn,
            CertificateIssued,
            CertificateRenewed,
            CertificateExpiring,
            CertificateSuspended,
            CertificateReinstated,
            CertificateRevoked,
            CertificateExpired,
            CertificateSurrendered,
        )
    ),
]

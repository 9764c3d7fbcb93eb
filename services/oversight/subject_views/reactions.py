"""Facts of the registry become rows here: the last one told wins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.subject_views.tables import OfficerView, SubjectView
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
    OfficerTrainingRecorded,
    OfficerTrainingWithdrawn,
)
from shared.events.registry.subjects import (
    SubjectChanged,
    SubjectFact,
    SubjectMerged,
    SubjectPublished,
    SubjectRegistered,
    SubjectReviewed,
    SubjectRevoked,
    SubjectSplit,
    SubjectSubmitted,
    SubjectSuspended,
)
from shared.facts.inbox import Fact


async def on_subject(session: AsyncSession, event: SubjectFact, fact: Fact) -> None:
    """The subject as it stands now."""
    told = {
        "organisation": event.uscc,
        "name": event.name,
        "kind": event.kind,
        "level": event.level,
        "division": event.division,
        "domains": event.domains,
        "state": event.state,
    }
    await _take_over(session, SubjectView, event.subject_id, told, fact)


async def on_officer(session: AsyncSession, event: OfficerFact, fact: Fact) -> None:
    """The officer and the certificate as they stand now."""
    told = {
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
    await _take_over(session, OfficerView, event.officer_id, told, fact)


async def _take_over(
    session: AsyncSession, table: Any, id: Any, told: dict[str, Any], fact: Fact
) -> None:
    told |= {
        "district": fact.scope.district,
        "township": fact.scope.township,
        "fact_index": fact.stream_index,
        "told_at": fact.time,
    }
    # Parties stay: a former district goes on seeing what it handled (a move adds it).
    parties = func.array_remove(table.parties, fact.scope.district)
    await session.execute(
        insert(table)
        .values(id=id, parties=[], **told)
        .on_conflict_do_update(
            index_elements=[table.id],
            set_={**told, "parties": parties},
            where=table.fact_index < fact.stream_index,
        )
    )


REACTIONS: Sequence[tuple[Any, Any]] = [
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

"""The verbs of evidence: take a file in, give it out, seal a set."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_files import actions as case_files
from services.oversight.case_files.tables import CaseFile
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.db import AboutSubject
from services.oversight.documents import actions as documents
from services.oversight.documents.tables import Document
from services.oversight.evidence import rules
from services.oversight.evidence.rules import EvidenceTarget
from services.oversight.evidence.schemas import EvidenceUpload, SealRequest
from services.oversight.evidence.tables import Evidence, key_of
from services.oversight.evidence_seals import actions as seals
from services.oversight.evidence_seals.rules import EvidenceIsSealed
from services.oversight.evidence_seals.tables import EvidenceSeal
from services.oversight.findings.tables import Finding
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused
from services.oversight.inspections.tables import Inspection
from services.oversight.measures.tables import Measure
from services.oversight.permissions import NotInCharge, answers, supervises
from services.oversight.rectifications.tables import Rectification
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import now
from shared.db import Database, new_id
from shared.events.oversight.evidence import EvidenceAdded, EvidenceSealed
from shared.facts import publish
from shared.files import taking
from shared.files.store import store_of
from shared.files.taking import FileEmpty, limited, may_keep
from shared.refusals import NotFound

SWEEP = "evidence.sweep"
"""The timer of an upload: whatever is left of one that broke off is taken out again."""
SWEEP_AFTER = timedelta(hours=1)


async def target_of(
    session: AsyncSession, actor: Actor, target: EvidenceTarget, id: UUID
) -> AboutSubject:
    """The thing that evidence belongs to, if the caller may see it; else `NotFound`."""
    match target:
        case EvidenceTarget.INSPECTION:
            return await inspections.read(session, actor, id)
        case EvidenceTarget.FINDING:
            return await load(session, Finding, id, actor)
        case EvidenceTarget.RECTIFICATION:
            return await load(session, Rectification, id, actor)
        case EvidenceTarget.DOCUMENT:
            return await documents.read(session, actor, id)
        case EvidenceTarget.MEASURE:
            return await load(session, Measure, id, actor)
        case EvidenceTarget.CASE_FILE:
            return await case_files.read(session, actor, id)


async def add(
    database: Database,
    session: AsyncSession,
    actor: Actor,
    request: EvidenceUpload,
    *,
    media_type: str,
    pieces: AsyncIterator[bytes],
) -> Evidence:
    """Keep a file: first in the store, then in the transaction that makes it known.

    A crash between the two leaves a file that nobody knows, and a timer that takes it out.
    """
    may_keep(name=request.name, media_type=media_type)
    id = new_id()
    async with database.sessions() as before:
        await _may_add(before, actor, request)
        await timers.schedule(before, SWEEP, id, now(before) + SWEEP_AFTER)
        await before.commit()
    written = await store_of(session).write(key_of(id), limited(pieces, most=taking.MOST_BYTES))
    if written.size == 0:
        raise FileEmpty
    series_id, edition = await _may_add(session, actor, request)
    row = Evidence(
        id=id,
        target=request.target,
        target_id=request.target_id,
        series_id=series_id or id,
        edition=edition,
        name=request.name,
        media_type=media_type,
        size=written.size,
        sha256=written.sha256,
        note=request.note,
        added_at=now(session),
        added_by=actor.sub,
    )
    session.add(row)
    await timers.cancel(session, SWEEP, id)
    await session.flush()
    fact = EvidenceAdded(
        evidence_id=id,
        target=request.target,
        target_id=request.target_id,
        edition=edition,
        sha256=row.sha256,
    )
    target = await target_of(session, actor, request.target, request.target_id)
    publish(session, fact, at=target)
    if request.late_because is not None:
        assert isinstance(target, Inspection)
        sealed = await seals.seal_all(session, actor, target.id, reason=request.late_because)
        target.evidence_seal_id = sealed.id
        await session.flush()
        _tell_sealed(session, target, sealed)
    return row


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Evidence:
    """A file of something that the caller may see."""
    row = await session.get(Evidence, id)
    if row is None:
        raise NotFound
    await target_of(session, actor, EvidenceTarget(row.target), row.target_id)
    return row


async def seal(session: AsyncSession, actor: Actor, request: SealRequest) -> EvidenceSeal:
    """From now on these files are these, and no further edition takes their place."""
    target = await _target(session, actor, request.target, request.target_id)
    await _check(session, actor, target)
    if not supervises(actor, target):
        raise NotInCharge
    if _concealed(target):
        raise rules.TargetConcealed
    sealed = await seals.seal(
        session,
        actor,
        request.target,
        request.target_id,
        evidence_ids=request.evidence_ids,
        reason=request.reason,
    )
    _tell_sealed(session, target, sealed)
    return sealed


async def read_seal(session: AsyncSession, actor: Actor, id: UUID) -> EvidenceSeal:
    """A sealed set of something that the caller may see."""
    row = await session.get(EvidenceSeal, id)
    if row is None:
        raise NotFound
    await target_of(session, actor, EvidenceTarget(row.target), row.target_id)
    return row


async def sweep(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: take out the file of an upload that never became known."""
    if await session.get(Evidence, ref) is None:
        await store_of(session).remove(key_of(ref))


async def _target(
    session: AsyncSession, actor: Actor, target: EvidenceTarget, id: UUID
) -> AboutSubject:
    try:
        return await target_of(session, actor, target, id)
    except NotFound:
        raise rules.TargetUnknown(target=target, target_id=str(id)) from None


async def _may_add(
    session: AsyncSession, actor: Actor, request: EvidenceUpload
) -> tuple[UUID | None, int]:
    """Whether the caller may attach a file; and of which series it is which edition."""
    target = await _target(session, actor, request.target, request.target_id)
    await _check(session, actor, target)
    by_subject = request.target in rules.OF_SUBJECTS and answers(actor, target)
    if not (by_subject or supervises(actor, target)):
        raise NotInCharge
    sealed = False
    if isinstance(target, Inspection):
        # Locked: its evidence must not be sealed between this look at it and the commit.
        target = await inspections.read(session, actor, target.id, lock=True)
        sealed = target.evidence_seal_id is not None
    rules.may_come(sealed=sealed, late_because=request.late_because)
    if request.replaces is None:
        return None, 1
    # Locked: it must not be sealed between this look at it and the commit.
    before = await session.get(Evidence, request.replaces, with_for_update=True)
    if before is None or before.target_id != request.target_id:
        raise rules.TargetUnknown(target="evidence", target_id=str(request.replaces))
    if before.seal_id is not None:
        raise EvidenceIsSealed
    newer = select(Evidence.id).where(
        Evidence.series_id == before.series_id, Evidence.edition > before.edition
    )
    if await session.scalar(newer.limit(1)) is not None:
        raise rules.EvidenceReplaced
    return before.series_id, before.edition + 1


async def _check(session: AsyncSession, actor: Actor, target: AboutSubject) -> None:
    """Who was taken off the inspection behind it leaves it alone."""
    match target:
        case Inspection():
            behind: UUID | None = target.id
        case CaseFile():
            behind = await session.scalar(
                select(CaseReview.inspection_id).where(
                    CaseReview.id == target.review_id,
                    unscoped(CaseReview, reason="the review of a file that the caller sees"),
                )
            )
        case _:
            behind = getattr(target, "inspection_id", None)
    if behind is not None and await inspections.recused_from(session, actor, [behind]):
        raise ActorRecused


def _concealed(target: AboutSubject) -> bool:
    match target:
        case Inspection():
            return target.concealed
        case CaseFile():
            return target.organisation is None
        case Document():
            return not target.disclosed
        case _:
            return False


def _tell_sealed(session: AsyncSession, target: AboutSubject, sealed: EvidenceSeal) -> None:
    fact = EvidenceSealed(
        seal_id=sealed.id,
        target=sealed.target,
        target_id=sealed.target_id,
        edition=sealed.edition,
        subject_id=target.subject_id,
        organisation=target.credit_code,
        division=target.division,
        files=sealed.files,
        digest=sealed.digest,
    )
    publish(session, fact, at=target)

"""The one way in which files become a sealed set; whoever seals tells the world of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evidence.rules import EvidenceTarget
from services.oversight.evidence.tables import Evidence
from services.oversight.evidence_seals import rules
from services.oversight.evidence_seals.tables import EvidenceSeal
from shared.access.actor import Actor
from shared.clock import now

PROOF = "提交时封存"
"""Why the evidence of a report is sealed: it is handed in."""


async def seal(
    session: AsyncSession,
    actor: Actor,
    target: EvidenceTarget,
    target_id: UUID,
    *,
    evidence_ids: Collection[UUID],
    reason: str,
    sealed_before: bool = False,
) -> EvidenceSeal:
    """Seal these files of one thing; with `sealed_before` some of them may be sealed already."""
    asked = set(evidence_ids)
    rows = await _locked(session, target, target_id, asked)
    rules.are_there(asked, [row.id for row in rows])
    if not sealed_before and any(row.seal_id for row in rows):
        raise rules.EvidenceIsSealed
    return await _seal(session, actor, target, target_id, rows, reason=reason)


async def seal_proof(
    session: AsyncSession,
    actor: Actor,
    target: EvidenceTarget,
    target_id: UUID,
    evidence_ids: Collection[UUID],
) -> EvidenceSeal:
    """Seal what proves a report of what was done; files of an earlier report may be among them."""
    rules.is_proved(evidence_ids)
    return await seal(
        session,
        actor,
        target,
        target_id,
        evidence_ids=evidence_ids,
        reason=PROOF,
        sealed_before=True,
    )


async def seal_all(
    session: AsyncSession, actor: Actor, inspection_id: UUID, *, reason: str
) -> EvidenceSeal:
    """Seal all the evidence of an inspection, in the set's next edition.

    The caller holds the inspection's lock, without which nothing is added to it.
    """
    rows = await _locked(session, EvidenceTarget.INSPECTION, inspection_id)
    last = await session.scalar(
        select(func.max(EvidenceSeal.edition)).where(EvidenceSeal.target_id == inspection_id)
    )
    return await _seal(
        session,
        actor,
        EvidenceTarget.INSPECTION,
        inspection_id,
        rows,
        reason=reason,
        edition=(last or 0) + 1,
    )


async def _seal(
    session: AsyncSession,
    actor: Actor,
    target: EvidenceTarget,
    target_id: UUID,
    rows: Sequence[Evidence],
    *,
    reason: str,
    edition: int | None = None,
) -> EvidenceSeal:
    sealed = EvidenceSeal(
        target=target,
        target_id=target_id,
        edition=edition,
        files=len(rows),
        digest=rules.digest_of(row.sha256 for row in rows),
        reason=reason,
        sealed_at=now(session),
        sealed_by=actor.sub,
    )
    session.add(sealed)
    await session.flush()
    for row in rows:
        if row.seal_id is None:
            row.seal_id = sealed.id
    await session.flush()
    return sealed


async def _locked(
    session: AsyncSession,
    target: EvidenceTarget,
    target_id: UUID,
    asked: Collection[UUID] | None = None,
) -> Sequence[Evidence]:
    """Files of one thing in the order of their ids, locked: all, or those asked for."""
    statement = select(Evidence).where(Evidence.target == target, Evidence.target_id == target_id)
    if asked is not None:
        statement = statement.where(Evidence.id.in_(asked))
    found = await session.scalars(statement.order_by(Evidence.id).with_for_update())
    return found.all()

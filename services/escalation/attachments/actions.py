"""The verbs of attachments: take a file in, give it out."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.attachments.rules import (
    KEEPER,
    AttachmentMatterOver,
    AttachmentTargetUnknown,
)
from services.escalation.attachments.schemas import AttachmentUpload
from services.escalation.attachments.tables import Attachment, key_of
from services.escalation.cooperations import rules as cooperations
from services.escalation.cooperations.tables import Cooperation
from services.escalation.matters.actions import seen, sides_of
from services.escalation.matters.rules import MatterKind, MatterNotYours, Side, sides_named
from services.escalation.matters.tables import Matter
from services.escalation.packages.tables import Package
from services.escalation.permissions import BODIES, SUPERVISORS
from services.escalation.referrals import rules as referrals
from services.escalation.referrals.tables import Referral
from services.escalation.reverse_transfers import rules as reverse_transfers
from services.escalation.reverse_transfers.tables import ReverseTransfer
from services.escalation.transfers import rules as transfers
from services.escalation.transfers.tables import Transfer
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.db import Database, new_id
from shared.events.escalation.attachments import AttachmentAdded
from shared.facts import publish
from shared.files.store import store_of
from shared.files.taking import take_in
from shared.law.lifecycle import Lifecycle
from shared.refusals import NotFound

SWEEP = "attachment.sweep"
"""The timer of an upload: whatever is left of one that broke off is taken out again."""

TABLES: dict[MatterKind, type[Any]] = {
    MatterKind.TRANSFER: Transfer,
    MatterKind.REVERSE_TRANSFER: ReverseTransfer,
    MatterKind.REFERRAL: Referral,
    MatterKind.COOPERATION: Cooperation,
}

LIFECYCLES: dict[MatterKind, Lifecycle[Any]] = {
    MatterKind.TRANSFER: transfers.LIFECYCLE,
    MatterKind.REVERSE_TRANSFER: reverse_transfers.LIFECYCLE,
    MatterKind.REFERRAL: referrals.LIFECYCLE,
    MatterKind.COOPERATION: cooperations.LIFECYCLE,
}


async def target_of(session: AsyncSession, actor: Actor, target: MatterKind, id: UUID) -> Matter:
    """The matter that files belong to, if the caller may see it; else `NotFound`."""
    table = TABLES[target]
    row: Matter = await load(session, table, id, actor, seen=seen(table, actor))
    return row


async def seen_of(
    session: AsyncSession, actor: Actor, target: MatterKind, id: UUID
) -> ColumnElement[bool]:
    """Which files of a matter the caller sees: the side that keeps it and supervisors all; others
    what their body added, and what a package handed to it."""
    matter = await target_of(session, actor, target, id)
    every = and_(Attachment.target == target, Attachment.target_id == id)
    if SUPERVISORS & actor.roles or KEEPER[target] in sides_of(matter, actor):
        return every
    packages = await session.scalars(
        select(Package.documents).where(
            Package.matter_id == id,
            Package.receiver == actor.organisation,
            seen(Package, actor),
        )
    )
    handed = {UUID(document["id"]) for documents in packages for document in documents}
    return and_(every, or_(Attachment.body == actor.organisation, Attachment.id.in_(handed)))


async def add(
    database: Database,
    session: AsyncSession,
    actor: Actor,
    request: AttachmentUpload,
    *,
    media_type: str,
    pieces: AsyncIterator[bytes],
) -> Attachment:
    """Keep a file: first in the store, then in the transaction that makes it known."""
    id = new_id()

    async def may(early: AsyncSession) -> None:
        await _target(early, actor, request)

    written = await take_in(
        database,
        session,
        key_of(id),
        name=request.name,
        media_type=media_type,
        pieces=pieces,
        may=may,
        sweep=(SWEEP, id),
    )
    target = await _target(session, actor, request)
    row = Attachment(
        id=id,
        target=request.target,
        target_id=request.target_id,
        kind=request.kind,
        name=request.name,
        media_type=media_type,
        size=written.size,
        sha256=written.sha256,
        added_at=now(session),
        added_by=actor.sub,
        body=actor.organisation if BODIES & actor.roles else None,
    )
    session.add(row)
    await session.flush()
    told = {name: getattr(row, name) for name in ("target", "target_id", "kind", "sha256")}
    publish(session, AttachmentAdded(attachment_id=id, **told), at=target)
    return row


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Attachment:
    """A file that the caller may see."""
    row = await session.get(Attachment, id)
    if row is None:
        raise NotFound
    shown = await seen_of(session, actor, MatterKind(row.target), row.target_id)
    found = await session.scalar(select(Attachment).where(Attachment.id == id, shown))
    if found is None:
        raise NotFound
    return found


async def sweep(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: take out the file of an upload that never became known."""
    if await session.get(Attachment, ref) is None:
        await store_of(session).remove(key_of(ref))


async def _target(session: AsyncSession, actor: Actor, request: AttachmentUpload) -> Matter:
    """The matter, if the caller is one of those between whom it is."""
    try:
        target = await target_of(session, actor, request.target, request.target_id)
    except NotFound:
        raise AttachmentTargetUnknown(
            target=request.target, target_id=str(request.target_id)
        ) from None
    third = target.procuratorate if isinstance(target, Transfer) else None
    between = {Side.SENDER, Side.RECEIVER, Side.THIRD}
    if not between & sides_of(target, actor, third):
        raise MatterNotYours(sides=sides_named({Side.SENDER, Side.RECEIVER}))
    if target.state in LIFECYCLES[request.target].terminal:
        raise AttachmentMatterOver
    return target

"""The verbs of a package: send, make a link to it, confirm."""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.attachments.tables import Attachment
from services.escalation.matters.actions import Term, is_near, parties, passed, seen
from services.escalation.matters.rules import MatterKind
from services.escalation.matters.tables import Matter
from services.escalation.packages import rules
from services.escalation.packages.rules import (
    LINK,
    STEPS,
    Link,
    PackagePurpose,
    PackageState,
    ReceiptWay,
)
from services.escalation.packages.tables import Package
from shared.access.actor import Actor
from shared.access.visibility import load, published, unscoped
from shared.clock import now
from shared.db import new_id
from shared.events.escalation.packages import (
    PackageConfirmed,
    PackageDueSoon,
    PackageFact,
    PackageLinked,
    PackageOverdue,
    PackageSent,
)
from shared.facts import publish
from shared.facts.ledger.notes import Proof
from shared.facts.ledger.reading import Reads, checkpoint_for, inclusion
from shared.facts.tables import EventLog
from shared.law.calendar import due
from shared.law.tables import calendar_of, rule
from shared.manifests import digest_of, manifest_of, signature_of
from shared.refusals import NotFound

TERM = Term(STEPS)

E = TypeVar("E", bound=PackageFact)


class Parcel(NamedTuple):
    """What is to be handed over."""

    purpose: PackagePurpose
    sender: str | None
    sender_name: str
    receiver: str | None
    receiver_name: str
    documents: Sequence[UUID] | None
    """Which files of the matter go along; None: all."""
    receiver_division: str | None = None


class Receipt(NamedTuple):
    """That it arrived, as it is told."""

    way: ReceiptWay
    received_by: str | None = None
    receipt_no: str | None = None
    digest: str | None = None
    remarks: str | None = None


class Evidence(NamedTuple):
    """That a package was sent, for whoever checks it without us."""

    fact: str | None
    """The fact as the ledger has the hash of it."""
    proof: str | None
    """A file `.tlog-proof`; None while no checkpoint covers it."""


async def send(
    session: AsyncSession, actor: Actor, kind: MatterKind, matter: Matter, parcel: Parcel
) -> Package:
    """Hand over files of a matter that lies locked; the receiver sees both from now on."""
    id, moment = new_id(), now(session)
    documents = await _documents(session, kind, matter.id, parcel.documents)
    manifest = manifest_of(
        {
            "package": str(id),
            "matter": kind,
            "number": matter.number,
            "title": matter.title,
            "purpose": parcel.purpose,
            "sender": {"name": parcel.sender_name, "code": parcel.sender},
            "receiver": {"name": parcel.receiver_name, "code": parcel.receiver},
            "sent_at": moment.isoformat(timespec="seconds"),
            "documents": documents,
        }
    )
    row = Package(
        id=id,
        matter=kind,
        matter_id=matter.id,
        matter_number=matter.number,
        matter_title=matter.title,
        **parcel._replace(documents=None)._asdict() | {"documents": documents},
        division=matter.division,
        manifest=manifest,
        digest=digest_of(manifest),
        signature=signature_of(manifest, session.info["signer"]),
        state=PackageState.SENT,
        sent_at=moment,
        sent_by=actor.sub,
        district=matter.district,
        township=matter.township,
        parties=[*parties(parcel.sender, parcel.receiver, parcel.receiver_division)],
    )
    session.add(row)
    await TERM.start(session, row, "receipt")
    fact = _fact(PackageSent, row, documents=len(documents))
    row.fact_id = publish(session, fact, at=row)
    await session.flush()
    return row


async def link(session: AsyncSession, actor: Actor, id: UUID) -> tuple[Package, Link]:
    """A link to it for a receiver outside the system; the one before is good no more."""
    row = await load(session, Package, id, actor, lock=True, seen=seen(Package, actor))
    row.state = rules.LIFECYCLE.next("link", row.state)
    if not row.is_sender(actor):
        raise rules.PackageNotYours
    if not row.outside:
        raise rules.PackageReceiverInside
    term = (await rule(session, LINK)).deadline()
    ends = due(now(session), term, await calendar_of(session)).at.replace(microsecond=0)
    row.links += 1
    await session.flush()
    told = PackageLinked(package_id=row.id, number=row.links, expires_at=ends)
    publish(session, told, at=row)
    return row, Link(row.id, row.links, ends)


async def linked(session: AsyncSession, text: str, *, lock: bool = False) -> Package:
    """The package that a link is for. A wrong one, an old one and one whose time is over are all
    answered alike, by `NotFound`."""
    told = Link.read(text)
    if told is None or not hmac.compare_digest(told.signed(mac_of(session)), text):
        raise NotFound
    criterion = and_(Package.id == told.package_id, Package.links == told.number)
    statement = select(Package).where(published(Package, criterion))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None or told.expires_at <= now(session):
        raise NotFound
    return row


async def confirm(
    session: AsyncSession, row: Package, receipt: Receipt, *, by: str | None
) -> Package:
    """The receiver has it. The caller lets the matter know (`receipts`)."""
    row.state = rules.LIFECYCLE.next("confirm", row.state)
    rules.may_confirm(digest=row.digest, told=receipt.digest)
    late = row.due_at is not None and row.due_at <= now(session)
    row.confirmed_at, row.confirmed_by = now(session), by
    row.receipt_way, row.received_by = receipt.way, receipt.received_by
    row.receipt_no, row.remarks = receipt.receipt_no, receipt.remarks
    await TERM.stop(session, row)
    await session.flush()
    told = _fact(PackageConfirmed, row, way=receipt.way, late=late)
    publish(session, told, at=row, actor=by)
    return row


async def evidence_of(reads: Reads, row: Package) -> Evidence:
    """The fact that it was sent, and the proof that the ledger has it, as far as they are there."""
    found = await reads.execute(
        select(EventLog.log_index, EventLog.event).where(
            published(EventLog, EventLog.event_id == row.fact_id),
            unscoped(EventLog, reason="what is known of a package to whoever may see it"),
        )
    )
    if (fact := found.one_or_none()) is None:
        return Evidence(None, None)
    told = bytes(fact.event).decode()
    checkpoint = await checkpoint_for(reads, fact.log_index)
    if checkpoint is None:
        return Evidence(told, None)
    hashes = await inclusion(reads, fact.log_index, checkpoint.size)
    return Evidence(told, str(Proof(fact.log_index, hashes, checkpoint)))


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, Package, ref)
    if row is not None:
        publish(session, _fact(PackageDueSoon, row), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nobody confirmed it in time."""
    row = await passed(session, Package, ref)
    if row is not None:
        publish(session, _fact(PackageOverdue, row), at=row)


def mac_of(session: AsyncSession) -> Callable[[bytes], bytes]:
    """What links are signed with."""
    mac: Callable[[bytes], bytes] = session.info["seal"].digest
    return mac


async def _documents(
    session: AsyncSession, kind: MatterKind, matter_id: UUID, ids: Sequence[UUID] | None
) -> list[dict[str, Any]]:
    found = await session.scalars(
        select(Attachment)
        .where(Attachment.target == kind, Attachment.target_id == matter_id)
        .order_by(Attachment.id)
    )
    there = {row.id: row for row in found}
    return [_document(there[id]) for id in rules.chosen(ids, there)]


def _document(row: Attachment) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("kind", "name", "media_type", "size", "sha256")}
    return {"id": str(row.id), **told, "kind_name": AttachmentKind(row.kind).label}


def _fact(kind: type[E], row: Package, **more: Any) -> E:
    names = (
        *("matter", "matter_id", "purpose", "sender", "sender_name", "receiver"),
        *("receiver_name", "division", "digest", "state", "due_at"),
    )
    return kind(
        package_id=row.id,
        number=row.matter_number,
        purpose_name=PackagePurpose(row.purpose).label,
        **{name: getattr(row, name) for name in names},
        **more,
    )

"""That a package arrived: told by API, by a link or by an event, with what follows of it."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.attachments.tables import Attachment
from services.escalation.cooperations import actions as cooperations
from services.escalation.matters.actions import seen
from services.escalation.matters.rules import MatterKind
from services.escalation.packages import actions as packages
from services.escalation.packages import rules
from services.escalation.packages.actions import Receipt
from services.escalation.packages.rules import PackageState, ReceiptWay
from services.escalation.packages.tables import Package
from services.escalation.receipts.schemas import (
    LinkReceiptRequest,
    ReceiptMessage,
    ReceiptRequest,
)
from services.escalation.referrals import actions as referrals
from services.escalation.transfers import actions as transfers
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.facts.intake import Sent
from shared.refusals import Invalid, NotFound, Refused

RECEIPTS = "receipts"
"""What a receiver's system sends: `xa.escalation.receipts.<its credit code>`."""


async def confirm(
    session: AsyncSession, actor: Actor, id: UUID, request: ReceiptRequest
) -> Package:
    """By the receiver; or with its paper receipt by the sender."""
    row = await load(session, Package, id, actor, lock=True, seen=seen(Package, actor))
    way = rules.way_of(
        receives=row.is_receiver(actor),
        sends=row.is_sender(actor),
        outside=row.outside,
        receipt_no=request.receipt_no,
    )
    receipt = Receipt(way=way, **request.model_dump())
    return await _settle(session, await packages.confirm(session, row, receipt, by=actor.sub))


async def confirm_by_link(session: AsyncSession, link: str, request: LinkReceiptRequest) -> Package:
    """By whoever holds the link."""
    row = await packages.linked(session, link, lock=True)
    receipt = Receipt(way=ReceiptWay.LINK, **request.model_dump())
    return await _settle(session, await packages.confirm(session, row, receipt, by=None))


async def document_by_link(session: AsyncSession, link: str, place: int) -> Attachment:
    """A document of the package that the link is for."""
    row = await packages.linked(session, link)
    if not 1 <= place <= len(row.documents):
        raise NotFound
    found = await session.get(Attachment, UUID(row.documents[place - 1]["id"]))
    if found is None:
        raise NotFound
    return found


async def take_messages(session: AsyncSession, messages: Sequence[Sent]) -> dict[int, Refused]:
    """Receipts that receivers' systems sent over NATS; says which are refused.

    The broker lets a system publish as itself only: the subject's last token is the credit code of
    the receiver. A receipt that comes again changes nothing.
    """
    refused: dict[int, Refused] = {}
    for place, message in enumerate(messages):
        try:
            async with session.begin_nested():
                await _take(session, message)
        except Refused as error:
            refused[place] = error
    return refused


async def _take(session: AsyncSession, message: Sent) -> None:
    if message.what != RECEIPTS:
        raise NotFound
    try:
        told = ReceiptMessage.model_validate_json(message.body)
    except ValidationError as invalid:
        raise Invalid(reason=f"{invalid.error_count()} errors") from None
    row = await session.scalar(
        select(Package)
        .where(Package.id == told.package_id, Package.receiver == message.sender)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    rules.may_confirm(digest=row.digest, told=told.digest)
    if row.state == PackageState.CONFIRMED:
        return
    receipt = Receipt(way=ReceiptWay.EVENT, **told.model_dump(exclude={"package_id"}))
    await _settle(session, await packages.confirm(session, row, receipt, by=None))


async def _settle(session: AsyncSession, row: Package) -> Package:
    """What the matter does now that it arrived."""
    match row.matter:
        case MatterKind.TRANSFER:
            await transfers.on_receipt(session, row)
        case MatterKind.REFERRAL:
            await referrals.on_receipt(session, row)
        case MatterKind.COOPERATION:
            await cooperations.on_receipt(session, row)
    return row

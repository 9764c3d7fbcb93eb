"""What comes of a circular once it is issued: delivered, acknowledged, reminded of, reported on.

The handlers of timers are the system's own and see every recipient.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.circular_receipts.schemas import CircularRecipientQuery
from services.notify.circulars import rules
from services.notify.circulars.actions import (
    WHOLE,
    overseen,
    own_recipients,
    read,
    readable,
    schedule_reminder,
    told,
)
from services.notify.circulars.rules import CircularState, ReceiptState
from services.notify.circulars.tables import Circular, CircularRecipient
from services.notify.duties import actions as duties
from services.notify.messages import actions as messages
from services.notify.messages.rules import Addressee, Reach
from services.notify.messages.tables import Message, MessageReceipt
from shared.access.actor import Actor, Role
from shared.access.visibility import scoped_by
from shared.clock import now
from shared.db import new_id
from shared.events.notify import circulars as facts
from shared.facts import publish
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

ACKNOWLEDGEMENT = "circular_acknowledgement"
"""The duty to acknowledge a circular, one a recipient."""


async def deliver(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """Tell its recipients of a circular; their messages have the recipients' ids."""
    row = await _locked(session, ref)
    if row is None:
        return
    assert row.number is not None and row.due_at is not None and row.fact_id is not None
    recipients = await _all(session, row.id)
    drafts = [
        (
            one.id,
            rules.to_acknowledge(
                row.id,
                kind=row.kind,
                number=row.number,
                title=row.title,
                due_at=row.due_at,
                to=_addressee(one),
            ),
        )
        for one in recipients
    ]
    assert row.issued_at is not None
    await messages.address_all(
        session,
        drafts,
        event=facts.CircularIssued.type,
        caused_by=row.fact_id,
        occurred_at=row.issued_at,
    )
    waiting = {one.id for one in recipients if one.acknowledged_at is None}
    await duties.open_all(
        session,
        ACKNOWLEDGEMENT,
        [(id, draft) for id, draft in drafts if id in waiting],
        due_at=row.due_at,
        event=facts.CircularIssued.type,
        caused_by=row.fact_id,
    )


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """Tell those again who have not acknowledged, and the office when the time is over."""
    row = await _locked(session, ref)
    if row is None:
        return
    assert row.number is not None and row.due_at is not None
    waiting = await _all(session, row.id, CircularRecipient.acknowledged_at.is_(None))
    if not waiting:
        return
    moment, overdue = now(session), now(session) >= row.due_at
    reminded = facts.CircularReminded(
        **told(row), unacknowledged=len(waiting), recipients=row.recipients, overdue=overdue
    )
    fact = publish(session, reminded, at=row)
    drafts = [
        (
            new_id(),
            rules.to_hurry(
                row.id,
                number=row.number,
                title=row.title,
                due_at=row.due_at,
                overdue=overdue,
                to=_addressee(one),
            ),
        )
        for one in waiting
    ]
    if overdue:
        chased = rules.to_chase(
            row.id,
            number=row.number,
            title=row.title,
            missing=len(waiting),
            recipients=row.recipients,
            to=rules.office(row.division, row.scope),
        )
        drafts.append((new_id(), chased))
    await messages.address_all(
        session, drafts, event=reminded.type, caused_by=fact, occurred_at=moment
    )
    await schedule_reminder(session, row, after=moment)


async def tell_recall(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """Tell those of the recall who were told of the circular."""
    row = await session.get_one(Circular, ref)
    assert row.number is not None and row.reason is not None and row.fact_id is not None
    await duties.close_all(
        session,
        ACKNOWLEDGEMENT,
        select(CircularRecipient.id).where(
            scoped_by(CircularRecipient, CircularRecipient.circular_id == ref)
        ),
        event=facts.CircularRecalled.type,
        closed_by=row.fact_id,
    )
    reached = exists().where(Message.id == CircularRecipient.id)
    drafts = [
        (
            new_id(),
            rules.to_forget(
                row.id, number=row.number, title=row.title, reason=row.reason, to=_addressee(one)
            ),
        )
        for one in await _all(session, row.id, reached)
    ]
    await messages.address_all(
        session,
        drafts,
        event=facts.CircularRecalled.type,
        caused_by=row.fact_id,
        occurred_at=row.updated_at,
    )


async def _locked(session: AsyncSession, id: UUID) -> Circular | None:
    """A circular that is issued, held so that it is not recalled meanwhile."""
    row: Circular | None = await session.scalar(
        select(Circular)
        .where(Circular.id == id, Circular.state == CircularState.ISSUED)
        .with_for_update(read=True)
    )
    return row


async def _all(
    session: AsyncSession, id: UUID, *where: ColumnElement[bool]
) -> list[CircularRecipient]:
    found = await session.scalars(
        select(CircularRecipient)
        .where(CircularRecipient.circular_id == id, *where)
        .order_by(CircularRecipient.id)
    )
    return list(found)


async def acknowledge(session: AsyncSession, actor: Actor, id: UUID) -> Circular:
    """Confirm for the caller's office or body that it has taken note; the first time counts.

    The circular itself is only shared, not changed: it cannot be recalled meanwhile, and nobody
    waits for another recipient.
    """
    row: Circular | None = await session.scalar(
        select(Circular)
        .where(Circular.id == id, readable(actor))
        .with_for_update(read=True, of=Circular)
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    check_precondition(id, row.version)
    mine = await own_recipients(session, actor, row)
    rules.may_acknowledge(row.state, addressed=bool(mine))
    moment = now(session)
    made = await session.scalars(
        update(CircularRecipient)
        .where(
            CircularRecipient.id.in_([one.id for one in mine]),
            CircularRecipient.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=moment, acknowledged_by=actor.sub, acknowledged_name=actor.name)
        .returning(CircularRecipient)
        .execution_options(populate_existing=True)
    )
    for one in made.all():
        to = _addressee(one)
        acknowledged = facts.CircularAcknowledged(
            circular_id=id,
            recipient_id=one.id,
            role=one.role,
            division=to.division,
            organisation=one.organisation,
            by=actor.sub,
            at=moment,
        )
        fact = publish(session, acknowledged, at=to.told_at)
        await duties.close_all(
            session, ACKNOWLEDGEMENT, [one.id], event=acknowledged.type, closed_by=fact
        )
        await messages.take_note(session, actor, one.id)
    return row


async def recipients(
    session: AsyncSession, actor: Actor, id: UUID, query: CircularRecipientQuery
) -> tuple[list[tuple[CircularRecipient, datetime | None]], str | None, int | None]:
    """The recipients that the caller oversees, and when somebody there first read of it."""
    await read(session, actor, id)
    table = CircularRecipient
    read_at = (
        select(func.min(MessageReceipt.read_at))
        .where(MessageReceipt.message_id == table.id)
        .scalar_subquery()
    )
    statement = select(table, read_at).where(table.circular_id == id, overseen(actor))
    if query.state is not None:
        pending = table.acknowledged_at.is_(None)
        statement = statement.where(pending if query.state == ReceiptState.PENDING else ~pending)
    rows, cursor, count = await paginate(
        session, statement, sort="id", columns={"id": table.id}, id=table.id, paging=query
    )
    return [(row[0], row[1]) for row in rows], cursor, count


async def report(
    session: AsyncSession, actor: Actor, id: UUID
) -> tuple[Circular, list[tuple[str | None, int, int]]]:
    """The circular, and by district: recipients that the caller oversees, acknowledged of them."""
    row = await read(session, actor, id)
    rules.may_report(row.state)
    table = CircularRecipient
    counted = await session.execute(
        select(table.district, func.count(), func.count(table.acknowledged_at))
        .where(table.circular_id == id, overseen(actor))
        .group_by(table.district)
        .order_by(table.district.nulls_first())
    )
    return row, [(district, all_, done) for district, all_, done in counted]


def _addressee(row: CircularRecipient) -> Addressee:
    return Addressee(Reach(row.reach), Role(row.role), row.scope, row.organisation)

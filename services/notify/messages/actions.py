"""The verbs of an inbox: address, list, read, acknowledge, ask who has taken note."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from services.notify.messages import rules
from services.notify.messages.rules import Addressee, Draft, Kind, Reach
from services.notify.messages.tables import Addressed, Message, MessageReceipt
from services.notify.permissions import reaches_within
from shared.access.actor import Actor, Role
from shared.access.visibility import scoped_by, visible
from shared.clock import now, today
from shared.db import Scope, copy_line, copy_lines, found_before, new_id
from shared.events.notify.messages import (
    MessageAcknowledged,
    MessageAddressed,
    MessageArchived,
    MessageRead,
)
from shared.facts import publish, record
from shared.facts.tables import Outbox
from shared.figures import in_days
from shared.law.divisions import DivisionExpired, DivisionUnknown
from shared.law.tables import Division, scope_of
from shared.refusals import NotFound
from shared.web.paging import Paging, paginate
from shared.web.preconditions import check_precondition

AT_ONCE = 500
"""Messages a statement; between two, others have their turn."""


class Found(NamedTuple):
    message: Message
    receipt: MessageReceipt | None
    """The caller's."""


def address(
    session: AsyncSession,
    draft: Draft,
    *,
    event: str,
    caused_by: UUID,
    occurred_at: datetime,
    confidential: bool = False,
) -> Message:
    """Leave a message for its addressee, and the fact that says so."""
    id = new_id()
    fact = publish(session, _addressed(id, draft, caused_by), at=draft.to.told_at)
    message = Message(
        **_row(
            session, id, draft, event=event, caused_by=caused_by, occurred_at=occurred_at, fact=fact
        ),
        confidential=confidential,
    )
    session.add(message)
    return message


async def address_all(
    session: AsyncSession,
    drafts: Iterable[tuple[UUID, Draft]],
    *,
    event: str,
    caused_by: UUID,
    occurred_at: datetime,
) -> None:
    """The same for many messages, each by the id that it is given."""
    for chunk in _in_chunks(drafts):
        facts = [
            record(session, _addressed(id, draft, caused_by), at=draft.to.told_at)
            for id, draft in chunk
        ]
        rows = [
            _row(
                session,
                id,
                draft,
                event=event,
                caused_by=caused_by,
                occurred_at=occurred_at,
                fact=fact["event_id"],
            )
            for (id, draft), fact in zip(chunk, facts, strict=True)
        ]
        await copy_rows(session, Message, rows)
        await copy_rows(session, Outbox, facts)
        session.info["facts"] = True


async def copy_rows(
    session: AsyncSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows, at least one, that all have the same columns: by COPY."""
    lines = (copy_line(row.values()) for row in rows)
    await copy_lines(session, table, list(rows[0]), lines)


def _in_chunks(drafts: Iterable[tuple[UUID, Draft]]) -> Iterator[list[tuple[UUID, Draft]]]:
    rest = iter(drafts)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk


def _addressed(id: UUID, draft: Draft, caused_by: UUID) -> MessageAddressed:
    return MessageAddressed(
        message_id=id,
        kind=draft.kind,
        role=draft.to.role,
        division=draft.to.division,
        organisation=draft.to.organisation,
        about=draft.link,
        caused_by=caused_by,
    )


def _row(
    session: AsyncSession,
    id: UUID,
    draft: Draft,
    *,
    event: str,
    caused_by: UUID,
    occurred_at: datetime,
    fact: object,
) -> dict[str, Any]:
    to = draft.to
    return {
        "id": id,
        "rule": draft.rule,
        "kind": draft.kind.value,
        "urgency": draft.urgency.value,
        "reach": to.reach.value,
        "role": to.role.value if to.role else None,
        "organisation": to.organisation,
        "person": to.person,
        "district": to.scope.district,
        "township": to.scope.township,
        "parties": [],
        "title": draft.title,
        "body": draft.body,
        "link": draft.link,
        "event": event,
        "caused_by": caused_by,
        "occurred_at": occurred_at,
        "addressed_at": now(session),
        "fact_id": fact,
    }


async def scope_now(session: AsyncSession, scope: Scope) -> Scope:
    """Where the township of a fact belongs now.

    Facts of two services come in no common order: one made before a township moved may arrive
    after the move did, and must reach the district that answers for the township now.
    """
    if scope.township is None:
        return scope
    try:
        return await scope_of(session, scope.township)
    except (DivisionUnknown, DivisionExpired):
        # Its own record has not come yet, or it is no more: the fact's day is the best we have.
        return scope


async def name_of(session: AsyncSession, scope: Scope) -> str:
    """What district and township are called."""
    codes = [code for code in (scope.district, scope.township) if code]
    if not codes:
        return ""
    on, kept = today(session), found_before(session)
    key = (name_of, scope, on)
    if key not in kept:
        found = await session.execute(
            select(Division.code, Division.name)
            .where(Division.code.in_(codes), Division.valid_from <= on)
            .where(or_(Division.valid_to.is_(None), Division.valid_to > on))
        )
        names = dict(found.all())
        kept[key] = "".join(names.get(code, "") for code in codes)
    name: str = kept[key]
    return name


def keys_of(actor: Actor) -> frozenset[str]:
    """The keys of every addressee that `actor` is."""
    return rules.keys_of(
        roles=actor.roles,
        division=actor.division,
        organisation=actor.organisation,
        sub=actor.sub,
    )


def addressed_to(actor: Actor, table: type[Addressed] = Message) -> ColumnElement[bool]:
    """The messages that `actor` has in the inbox: the Bureau's own, say, and not everybody's.

    A district keeps what it was told of a township that has left it since.
    """
    ways: list[ColumnElement[bool]] = [table.addressee.in_(sorted(keys_of(actor)))]
    if len(actor.division) == 6:
        ways.append(
            and_(
                table.parties.contains([actor.division]),
                table.reach == Reach.DISTRICT.value,
                table.role.in_(sorted(actor.roles)),
            )
        )
    return scoped_by(table, or_(*ways))


def _receipt_of(actor: Actor) -> ColumnElement[bool]:
    return and_(MessageReceipt.message_id == Message.id, MessageReceipt.sub == actor.sub)


def has_read(actor: Actor) -> ColumnElement[bool]:
    """Whether `actor` has read a message."""
    told: ColumnElement[bool] = exists().where(_receipt_of(actor)).correlate(Message)
    return told


async def page(
    session: AsyncSession,
    actor: Actor,
    paging: Paging,
    *,
    unread: bool | None = None,
    unacknowledged: bool | None = None,
    archived: bool | None = None,
    q: str | None = None,
    kind: Kind | None = None,
    urgency: rules.Urgency | None = None,
    after: datetime | None = None,
    days: tuple[date | None, date | None] = (None, None),
) -> tuple[list[Found], str | None, int | None]:
    """Messages and the caller's receipts, newest first; the next cursor; the count if asked."""
    statement = (
        select(Message, MessageReceipt)
        .outerjoin(MessageReceipt, _receipt_of(actor))
        .where(addressed_to(actor))
    )
    if unread is not None:
        statement = statement.where(MessageReceipt.id.is_(None) == unread)
    if unacknowledged is not None:
        statement = statement.where(MessageReceipt.acknowledged_at.is_(None) == unacknowledged)
    if archived is not None:
        statement = statement.where(MessageReceipt.archived_at.is_not(None) == archived)
    if q is not None:
        # Among what one person has in the inbox, which its index finds first.
        words = func.concat(Message.title, "\n", Message.body)
        statement = statement.where(*(words.icontains(word, autoescape=True) for word in q.split()))
    if kind is not None:
        statement = statement.where(Message.kind == kind.value)
    if urgency is not None:
        statement = statement.where(Message.urgency == urgency.value)
    if after is not None:
        statement = statement.where(Message.addressed_at > after)
    statement = statement.where(*in_days(Message.addressed_at, *days))
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort="-id",
        columns={"id": Message.id},
        id=Message.id,
        paging=paging,
    )
    return [Found(*row) for row in rows], next_cursor, count


async def find(session: AsyncSession, actor: Actor, id: UUID) -> Found:
    """A message of the caller's inbox and the caller's receipt, or `NotFound`."""
    found = await session.execute(
        select(Message, MessageReceipt)
        .outerjoin(MessageReceipt, _receipt_of(actor))
        .where(Message.id == id, addressed_to(actor))
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return Found(*row)


async def count_unread(session: AsyncSession, actor: Actor) -> Mapping[Kind, int]:
    """How many messages of each kind the caller has not read."""
    noted = select(MessageReceipt.id).where(_receipt_of(actor)).correlate(Message).exists()
    counted = await session.execute(
        select(Message.kind, func.count()).where(addressed_to(actor), ~noted).group_by(Message.kind)
    )
    found = dict(counted.all())
    return {kind: found.get(kind.value, 0) for kind in Kind}


async def read(session: AsyncSession, actor: Actor, id: UUID) -> tuple[Message, MessageReceipt]:
    """Note that the caller has read a message; the first time counts and leaves a fact."""
    message, receipt, first = await _noted(session, actor, id)
    if first:
        told = MessageRead(message_id=message.id, by=actor.sub, at=receipt.read_at)
        publish(session, told, at=_addressee(message).told_at)
    return message, receipt


async def acknowledge(
    session: AsyncSession, actor: Actor, id: UUID
) -> tuple[Message, MessageReceipt]:
    """Note that the caller confirms having taken note; the first time counts and leaves a fact."""
    message, receipt, _ = await _noted(session, actor, id)
    if receipt.acknowledged_at is None:
        receipt.acknowledged_at = now(session)
        acknowledged = MessageAcknowledged(
            message_id=message.id, by=actor.sub, at=receipt.acknowledged_at
        )
        publish(session, acknowledged, at=_addressee(message).told_at)
    return message, receipt


async def archive(
    session: AsyncSession, actor: Actor, id: UUID, *, archived: bool
) -> tuple[Message, MessageReceipt]:
    """Put a message out of the caller's way, or back. What is archived unread is read by that.

    Where it is already, nothing changes.
    """
    message, receipt, first = await _noted(session, actor, id)
    if (receipt.archived_at is not None) != archived:
        moment = now(session)
        receipt.archived_at = moment if archived else None
        receipt.moves += 1
        moved = MessageArchived(message_id=id, by=actor.sub, at=moment, archived=archived)
        publish(session, moved, at=_addressee(message).told_at)
    if first:
        told = MessageRead(message_id=message.id, by=actor.sub, at=receipt.read_at)
        publish(session, told, at=_addressee(message).told_at)
    return message, receipt


async def take_note(session: AsyncSession, actor: Actor, id: UUID) -> None:
    """Acknowledge a message with what it brings; one that has not come yet is left alone."""
    there = select(Message.id).where(Message.id == id, addressed_to(actor))
    if await session.scalar(there) is not None:
        await acknowledge(session, actor, id)


async def _noted(
    session: AsyncSession, actor: Actor, id: UUID
) -> tuple[Message, MessageReceipt, bool]:
    """The message and the caller's receipt, locked until the commit; whether it was made here."""
    message, known = await find(session, actor, id)
    was_read = known is not None
    if not was_read:
        # Two requests of one person at once: the second waits here and finds the first's.
        made = await session.scalar(
            insert(MessageReceipt)
            .values(
                id=new_id(),
                message_id=id,
                sub=actor.sub,
                name=actor.name,
                read_at=now(session),
                acknowledged_at=None,
                archived_at=None,
                moves=0,
            )
            .on_conflict_do_nothing(index_elements=["message_id", "sub"])
            .returning(MessageReceipt.id)
        )
        was_read = made is None
    receipt = (
        await session.execute(
            select(MessageReceipt)
            .where(MessageReceipt.message_id == id, MessageReceipt.sub == actor.sub)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    before = rules.state_of(read=was_read, acknowledged=receipt.acknowledged_at is not None)
    check_precondition(id, rules.version_of(before, receipt.moves))
    return message, receipt, not was_read


async def receipts(
    session: AsyncSession, actor: Actor, id: UUID, paging: Paging
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None, int | None]:
    """Who has taken note of a message that was addressed in the caller's division."""
    reaches = [reach.value for reach in reaches_within(actor.division)]
    overseen = await session.scalar(
        select(Message.id).where(
            Message.id == id, visible(Message, actor), Message.reach.in_(sorted(reaches))
        )
    )
    if overseen is None:
        raise NotFound
    return await paginate(
        session,
        select(MessageReceipt).where(MessageReceipt.message_id == id),
        sort="id",
        columns={"id": MessageReceipt.id},
        id=MessageReceipt.id,
        paging=paging,
    )


def _addressee(message: Message) -> Addressee:
    return Addressee(
        reach=Reach(message.reach),
        role=Role(message.role) if message.role else None,
        scope=message.scope,
        organisation=message.organisation,
        person=message.person,
    )

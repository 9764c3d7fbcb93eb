"""The inbox over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.notify.messages import actions
from services.notify.messages.schemas import (
    MessageQuery,
    MessageView,
    ReceiptView,
    UnreadCountsView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page, Paging

router = make_router("/notify/v1/messages", "messages")


@router.get("")
async def list_messages(
    session: ReadSession,
    actor: Annotated[Actor, May("message:read")],
    query: Annotated[MessageQuery, Query()],
) -> Page[MessageView]:
    """The caller's inbox, newest first.

    A message is addressed to a role in a division, to that role within one body, or to one person.
    Whoever it fits has it here; read and acknowledged are each person's own.
    """
    rows, next_cursor, count = await actions.page(
        session,
        actor,
        query,
        unread=query.unread,
        unacknowledged=query.unacknowledged,
        archived=query.archived,
        q=query.q,
        kind=query.kind,
        urgency=query.urgency,
        after=query.after,
        days=(query.addressed_from, query.addressed_to),
    )
    items = [MessageView.of(message, receipt) for message, receipt in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


# Before {id}, which would take the word for an id.
@router.get("/unread-counts")
async def count_unread_messages(
    session: ReadSession, actor: Annotated[Actor, May("message:read")]
) -> UnreadCountsView:
    """How many messages the caller has not read, in all and by kind."""
    by_kind = await actions.count_unread(session, actor)
    return UnreadCountsView(total=sum(by_kind.values()), by_kind=dict(by_kind))


@router.get("/{id}")
async def get_message(
    session: ReadSession, actor: Annotated[Actor, May("message:read")], id: UUID
) -> MessageView:
    """One message of the caller's inbox. Getting it does not mark it as read."""
    return MessageView.of(*await actions.find(session, actor, id))


@router.post("/{id}/read")
async def read_message(
    session: Session, actor: Annotated[Actor, May("message:read")], id: UUID
) -> MessageView:
    """Mark a message as read by the caller. Again changes nothing: the first time counts."""
    return MessageView.of(*await actions.read(session, actor, id))


@router.post("/{id}/acknowledge")
async def acknowledge_message(
    session: Session, actor: Annotated[Actor, May("message:acknowledge")], id: UUID
) -> MessageView:
    """Confirm having taken note (签收). Again changes nothing: the first time counts.

    Acknowledging is not doing: the duty itself is fulfilled where `link` leads.
    """
    return MessageView.of(*await actions.acknowledge(session, actor, id))


@router.post("/{id}/archive")
async def archive_message(
    session: Session, actor: Annotated[Actor, May("message:read")], id: UUID
) -> MessageView:
    """Put a message into the caller's archive (归档); unread, it is read by that.

    `?archived=false` lists what is not there. Nobody else's inbox changes, and what is to be done
    is still to be done.
    """
    return MessageView.of(*await actions.archive(session, actor, id, archived=True))


@router.post("/{id}/unarchive")
async def unarchive_message(
    session: Session, actor: Annotated[Actor, May("message:read")], id: UUID
) -> MessageView:
    """Take a message out of the caller's archive."""
    return MessageView.of(*await actions.archive(session, actor, id, archived=False))


@router.get("/{id}/receipts")
async def list_receipts(
    session: ReadSession,
    actor: Annotated[Actor, May("message:receipts")],
    id: UUID,
    paging: Annotated[Paging, Query()],
) -> Page[ReceiptView]:
    """Who has read and who has acknowledged a message, in the order in which they did.

    For the supervisors of the division in which it was addressed, also where they are not
    addressed themselves; what was addressed above them looks like not found.
    """
    rows, next_cursor, count = await actions.receipts(session, actor, id, paging)
    items = [ReceiptView.model_validate(receipt) for (receipt,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)

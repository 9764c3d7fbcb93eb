"""Circulars over HTTP: the list, what an office writes, and one circular as its reader sees it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.circular_receipts import actions as receipts
from services.notify.circulars import actions
from services.notify.circulars.schemas import (
    CircularPatch,
    CircularQuery,
    CircularReason,
    CircularRequest,
    CircularSummaryView,
    CircularView,
)
from services.notify.circulars.tables import Circular
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/circulars", "circulars")

Reader = Annotated[Actor, May("circular:read")]
Drafter = Annotated[Actor, May("circular:draft")]
Reviewer = Annotated[Actor, May("circular:review")]
Issuer = Annotated[Actor, May("circular:issue")]


async def view(session: AsyncSession, row: Circular, actor: Actor) -> CircularView:
    """A circular as `actor` sees it."""
    return CircularView.of(
        row,
        actor,
        in_office=actions.in_office(actor, row),
        full=await actions.items_in_full(session, actor, row),
        own=await actions.own_recipients(session, actor, row),
    )


@router.get("")
async def list_circulars(
    session: ReadSession, actor: Reader, query: Annotated[CircularQuery, Query()]
) -> Page[CircularSummaryView]:
    """The circulars (通报) that the caller may read.

    Those of the caller's office and of offices below it, in every state; and those issued to the
    caller's office or body, or to one that the caller oversees.
    """
    rows, cursor, count = await actions.page(session, actor, query)
    items = [CircularSummaryView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_circular(session: Session, actor: Drafter, body: CircularRequest) -> CircularView:
    """Draft a circular (拟稿) of the caller's division or of one below it.

    It goes to offices, by role and division, and to bodies by credit code. A progress circular
    (通报试点进展) names a period and is filled with the figures that the registry froze for it,
    each with the fact it rests on, and with the focus tasks as they stand.
    """
    return await view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_circular(session: ReadSession, actor: Reader, id: UUID) -> CircularView:
    """One circular. Of an anonymised one only those whom it concerns read the names."""
    return await view(session, await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_circular(
    session: Session, actor: Drafter, id: UUID, body: CircularPatch
) -> CircularView:
    """Change a draft. Who does is one of its authors."""
    return await view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/submit")
async def submit_circular(session: Session, actor: Drafter, id: UUID) -> CircularView:
    """Submit a draft for review (送审)."""
    return await view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/return")
async def return_circular(
    session: Session, actor: Reviewer, id: UUID, body: CircularReason
) -> CircularView:
    """Return it to its authors to be mended (退回修改), by another person."""
    return await view(session, await actions.return_it(session, actor, id, body.reason), actor)


@router.post("/{id}/approve")
async def approve_circular(session: Session, actor: Reviewer, id: UUID) -> CircularView:
    """Approve it (审核通过), by another person than who wrote it."""
    return await view(session, await actions.approve(session, actor, id), actor)


@router.post("/{id}/issue")
async def issue_circular(session: Session, actor: Issuer, id: UUID) -> CircularView:
    """Issue it (签发), by another person than who wrote it.

    It is numbered, its recipients are fixed as the divisions are today, and each of them is told
    at once. Until `due_at` they acknowledge it; who has not is reminded, by the dated rules
    `circular.acknowledgement` and `circular.reminders`.
    """
    return await view(session, await actions.issue(session, actor, id), actor)


@router.post("/{id}/recall")
async def recall_circular(
    session: Session, actor: Issuer, id: UUID, body: CircularReason
) -> CircularView:
    """Recall it (撤回), with a reason that its recipients are told. Its receipts stay."""
    return await view(session, await actions.recall(session, actor, id, body.reason), actor)


@router.post("/{id}/discard")
async def discard_circular(
    session: Session, actor: Drafter, id: UUID, body: CircularReason
) -> CircularView:
    """Discard what is not issued (作废), with a reason."""
    return await view(session, await actions.discard(session, actor, id, body.reason), actor)


@router.post("/{id}/acknowledge")
async def acknowledge_circular(
    session: Session, actor: Annotated[Actor, May("circular:acknowledge")], id: UUID
) -> CircularView:
    """Acknowledge a circular (签收) for the caller's office or body, and the message with it.

    Again changes nothing: the first of an office counts, by name and time.
    """
    return await view(session, await receipts.acknowledge(session, actor, id), actor)

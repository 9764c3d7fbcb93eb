"""Who has acknowledged a circular, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.notify.circular_receipts import actions
from services.notify.circular_receipts.schemas import (
    CircularRecipientQuery,
    CircularRecipientView,
    CircularReportView,
)
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/circulars", "circulars")

Overseer = Annotated[Actor, May("circular:report")]


@router.get("/{id}/recipients")
async def list_circular_recipients(
    session: ReadSession,
    actor: Overseer,
    id: UUID,
    query: Annotated[CircularRecipientQuery, Query()],
) -> Page[CircularRecipientView]:
    """The recipients of a circular that the caller oversees: who has read it, who acknowledged."""
    rows, cursor, count = await actions.recipients(session, actor, id, query)
    items = [CircularRecipientView.of(row, read_at) for row, read_at in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}/report")
async def report_circular(session: ReadSession, actor: Overseer, id: UUID) -> CircularReportView:
    """How many have acknowledged a circular (签收情况), in all and by district.

    The issuing office counts all, a district those below it.
    """
    row, shares = await actions.report(session, actor, id)
    return CircularReportView.of(row, shares, now=now(session))

"""What is to be done, over HTTP."""

from typing import Annotated

from fastapi import Query

from services.notify.duties import actions
from services.notify.duties.schemas import DutyCountsView, DutyQuery, DutyView
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/notify/v1/duties", "duties")

Holder = Annotated[Actor, May("duty:read")]
Overseer = Annotated[Actor, May("duty:oversee")]


@router.get("")
async def list_duties(
    session: ReadSession, actor: Holder, query: Annotated[DutyQuery, Query()]
) -> Page[DutyView]:
    """What the caller has to do (待办), and the offices and bodies that the caller is one of.

    What is due first stands first, so what is overdue comes before the rest. A duty is gone when
    it is done where `link` leads: reading or acknowledging a message does not do it.
    """
    rows, cursor, count = await actions.page(session, query, whose=actions.own(actor))
    items = [DutyView.of(row, now=now(session)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/counts")
async def count_duties(session: ReadSession, actor: Holder) -> DutyCountsView:
    """How much the caller has to do, and how much of it is overdue: in all and by kind."""
    return DutyCountsView.of(await actions.count(session, whose=actions.own(actor)))


@router.get("/overseen")
async def list_overseen_duties(
    session: ReadSession, actor: Overseer, query: Annotated[DutyQuery, Query()]
) -> Page[DutyView]:
    """What offices and bodies in the caller's division have to do: who is late with what.

    Duties of persons, and those of which only their holders are told, are not among them.
    """
    rows, cursor, count = await actions.page(session, query, whose=actions.overseen(actor))
    items = [DutyView.of(row, now=now(session)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/overseen/counts")
async def count_overseen_duties(session: ReadSession, actor: Overseer) -> DutyCountsView:
    """How much offices and bodies in the caller's division have to do, and how much is overdue."""
    return DutyCountsView.of(await actions.count(session, whose=actions.overseen(actor)))

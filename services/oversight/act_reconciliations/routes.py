"""Reconciliations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_reconciliations import actions
from services.oversight.act_reconciliations.schemas import (
    ExplanationRequest,
    ReconciliationRequest,
    ReconciliationsQuery,
    ReconciliationView,
)
from services.oversight.act_reconciliations.tables import ActReconciliation
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/act-reconciliations", "act-reconciliations")

Reader = Annotated[Actor, May("act_batch:read")]
Sender = Annotated[Actor, May("act:send")]


async def _view(session: AsyncSession, row: ActReconciliation, actor: Actor) -> ReconciliationView:
    permissions = actor.permissions if await actions.may_answer(session, actor, row) else ()
    return ReconciliationView.of(row, frozenset(permissions))


@router.post("")
async def reconcile_acts(
    session: Session, actor: Sender, body: ReconciliationRequest
) -> ReconciliationView:
    """Say how many acts a source has of a day, and which (对账): what is missing here is named.

    Once a day, for the day before, and again when what was missing has been sent: a day of a
    source is one reconciliation. What differs is to be sent, withdrawn or explained in the term of
    the rule `act.reconciliation_answer`.
    """
    return await _view(session, await actions.reconcile(session, actor, body), actor)


@router.get("")
async def list_act_reconciliations(
    session: ReadSession, actor: Reader, query: Annotated[ReconciliationsQuery, Query()]
) -> Page[ReconciliationView]:
    """The reconciliations that the caller may see, by day."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [await _view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_act_reconciliation(
    session: ReadSession, actor: Reader, id: UUID
) -> ReconciliationView:
    """One day of a source."""
    return await _view(session, await load(session, ActReconciliation, id, actor), actor)


@router.post("/{id}/explain")
async def explain_act_reconciliation(
    session: Session, actor: Sender, id: UUID, body: ExplanationRequest
) -> ReconciliationView:
    """Say why the two sides differ, and stay so: by the source."""
    return await _view(session, await actions.explain(session, actor, id, body), actor)

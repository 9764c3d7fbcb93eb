"""Continuing training of officers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.officer_trainings import actions
from services.registry.officer_trainings.schemas import (
    OfficerTrainingQuery,
    OfficerTrainingRequest,
    OfficerTrainingView,
    OfficerTrainingWithdrawal,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/officers/{id}/trainings", "officers")


@router.get("")
async def list_officer_trainings(
    session: ReadSession,
    actor: Annotated[Actor, May("officer:read")],
    id: UUID,
    query: Annotated[OfficerTrainingQuery, Query()],
) -> Page[OfficerTrainingView]:
    """The courses of continuing training (继续教育培训) that the officer attended."""
    rows, cursor, count = await actions.page(session, actor, id, query)
    items = [OfficerTrainingView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def record_officer_training(
    session: Session,
    actor: Annotated[Actor, May("officer:train")],
    id: UUID,
    body: OfficerTrainingRequest,
) -> OfficerTrainingView:
    """Record a course; the officer's `training_hours` of its year grow by its hours (学时)."""
    training = await actions.record(session, actor, id, body)
    return OfficerTrainingView.of(training)


@router.post("/withdraw")
async def withdraw_officer_training(
    session: Session,
    actor: Annotated[Actor, May("officer:train")],
    id: UUID,
    body: OfficerTrainingWithdrawal,
) -> OfficerTrainingView:
    """Withdraw a record that was a mistake; its hours no longer count."""
    training = await actions.withdraw(session, actor, id, body)
    return OfficerTrainingView.of(training)

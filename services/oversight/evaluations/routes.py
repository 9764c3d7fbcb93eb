"""Evaluations over HTTP: see `evaluations.rules` for how one goes."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evaluations import actions
from services.oversight.evaluations.schemas import (
    CompleteRequest,
    EvaluationPatch,
    EvaluationQuery,
    EvaluationReason,
    EvaluationRequest,
    EvaluationScoreRequest,
    EvaluationView,
)
from services.oversight.evaluations.tables import Evaluation
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/evaluations", "evaluations")

Reader = Annotated[Actor, May("evaluation:read")]
Organiser = Annotated[Actor, May("evaluation:organise")]


async def _view(session: AsyncSession, row: Evaluation, actor: Actor) -> EvaluationView:
    return EvaluationView.of(
        row,
        actor,
        key=actions.key_of(actor, row),
        organiser=actor.may("evaluation:organise"),
        total=await actions.total(session),
    )


@router.get("")
async def list_evaluations(
    session: ReadSession, actor: Reader, query: Annotated[EvaluationQuery, Query()]
) -> Page[EvaluationView]:
    """The evaluations of pilots (试点评估) that the caller may see, or takes part in."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [await _view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_evaluation(
    session: Session, actor: Organiser, body: EvaluationRequest
) -> EvaluationView:
    """Draft the evaluation of a pilot: criteria, and the bodies that evaluate with the Bureau."""
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_evaluation(session: ReadSession, actor: Reader, id: UUID) -> EvaluationView:
    """One evaluation. What the others gave is shown once it is completed, to the Bureau at once."""
    return await _view(session, await load(session, Evaluation, id, actor), actor)


@router.patch("/{id}")
async def change_evaluation(
    session: Session, actor: Organiser, id: UUID, body: EvaluationPatch
) -> EvaluationView:
    """Change the title or the criteria of a draft."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/start")
async def start_evaluation(session: Session, actor: Organiser, id: UUID) -> EvaluationView:
    """Start it (启动评估), by another person than its authors: all are asked for their scores."""
    return await _view(session, await actions.start(session, actor, id), actor)


@router.post("/{id}/score")
async def score_evaluation(
    session: Session,
    actor: Annotated[Actor, May("evaluation:score")],
    id: UUID,
    body: EvaluationScoreRequest,
) -> EvaluationView:
    """Give the scores and the opinion of the pilot (自评), the Bureau or a co-evaluator, once."""
    return await _view(session, await actions.score(session, actor, id, body), actor)


@router.post("/{id}/complete")
async def complete_evaluation(
    session: Session, actor: Organiser, id: UUID, body: CompleteRequest
) -> EvaluationView:
    """Complete it (完成评估) once all have given theirs: the result is counted by the weights."""
    return await _view(session, await actions.complete(session, actor, id, body.conclusion), actor)


@router.post("/{id}/cancel")
async def cancel_evaluation(
    session: Session, actor: Organiser, id: UUID, body: EvaluationReason
) -> EvaluationView:
    """Cancel an evaluation that is not completed, with a reason."""
    return await _view(session, await actions.cancel(session, actor, id, body.reason), actor)

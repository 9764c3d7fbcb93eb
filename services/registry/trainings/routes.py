"""Trainings over HTTP: see `trainings.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.trainings import actions
from services.registry.trainings.schemas import (
    AttendanceRequest,
    EnrolmentQuery,
    EnrolmentRequest,
    EnrolmentView,
    ReasonRequest,
    ResultsRequest,
    TrainingPatch,
    TrainingQuery,
    TrainingRequest,
    TrainingView,
)
from services.registry.trainings.tables import Training
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.reversals import ReversalRequest
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/trainings", "trainings")


def _view(session: Session, training: Training, actor: Actor) -> TrainingView:
    return TrainingView.of(training, actor, today(session))


@router.get("")
async def list_trainings(
    session: ReadSession,
    actor: Annotated[Actor, May("training:read")],
    query: Annotated[TrainingQuery, Query()],
) -> Page[TrainingView]:
    """The trainings (培训) of the caller's division, and those that its people attend."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def plan_training(
    session: Session, actor: Annotated[Actor, May("training:plan")], body: TrainingRequest
) -> TrainingView:
    """Plan a training for officers, supervision officers or both."""
    return _view(session, await actions.plan(session, actor, body), actor)


@router.get("/{id}")
async def get_training(
    session: ReadSession, actor: Annotated[Actor, May("training:read")], id: UUID
) -> TrainingView:
    """One training."""
    return _view(session, await load(session, Training, id, actor), actor)


@router.patch("/{id}")
async def change_training(
    session: Session,
    actor: Annotated[Actor, May("training:plan")],
    id: UUID,
    body: TrainingPatch,
) -> TrainingView:
    """Change a training that is planned."""
    return _view(session, await actions.change(session, actor, id, body), actor)


@router.get("/{id}/enrolments")
async def list_training_enrolments(
    session: ReadSession,
    actor: Annotated[Actor, May("training:read")],
    id: UUID,
    query: Annotated[EnrolmentQuery, Query()],
) -> Page[EnrolmentView]:
    """Who is enrolled: all for the legal office that holds it, for others their own people.

    Also whose enrolment was reversed since (更正).
    """
    rows, cursor, count = await actions.enrolments(session, actor, id, query)
    items = [EnrolmentView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/open")
async def open_training(
    session: Session, actor: Annotated[Actor, May("training:plan")], id: UUID
) -> TrainingView:
    """Open the enrolment (报名)."""
    return _view(session, await actions.open_enrolment(session, actor, id), actor)


@router.post("/{id}/enrol")
async def enrol_in_training(
    session: Session,
    actor: Annotated[Actor, May("training:hold")],
    id: UUID,
    body: EnrolmentRequest,
) -> TrainingView:
    """Enrol officers on post and supervision officers in office or nominated, all or none."""
    return _view(session, await actions.enrol(session, actor, id, body), actor)


@router.post("/{id}/reverse")
async def reverse_training_enrolment(
    session: Session,
    actor: Annotated[Actor, May("training:reverse")],
    id: UUID,
    body: ReversalRequest,
) -> TrainingView:
    """Take back an enrolment that was a mistake, until the training is closed.

    It stays on record and counts no more, nor what was recorded of attendance and examination.
    """
    return _view(session, await actions.reverse(session, actor, id, body), actor)


@router.post("/{id}/hold")
async def hold_training(
    session: Session, actor: Annotated[Actor, May("training:hold")], id: UUID
) -> TrainingView:
    """The training was held."""
    return _view(session, await actions.hold(session, actor, id), actor)


@router.post("/{id}/attend")
async def record_attendance(
    session: Session,
    actor: Annotated[Actor, May("training:hold")],
    id: UUID,
    body: AttendanceRequest,
) -> TrainingView:
    """Record how many hours each of those enrolled attended (签到学时)."""
    return _view(session, await actions.attend(session, actor, id, body), actor)


@router.post("/{id}/examine")
async def record_training_results(
    session: Session,
    actor: Annotated[Actor, May("training:hold")],
    id: UUID,
    body: ResultsRequest,
) -> TrainingView:
    """Record the results of the examination; who passes is rule `training.pass_mark`."""
    return _view(session, await actions.examine(session, actor, id, body), actor)


@router.post("/{id}/close")
async def close_training(
    session: Session, actor: Annotated[Actor, May("training:hold")], id: UUID
) -> TrainingView:
    """Close the training (结班): who completed it is settled, and the hours count."""
    return _view(session, await actions.close(session, actor, id), actor)


@router.post("/{id}/cancel")
async def cancel_training(
    session: Session, actor: Annotated[Actor, May("training:plan")], id: UUID, body: ReasonRequest
) -> TrainingView:
    """Cancel a training that was not held."""
    return _view(session, await actions.cancel(session, actor, id, body.reason), actor)

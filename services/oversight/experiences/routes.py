"""Experiences over HTTP: see `experiences.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.experiences import actions
from services.oversight.experiences.schemas import (
    AdoptRequest,
    ExperiencePatch,
    ExperienceQuery,
    ExperienceReason,
    ExperienceRequest,
    ExperienceView,
    OpinionRequest,
)
from services.oversight.experiences.tables import Experience
from services.oversight.permissions import oversees
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/experiences", "experiences")

Reader = Annotated[Actor, May("experience:read")]
Submitter = Annotated[Actor, May("experience:submit")]
Reviewer = Annotated[Actor, May("experience:review")]
Publisher = Annotated[Actor, May("experience:publish")]


def _view(row: Experience, actor: Actor) -> ExperienceView:
    return ExperienceView.of(row, actor, in_charge=oversees(actor, row.division, row.scope))


@router.get("")
async def list_experiences(
    session: ReadSession, actor: Reader, query: Annotated[ExperienceQuery, Query()]
) -> Page[ExperienceView]:
    """The library (可复制可推广经验库): what is published, and what lies in the caller's division.

    Found by title and tags, by part of them or by their initials.
    """
    rows, cursor, count = await actions.page(session, actor, query)
    return Page(items=[_view(row, actor) for row in rows], next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def submit_experience(
    session: Session, actor: Submitter, body: ExperienceRequest
) -> ExperienceView:
    """Submit an experience of the caller's division, or of one below it (报送)."""
    return _view(await actions.submit(session, actor, body), actor)


@router.get("/{id}")
async def get_experience(session: ReadSession, actor: Reader, id: UUID) -> ExperienceView:
    """One experience, and which divisions adopted it."""
    return _view(await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_experience(
    session: Session, actor: Submitter, id: UUID, body: ExperiencePatch
) -> ExperienceView:
    """Change an experience that was not accepted yet."""
    return _view(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/resubmit")
async def resubmit_experience(session: Session, actor: Submitter, id: UUID) -> ExperienceView:
    """Submit again what was returned."""
    return _view(await actions.resubmit(session, actor, id), actor)


@router.post("/{id}/accept")
async def accept_experience(
    session: Session, actor: Reviewer, id: UUID, body: OpinionRequest
) -> ExperienceView:
    """Accept it (采纳), by the Bureau and by another person than its authors."""
    return _view(await actions.accept(session, actor, id, body.opinion), actor)


@router.post("/{id}/return")
async def return_experience(
    session: Session, actor: Reviewer, id: UUID, body: OpinionRequest
) -> ExperienceView:
    """Return it to be improved (退回修改)."""
    return _view(await actions.return_it(session, actor, id, body.opinion), actor)


@router.post("/{id}/publish")
async def publish_experience(session: Session, actor: Publisher, id: UUID) -> ExperienceView:
    """Publish it to the whole city (推广), by another person than who accepted it."""
    return _view(await actions.publish(session, actor, id), actor)


@router.post("/{id}/adopt")
async def adopt_experience(
    session: Session,
    actor: Annotated[Actor, May("experience:adopt")],
    id: UUID,
    body: AdoptRequest,
) -> ExperienceView:
    """Record that another division adopted it (采用), once a division."""
    return _view(await actions.adopt(session, actor, id, body), actor)


@router.post("/{id}/withdraw")
async def withdraw_experience(
    session: Session, actor: Submitter, id: UUID, body: ExperienceReason
) -> ExperienceView:
    """Withdraw what is not published yet, with a reason."""
    return _view(await actions.withdraw(session, actor, id, body.reason), actor)


@router.post("/{id}/retract")
async def retract_experience(
    session: Session, actor: Publisher, id: UUID, body: ExperienceReason
) -> ExperienceView:
    """Retract what was published, by the Bureau, with a reason."""
    return _view(await actions.retract(session, actor, id, body.reason), actor)

"""Commendations over HTTP: see `commendations.rules` for the life of one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.commendations import actions
from services.oversight.commendations.schemas import (
    CommendationQuery,
    CommendationReason,
    CommendationVetRequest,
    CommendationView,
    ConcernRequest,
    GrantRequest,
    NominateRequest,
    SettleRequest,
)
from services.oversight.commendations.tables import Commendation
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/commendations", "commendations")

Reader = Annotated[Actor, May("commendation:read")]
Vetter = Annotated[Actor, May("commendation:vet")]
Granter = Annotated[Actor, May("commendation:grant")]


async def _views(
    session: AsyncSession, rows: Sequence[Commendation], actor: Actor
) -> list[CommendationView]:
    bars = await actions.bars_of(session, [row for row in rows if row.state in actions.OPEN])
    moment = now(session)
    return [CommendationView.of(row, actor, moment, bars=bars.get(row.id, [])) for row in rows]


async def _view(session: AsyncSession, row: Commendation, actor: Actor) -> CommendationView:
    return (await _views(session, [row], actor))[0]


@router.get("")
async def list_commendations(
    session: ReadSession, actor: Reader, query: Annotated[CommendationQuery, Query()]
) -> Page[CommendationView]:
    """The commendations (表彰) that the caller may see, the newest first."""
    rows, cursor, count = await actions.page(session, actor, query)
    return Page(items=await _views(session, rows, actor), next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def nominate_commendation(
    session: Session,
    actor: Annotated[Actor, May("commendation:nominate")],
    body: NominateRequest,
) -> CommendationView:
    """Nominate a body or one of its officers (提名): one's own, or one in the caller's division."""
    return await _view(session, await actions.nominate(session, actor, body), actor)


@router.get("/{id}")
async def get_commendation(session: ReadSession, actor: Reader, id: UUID) -> CommendationView:
    """One commendation. What was said against it is shown to the supervisors alone."""
    return await _view(session, await load(session, Commendation, id, actor), actor)


@router.post("/{id}/vet")
async def vet_commendation(
    session: Session, actor: Vetter, id: UUID, body: CommendationVetRequest
) -> CommendationView:
    """Vet a nomination (审核), by another person than who made it.

    Grave findings, overdue rectifications, failed appraisals, certificates and the standing of the
    body are read from the data; those whom the rule `commendation.checks` names were asked.
    """
    return await _view(session, await actions.vet(session, actor, id, body), actor)


@router.post("/{id}/publicise")
async def publicise_commendation(session: Session, actor: Vetter, id: UUID) -> CommendationView:
    """Publicise it (公示) for as long as the rule `commendation.publicity` says."""
    return await _view(session, await actions.publicise(session, actor, id), actor)


@router.post("/{id}/concern")
async def object_to_commendation(
    session: Session,
    actor: Annotated[Actor, May("commendation:concern")],
    id: UUID,
    body: ConcernRequest,
) -> CommendationView:
    """Record an objection that came in during the publicity (公示异议)."""
    return await _view(session, await actions.concern(session, actor, id, body), actor)


@router.post("/{id}/settle")
async def settle_commendation_objection(
    session: Session, actor: Vetter, id: UUID, body: SettleRequest
) -> CommendationView:
    """Record what came of an objection (异议核查); one that is upheld bars the commendation."""
    return await _view(session, await actions.settle(session, actor, id, body), actor)


@router.post("/{id}/grant")
async def grant_commendation(
    session: Session, actor: Granter, id: UUID, body: GrantRequest
) -> CommendationView:
    """Grant it (表彰), after the publicity and by a third person; the bars are looked at again."""
    return await _view(session, await actions.grant(session, actor, id, body.document_no), actor)


@router.post("/{id}/reject")
async def reject_commendation(
    session: Session, actor: Vetter, id: UUID, body: CommendationReason
) -> CommendationView:
    """Reject a nomination, with a reason."""
    return await _view(session, await actions.reject(session, actor, id, body.reason), actor)


@router.post("/{id}/revoke")
async def revoke_commendation(
    session: Session, actor: Granter, id: UUID, body: CommendationReason
) -> CommendationView:
    """Revoke what was granted (撤销表彰), with a reason."""
    return await _view(session, await actions.revoke(session, actor, id, body.reason), actor)

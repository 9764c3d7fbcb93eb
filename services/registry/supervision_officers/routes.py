"""Supervision officers over HTTP: see `supervision_officers.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.supervision_officers import actions
from services.registry.supervision_officers.schemas import (
    AppointRequest,
    CandidatesView,
    CandidateView,
    CardRequest,
    DivisionQuery,
    QualificationsView,
    QualificationView,
    ReasonRequest,
    SupervisionOfficerPatch,
    SupervisionOfficerQuery,
    SupervisionOfficerRequest,
    SupervisionOfficerView,
)
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/supervision-officers", "supervision officers")


def _view(session: Session, officer: SupervisionOfficer, actor: Actor) -> SupervisionOfficerView:
    return SupervisionOfficerView.of(officer, actor, today(session))


@router.get("")
async def list_supervision_officers(
    session: ReadSession,
    actor: Annotated[Actor, May("supervision_officer:read")],
    query: Annotated[SupervisionOfficerQuery, Query()],
) -> Page[SupervisionOfficerView]:
    """The supervision officers (行政执法监督人员) and candidates that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def nominate_supervision_officer(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:nominate")],
    body: SupervisionOfficerRequest,
) -> SupervisionOfficerView:
    """Nominate an official of the legal office as a candidate (拟任)."""
    return _view(session, await actions.nominate(session, actor, body), actor)


@router.get("/candidates")
async def rank_supervision_candidates(
    session: ReadSession,
    actor: Annotated[Actor, May("supervision_officer:read")],
    query: Annotated[DivisionQuery, Query()],
) -> CandidatesView:
    """The candidates of one division, best first, with the points of each criterion.

    Whoever holds the legal professional qualification (法律职业资格) comes first, then the more
    experienced, then who attended more training. The weights are the dated rule
    `supervision_officer.ranking`.
    """
    ranking, ranked = await actions.candidates(session, actor, query.division)
    day = today(session)
    return CandidatesView(
        rule=ranking.legal_basis,
        provisional=ranking.provisional,
        items=[CandidateView.ranked(*row, actor, day) for row in ranked],
    )


@router.get("/qualification")
async def read_supervision_qualification(
    session: ReadSession,
    actor: Annotated[Actor, May("supervision_officer:read")],
    query: Annotated[DivisionQuery, Query()],
) -> QualificationsView:
    """How many of those in office hold the legal qualification, in a division and those below."""
    rows = await actions.qualification(session, actor, query.division)
    return QualificationsView(
        items=[
            QualificationView(**row._asdict(), ratio=round(row.qualified / row.appointed, 4))
            for row in rows
        ]
    )


@router.get("/{id}")
async def get_supervision_officer(
    session: ReadSession, actor: Annotated[Actor, May("supervision_officer:read")], id: UUID
) -> SupervisionOfficerView:
    """One supervision officer or candidate."""
    return _view(session, await load(session, SupervisionOfficer, id, actor), actor)


@router.patch("/{id}")
async def change_supervision_officer(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:nominate")],
    id: UUID,
    body: SupervisionOfficerPatch,
) -> SupervisionOfficerView:
    """Change what is filed of a candidate or of somebody in office."""
    return _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/appoint")
async def appoint_supervision_officer(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:appoint")],
    id: UUID,
    body: AppointRequest | None = None,
) -> SupervisionOfficerView:
    """Appoint a candidate; never by the person who nominated.

    While a candidate of the same division who holds the legal qualification waits, appointing one
    who does not needs a reason (优先).
    """
    reason = body.reason if body else None
    return _view(session, await actions.appoint(session, actor, id, reason), actor)


@router.post("/{id}/card")
async def give_supervision_card(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:appoint")],
    id: UUID,
    body: CardRequest,
) -> SupervisionOfficerView:
    """Record the supervision card (监督证件) that was given or renewed; its number is unique."""
    return _view(session, await actions.give_card(session, actor, id, body), actor)


@router.post("/{id}/transfer")
async def transfer_supervision_officer(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:appoint")],
    id: UUID,
    body: ReasonRequest,
) -> SupervisionOfficerView:
    """Out of office, to another post (调出); elsewhere they are nominated anew."""
    return _view(session, await actions.transfer(session, actor, id, body.reason), actor)


@router.post("/{id}/leave")
async def end_supervision_officer(
    session: Session,
    actor: Annotated[Actor, May("supervision_officer:appoint")],
    id: UUID,
    body: ReasonRequest,
) -> SupervisionOfficerView:
    """Out of office for good (离任), or no longer a candidate."""
    return _view(session, await actions.leave(session, actor, id, body.reason), actor)

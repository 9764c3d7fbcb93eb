"""Inspections over HTTP: set up, hold, sign, close."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import or_, select

from services.oversight.inspections import actions
from services.oversight.inspections.schemas import (
    CancelRequest,
    ChallengeRequest,
    InspectionFilters,
    InspectionRequest,
    InspectionView,
    RecusalRequest,
    SealEvidenceRequest,
)
from services.oversight.inspections.tables import Inspection
from shared.access.actor import Actor, May
from shared.access.visibility import visible
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/inspections", "inspections")

Reader = Annotated[Actor, May("inspection:read")]
Conductor = Annotated[Actor, May("inspection:conduct")]


@router.post("", status_code=201)
async def assign_inspection(
    session: Session, actor: Annotated[Actor, May("inspection:assign")], body: InspectionRequest
) -> InspectionView:
    """Set up an inspection of an enforcement subject and assign its inspectors.

    At least two inspectors, none of whom works for the inspected body. An unannounced one (暗访) is
    seen by the inspecting body alone until the inspectors are on site; a township's office, whose
    division is the inspected one's own, does not hold them. Under a running campaign it keeps to
    the campaign's kind, mode, period, divisions and domains. A follow-up (回头看) names the
    verified rectification that it looks back on.
    """
    return InspectionView.of(await actions.assign(session, actor, body), actor)


@router.get("")
async def list_inspections(
    session: ReadSession, actor: Reader, filters: Annotated[InspectionFilters, Query()]
) -> Page[InspectionView]:
    """The inspections that the caller may see, the newest first."""
    statement = select(Inspection).where(visible(Inspection, actor), actions.known_to(actor))
    for column, value in (
        (Inspection.state, filters.state),
        (Inspection.subject_id, filters.subject_id),
        (Inspection.campaign_id, filters.campaign_id),
        (Inspection.follows_id, filters.follows_id),
        (Inspection.kind, filters.kind),
        (Inspection.mode, filters.mode),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Inspection, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Inspection.closed_at, filters.closed_from, filters.closed_to)
    )
    if filters.inspector is not None:
        statement = statement.where(Inspection.inspectors.contains([{"sub": filters.inspector}]))
    if filters.planned_from is not None:
        statement = statement.where(Inspection.planned_on >= filters.planned_from)
    if filters.planned_to is not None:
        statement = statement.where(Inspection.planned_on <= filters.planned_to)
    if filters.q is not None:
        statement = statement.where(
            or_(
                Inspection.theme.icontains(filters.q, autoescape=True),
                Inspection.subject_name.icontains(filters.q, autoescape=True),
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Inspection.id, "planned_on": Inspection.planned_on},
        id=Inspection.id,
        paging=filters,
    )
    items = [InspectionView.of(row, actor) for (row,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_inspection(session: ReadSession, actor: Reader, id: UUID) -> InspectionView:
    """One inspection, with what the caller may do with it now."""
    return InspectionView.of(await actions.read(session, actor, id), actor)


@router.post("/{id}/accept")
async def accept_inspection(session: Session, actor: Conductor, id: UUID) -> InspectionView:
    """Take on an assigned inspection."""
    return InspectionView.of(await actions.accept(session, actor, id), actor)


@router.post("/{id}/notify")
async def notify_inspection(session: Session, actor: Conductor, id: UUID) -> InspectionView:
    """Notify the subject of the inspection. Refused for an unannounced one."""
    return InspectionView.of(await actions.notify(session, actor, id), actor)


@router.post("/{id}/start")
async def start_inspection(session: Session, actor: Conductor, id: UUID) -> InspectionView:
    """Say that the inspectors are on site. From now on the subject sees an unannounced one too.

    Any but an unannounced inspection must have been notified before.
    """
    return InspectionView.of(await actions.start(session, actor, id), actor)


@router.post("/{id}/request-recusal")
async def request_recusal(
    session: Session,
    actor: Annotated[Actor, May("inspection:challenge")],
    id: UUID,
    body: ChallengeRequest,
) -> InspectionView:
    """Ask for the recusal of an inspector (申请回避): they themselves, another, or the subject.

    It is decided within the time of the rule inspection.recusal, by somebody else; the inspector
    does nothing more meanwhile, the others go on, and nothing is signed.
    """
    return InspectionView.of(await actions.request_recusal(session, actor, id, body), actor)


@router.post("/{id}/refuse-recusal")
async def refuse_recusal(
    session: Session, actor: Conductor, id: UUID, body: ChallengeRequest
) -> InspectionView:
    """Refuse a recusal that somebody else asked for (驳回回避申请): the inspector stays."""
    return InspectionView.of(await actions.refuse_recusal(session, actor, id, body), actor)


@router.post("/{id}/recuse")
async def recuse_inspector(
    session: Session, actor: Conductor, id: UUID, body: RecusalRequest
) -> InspectionView:
    """Take an inspector off the inspection (决定回避) and put another in the place.

    It grants a request of somebody else, or is ordered without one; never by the inspector.
    Without a replacement only while enough inspectors remain; who was recused does not come back.
    """
    return InspectionView.of(await actions.recuse(session, actor, id, body), actor)


@router.post("/{id}/seal")
async def seal_inspection_evidence(
    session: Session, actor: Conductor, id: UUID, body: SealEvidenceRequest
) -> InspectionView:
    """End the visit and seal all its evidence as one set (封存证据); the fact has its digest.

    A file that comes later says why, and with it the set is sealed anew in its next edition.
    Findings are recorded until they are signed.
    """
    return InspectionView.of(await actions.seal(session, actor, id, body), actor)


@router.post("/{id}/sign")
async def sign_findings(session: Session, actor: Conductor, id: UUID) -> InspectionView:
    """Sign the findings, once the evidence is sealed: no further finding is added."""
    return InspectionView.of(await actions.sign(session, actor, id), actor)


@router.post("/{id}/close")
async def close_inspection(session: Session, actor: Conductor, id: UUID) -> InspectionView:
    """Close the inspection, once every finding is confirmed or withdrawn."""
    return InspectionView.of(await actions.close(session, actor, id), actor)


@router.post("/{id}/cancel")
async def cancel_inspection(
    session: Session, actor: Conductor, id: UUID, body: CancelRequest
) -> InspectionView:
    """Call the inspection off before anybody is on site."""
    return InspectionView.of(await actions.cancel(session, actor, id, body), actor)

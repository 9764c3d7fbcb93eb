"""The register of risks over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, or_, select

from services.oversight.risks import actions
from services.oversight.risks.schemas import (
    AssessmentRequest,
    ClosureRequest,
    DismissalRequest,
    RiskFilters,
    RiskRequest,
    RiskView,
    TreatmentRequest,
)
from services.oversight.risks.tables import Risk
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/risks", "risks")

Reader = Annotated[Actor, May("risk:read")]
Assessor = Annotated[Actor, May("risk:assess")]


@router.post("", status_code=201)
async def identify_risk(
    session: Session, actor: Annotated[Actor, May("risk:identify")], body: RiskRequest
) -> RiskView:
    """Enter a risk into the register (执法风险台账): a supervising body, or the subject itself."""
    return RiskView.of(await actions.identify(session, actor, body), actor, now(session))


@router.get("")
async def list_risks(
    session: ReadSession, actor: Reader, filters: Annotated[RiskFilters, Query()]
) -> Page[RiskView]:
    """The risks that the caller may see, the newest first."""
    moment = now(session)
    statement = select(Risk).where(visible(Risk, actor))
    for column, value in (
        (Risk.state, filters.state),
        (Risk.kind, filters.kind),
        (Risk.level, filters.risk_level),
        (Risk.subject_id, filters.subject_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Risk, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Risk.identified_at, filters.identified_from, filters.identified_to)
    )
    if filters.overdue is not None:
        overdue = actions.is_overdue(moment)
        # A risk without a day is not overdue, and NOT of NULL would leave it out.
        statement = statement.where(
            overdue if filters.overdue else or_(Risk.due_at.is_(None), not_(overdue))
        )
    if filters.q is not None:
        statement = statement.where(
            or_(
                Risk.title.icontains(filters.q, autoescape=True),
                Risk.subject_name.icontains(filters.q, autoescape=True),
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Risk.id, "due_at": Risk.due_at},
        id=Risk.id,
        paging=filters,
    )
    items = [RiskView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_risk(session: ReadSession, actor: Reader, id: UUID) -> RiskView:
    """One risk, with how it was assessed and what is done about it."""
    return RiskView.of(await load(session, Risk, id, actor), actor, now(session))


@router.post("/{id}/assess")
async def assess_risk(
    session: Session, actor: Assessor, id: UUID, body: AssessmentRequest
) -> RiskView:
    """Assess a risk by likelihood and impact (rule `risk.levels`), or assess it anew.

    By another person than the one who identified it.
    """
    return RiskView.of(await actions.assess(session, actor, id, body), actor, now(session))


@router.post("/{id}/treat")
async def treat_risk(
    session: Session, actor: Annotated[Actor, May("risk:treat")], id: UUID, body: TreatmentRequest
) -> RiskView:
    """Lay down what is done about it and by when (rule `risk.treatment`, by its level)."""
    return RiskView.of(await actions.treat(session, actor, id, body), actor, now(session))


@router.post("/{id}/close")
async def close_risk(session: Session, actor: Assessor, id: UUID, body: ClosureRequest) -> RiskView:
    """Strike it off (销号): what remains is less than what was assessed, unless it was accepted.

    By another person than the one who laid down the treatment.
    """
    return RiskView.of(await actions.close(session, actor, id, body), actor, now(session))


@router.post("/{id}/dismiss")
async def dismiss_risk(
    session: Session, actor: Assessor, id: UUID, body: DismissalRequest
) -> RiskView:
    """Decide that it is none: by another person than the one who identified it."""
    return RiskView.of(await actions.dismiss(session, actor, id, body), actor, now(session))

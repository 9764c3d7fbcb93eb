"""The verbs of a risk, and what happens when the day of its treatment passes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.permissions import NotInCharge, answers, supervises
from services.oversight.risks import rules
from services.oversight.risks.rules import ASSESS, TREAT, RiskLevel, RiskState
from services.oversight.risks.schemas import (
    AssessmentRequest,
    ClosureRequest,
    DismissalRequest,
    RiskRequest,
    TreatmentRequest,
    permissions_on,
)
from services.oversight.risks.tables import Risk
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.rules import SubjectUnknown
from services.oversight.subject_views.tables import SubjectView
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, visible
from shared.clock import now, today
from shared.events.oversight.risks import (
    RiskAssessed,
    RiskClosed,
    RiskDismissed,
    RiskFact,
    RiskIdentified,
    RiskOverdue,
    RiskTreated,
)
from shared.facts import publish
from shared.law.calendar import due, end_of
from shared.law.tables import calendar_of, rule

OVERDUE = "risk.overdue"
"""The timer of a risk: the day of its treatment."""


async def identify(session: AsyncSession, actor: Actor, request: RiskRequest) -> Risk:
    """Enter a risk: the supervising body of a subject in its division, or the subject itself."""
    await hold_divisions(session)
    subject = await session.scalar(
        select(SubjectView).where(SubjectView.id == request.subject_id, visible(SubjectView, actor))
    )
    if subject is None:
        raise SubjectUnknown(subject_id=str(request.subject_id))
    row = Risk(
        subject_id=subject.id,
        subject_name=subject.name,
        organisation=subject.organisation,
        domains=list(subject.domains),
        division=subject.division,
        # What the subject itself enters is assessed by the legal office of its district or city.
        authority=subject.district or "50",
        district=subject.district,
        township=subject.township,
        parties=[],
        kind=request.kind,
        title=request.title,
        description=request.description,
        state=RiskState.IDENTIFIED,
        assessments=[],
        treatments=[],
        identified_at=now(session),
        identified_by=actor.sub,
    )
    if not answers(actor, row):
        if not sees_scope(actor, subject.district, subject.township):
            raise SubjectUnknown(subject_id=str(request.subject_id))
        row.authority = actor.division
        if not supervises(actor, row):
            raise NotInCharge
    session.add(row)
    await session.flush()
    _publish(session, row, RiskIdentified)
    return row


async def assess(session: AsyncSession, actor: Actor, id: UUID, request: AssessmentRequest) -> Risk:
    """Say how grave it is; also anew, when its treatment did not help."""
    row = await _step(session, actor, id, "assess", ASSESS)
    level = await _level(session, request.likelihood, request.impact)
    row.likelihood, row.impact, row.level = request.likelihood, request.impact, level
    row.assessments = [
        *row.assessments,
        {
            **request.model_dump(mode="json"),
            "level": level,
            "assessed_at": now(session).isoformat(),
            "assessed_by": actor.sub,
        },
    ]
    row.due_at = row.treated_by = row.strategy = None
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, RiskAssessed)
    return row


async def treat(session: AsyncSession, actor: Actor, id: UUID, request: TreatmentRequest) -> Risk:
    """Lay down what is done about it, within the term of its level."""
    row = await _step(session, actor, id, "treat", TREAT)
    assert row.level is not None
    rules.may_treat(level=row.level, strategy=request.strategy)
    term = (await rule(session, "risk.treatment")).deadline(row.level)
    end = due(now(session), term, await calendar_of(session))
    row.due_at = end.at
    if request.due_on is not None:
        if request.due_on < today(session):
            raise rules.TreatmentDayOver(day=request.due_on.isoformat())
        if end_of(request.due_on) > end.at:
            raise rules.TreatmentTooLate(latest=end.last_day.isoformat())
        row.due_at = end_of(request.due_on)
    row.strategy, row.treated_by = request.strategy, actor.sub
    row.treatments = [
        *row.treatments,
        {
            **request.model_dump(mode="json", exclude={"due_on"}),
            "due_at": row.due_at.isoformat(),
            "treated_at": now(session).isoformat(),
            "treated_by": actor.sub,
        },
    ]
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    _publish(session, row, RiskTreated)
    return row


async def close(session: AsyncSession, actor: Actor, id: UUID, request: ClosureRequest) -> Risk:
    """It is less than it was, and struck off the list."""
    row = await _step(session, actor, id, "close", ASSESS)
    assert row.level is not None
    assert row.strategy is not None
    residual = await _level(session, request.likelihood, request.impact)
    rules.may_close(level=row.level, residual=residual, strategy=row.strategy)
    row.residual, row.result = residual, request.result
    row.ended_at, row.ended_by = now(session), actor.sub
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, RiskClosed)
    return row


async def dismiss(session: AsyncSession, actor: Actor, id: UUID, request: DismissalRequest) -> Risk:
    """It is none."""
    row = await _step(session, actor, id, "dismiss", ASSESS)
    row.result, row.ended_at, row.ended_by = request.result, now(session), actor.sub
    await session.flush()
    _publish(session, row, RiskDismissed)
    return row


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The day of the treatment has passed and it is not closed."""
    return and_(Risk.state == RiskState.TREATED, Risk.due_at <= moment)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the day of the treatment has passed."""
    row = await session.scalar(select(Risk).where(Risk.id == ref).with_for_update())
    moment = now(session)
    if row is None or not rules.is_overdue(state=row.state, due_at=row.due_at, now=moment):
        return
    row.state = rules.LIFECYCLE.next("mark_overdue", row.state)
    row.overdue_at = moment
    await session.flush()
    _publish(session, row, RiskOverdue)


async def _level(session: AsyncSession, likelihood: int, impact: int) -> RiskLevel:
    levels = (await rule(session, "risk.levels")).value
    return rules.level_of(likelihood=likelihood, impact=impact, levels=levels)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Risk:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Risk, id, actor, lock=True)
    if permission not in permissions_on(actor, row):
        raise NotInCharge
    row.state = rules.next_state(action, row.standing, sub=actor.sub)
    return row


def _publish(session: AsyncSession, row: Risk, kind: type[RiskFact]) -> None:
    fact = kind(
        risk_id=row.id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        kind=row.kind,
        kind_name=rules.RiskKind(row.kind).label,
        risk_level=row.level,
        division=row.division,
        state=row.state,
        due_at=row.due_at,
        authority_level=row.authority_level,
    )
    publish(session, fact, at=row)

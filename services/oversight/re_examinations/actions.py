"""The verbs of a re-examination. The decision goes on being executed whatever happens here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.documents import actions as documents
from services.oversight.documents.rules import IN_FORCE, may_object
from services.oversight.documents.tables import Document
from services.oversight.permissions import require
from services.oversight.re_examinations import rules
from services.oversight.re_examinations.rules import DECIDE, REQUEST, ReExaminationState
from services.oversight.re_examinations.schemas import (
    OutcomeRequest,
    ReExaminationQuery,
    ReExaminationRequest,
)
from services.oversight.re_examinations.tables import ReExamination
from services.oversight.subject_views.actions import hold_divisions
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now
from shared.events.oversight.documents import (
    DocumentAmended,
    DocumentFact,
    DocumentRevoked,
    ReExaminationDecided,
    ReExaminationFact,
    ReExaminationOverdue,
    ReExaminationRequested,
    ReExaminationWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.places import in_division
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound
from shared.web.paging import paginate

OVERDUE = "re_examination.overdue"
"""The timer of a re-examination: the term to decide."""


async def request_it(
    session: AsyncSession, actor: Actor, request: ReExaminationRequest
) -> ReExamination:
    """The subject applies, once, within the term that runs from the service."""
    await hold_divisions(session)
    try:
        document = await load(session, Document, request.document_id, actor, lock=True)
    except NotFound:
        raise rules.DecisionUnknown(document_id=str(request.document_id)) from None
    require(actor, document, REQUEST)
    moment = now(session)
    may_object(documents.standing(session, document), now=moment)
    term = (await rule(session, "document.re_examination")).deadline()
    end = due(moment, term, await calendar_of(session))
    makers = {*document.authors, document.reviewed_by or "", document.signed_by or ""} - {""}
    row = ReExamination(
        document_id=document.id,
        number=document.number,
        subject_id=document.subject_id,
        subject_name=document.subject_name,
        organisation=document.uscc,
        domains=document.domains,
        division=document.division,
        authority=document.authority,
        district=document.district,
        township=document.township,
        parties=document.parties,
        makers=sorted(makers),
        grounds=request.grounds,
        state=ReExaminationState.REQUESTED,
        requested_at=moment,
        requested_by=actor.sub,
        due_at=end.at,
        due_provisional=end.provisional,
    )
    session.add(row)
    document.objected = True
    await session.flush()
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    _publish(session, row, ReExaminationRequested)
    return row


async def withdraw(session: AsyncSession, actor: Actor, id: UUID) -> ReExamination:
    """The subject gives it up; the decision stands."""
    row = await _step(session, actor, id, "withdraw", REQUEST)
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, ReExaminationWithdrawn)
    return row


async def uphold(
    session: AsyncSession, actor: Actor, id: UUID, request: OutcomeRequest
) -> ReExamination:
    """The decision stands."""
    return await _decide(session, actor, id, "uphold", request, None)


async def amend(
    session: AsyncSession, actor: Actor, id: UUID, request: OutcomeRequest
) -> ReExamination:
    """What the outcome says is in the decision's place."""
    return await _decide(session, actor, id, "amend", request, DocumentAmended)


async def revoke(
    session: AsyncSession, actor: Actor, id: UUID, request: OutcomeRequest
) -> ReExamination:
    """The decision holds no more."""
    return await _decide(session, actor, id, "revoke", request, DocumentRevoked)


async def page(
    session: AsyncSession, actor: Actor, query: ReExaminationQuery
) -> tuple[list[ReExamination], str | None, int | None]:
    """Those that the caller may see."""
    statement = select(ReExamination).where(visible(ReExamination, actor))
    for column, value in (
        (ReExamination.state, query.state),
        (ReExamination.subject_id, query.subject_id),
        (ReExamination.document_id, query.document_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(ReExamination, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = _overdue(now(session))
        statement = statement.where(overdue if query.overdue else ~overdue)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": ReExamination.id, "due_at": ReExamination.due_at},
        id=ReExamination.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the term to decide has passed. Told once."""
    row = await session.scalar(
        select(ReExamination).where(ReExamination.id == ref).with_for_update()
    )
    if row is None or row.overdue_at is not None:
        return
    if not rules.is_overdue(state=row.state, due_at=row.due_at, now=now(session)):
        return
    row.overdue_at = now(session)
    await session.flush()
    _publish(session, row, ReExaminationOverdue)


def _overdue(moment: datetime) -> ColumnElement[bool]:
    return and_(ReExamination.state == ReExaminationState.REQUESTED, ReExamination.due_at <= moment)


async def _decide(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    action: str,
    request: OutcomeRequest,
    ends: type[DocumentFact] | None,
) -> ReExamination:
    row = await _step(session, actor, id, action, DECIDE)
    outcome = await _outcome(session, actor, row, request.document_id)
    row.decision_id = outcome.id
    row.decided_at, row.decided_by = now(session), actor.sub
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    told = {"outcome": row.state, "decision_number": outcome.number}
    _publish(session, row, ReExaminationDecided, **told)
    if ends is not None:
        document = await load(session, Document, row.document_id, actor, lock=True)
        # Who issued it may have taken it back meanwhile.
        if document.state in IN_FORCE:
            await documents.end_by_re_examination(session, document, action, ends, sub=actor.sub)
    return row


async def _outcome(
    session: AsyncSession, actor: Actor, row: ReExamination, document_id: UUID
) -> Document:
    try:
        outcome = await documents.read(session, actor, document_id)
    except NotFound:
        raise rules.NoReExaminationDecision from None
    if outcome.answers_id != row.document_id or outcome.number is None or outcome.ended_at:
        raise rules.NoReExaminationDecision
    return outcome


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> ReExamination:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, ReExamination, id, actor, lock=True)
    require(actor, row, permission)
    row.state = rules.next_state(action, state=row.state, makers=row.makers, sub=actor.sub)
    return row


def _publish(
    session: AsyncSession, row: ReExamination, kind: type[ReExaminationFact], **more: Any
) -> None:
    fact = kind(
        re_examination_id=row.id,
        document_id=row.document_id,
        number=row.number,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        division=row.division,
        state=row.state,
        due_at=row.due_at,
        authority=row.authority,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)

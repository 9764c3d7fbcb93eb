"""The verbs of a measure, and what happens when its deadline passes or the issuer answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evidence.rules import EvidenceTarget
from services.oversight.evidence_seals import actions as seals
from services.oversight.evidence_seals.tables import EvidenceSeal
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import recused_from
from services.oversight.inspections.rules import ActorRecused
from services.oversight.measures import rules
from services.oversight.measures.rules import (
    DECIDE,
    EXECUTE,
    JUDGE,
    PROPOSE,
    MeasureGround,
    MeasureKind,
    MeasureState,
    Terms,
)
from services.oversight.measures.schemas import (
    DecideRequest,
    DeclineRequest,
    ExecuteRequest,
    MeasureRejectionRequest,
    MeasureRequest,
    MeasureVerdictRequest,
    ReportRequest,
    permissions_on,
)
from services.oversight.measures.tables import Measure
from services.oversight.permissions import NotInCharge, require
from services.oversight.subject_views.actions import hold_divisions
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.events.oversight.measures import (
    MeasureDecided,
    MeasureDeclined,
    MeasureExecuted,
    MeasureFact,
    MeasureOverdue,
    MeasureProposed,
    MeasureRejected,
    MeasureReported,
    MeasureRevoked,
    MeasureSettled,
    MeasureUnexecuted,
    MeasureVerified,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.tables import Rule, calendar_of, rule
from shared.refusals import NotFound

OVERDUE = "measure.overdue"
"""The timer of a measure: its deadline."""


async def propose(session: AsyncSession, actor: Actor, request: MeasureRequest) -> Measure:
    """Say what is to be done about a confirmed finding, on which ground of its kind's rule."""
    await hold_divisions(session)
    try:
        finding = await load(session, Finding, request.finding_id, actor, lock=True)
    except NotFound:
        raise rules.MeasureFindingUnknown(finding_id=str(request.finding_id)) from None
    require(actor, finding, PROPOSE)
    if await recused_from(session, actor, [finding.inspection_id]):
        raise ActorRecused
    held, terms = await _terms(session, request.kind)
    rules.may_propose(
        terms,
        ground=request.ground,
        finding_state=finding.state,
        duplicate_of=finding.duplicate_of,
        officer=finding.officer_id is not None,
        act=finding.act_number is not None,
    )
    row = Measure(
        finding_id=finding.id,
        inspection_id=finding.inspection_id,
        subject_id=finding.subject_id,
        subject_name=finding.subject_name,
        organisation=finding.organisation,
        domains=finding.domains,
        division=finding.division,
        authority=finding.authority,
        district=finding.district,
        township=finding.township,
        parties=finding.parties,
        kind=request.kind,
        ground=request.ground,
        legal_basis=[held.legal_basis, *request.legal_basis],
        reasons=request.reasons,
        requirement=request.requirement,
        executor=terms.executor,
        officer_id=finding.officer_id if terms.officer else None,
        officer_name=finding.officer_name if terms.officer else None,
        act_number=finding.act_number,
        act_on=finding.act_on,
        state=MeasureState.PROPOSED,
        due_provisional=False,
        reports=[],
        proposed_at=now(session),
        proposed_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    _publish(session, row, MeasureProposed)
    return row


async def decide(session: AsyncSession, actor: Actor, id: UUID, request: DecideRequest) -> Measure:
    """It is taken; from now on its deadline runs."""
    row = await _step(session, actor, id, "decide", DECIDE)
    _, terms = await _terms(session, MeasureKind(row.kind))
    calendar, moment = await calendar_of(session), now(session)
    end = due(moment, terms.term, calendar)
    period = request.period or terms.term
    if request.period is not None:
        latest, end = end.at, due(moment, period, calendar)
        rules.may_set(end.at, latest=latest)
    row.period, row.executor = period.model_dump(mode="json"), terms.executor
    row.due_at, row.due_provisional = end.at, end.provisional
    row.decided_at, row.decided_by, row.decision = moment, actor.sub, request.decision
    await timers.schedule(session, OVERDUE, row.id, end.at)
    await session.flush()
    _publish(session, row, MeasureDecided)
    return row


async def decline(
    session: AsyncSession, actor: Actor, id: UUID, request: DeclineRequest
) -> Measure:
    """It is not taken."""
    row = await _step(session, actor, id, "decline", DECIDE)
    row.decided_at, row.decided_by, row.decision = now(session), actor.sub, request.decision
    await session.flush()
    _publish(session, row, MeasureDeclined)
    return row


async def execute(
    session: AsyncSession, actor: Actor, id: UUID, request: ExecuteRequest
) -> Measure:
    """It is carried out, by the unit or by the supervising body itself."""
    row = await _step(session, actor, id, "execute", EXECUTE)
    row.executed_at, row.executed_by = now(session), actor.sub
    row.execution = request.execution
    await session.flush()
    _publish(session, row, MeasureExecuted)
    return row


async def report(session: AsyncSession, actor: Actor, id: UUID, request: ReportRequest) -> Measure:
    """The executor reports in writing; late is better than never."""
    row = await _step(session, actor, id, "report", EXECUTE)
    moment = now(session)
    late = row.due_at is not None and row.due_at <= moment
    await timers.cancel(session, OVERDUE, row.id)
    target, proof = EvidenceTarget.MEASURE, request.evidence_ids
    sealed = await seals.seal_proof(session, actor, target, row.id, proof)
    row.reported_at, row.reported_by = moment, actor.sub
    row.reports = [*row.reports, _report(request, sealed, moment, actor.sub, late)]
    await session.flush()
    told = {"seal_id": sealed.id, "files": sealed.files, "digest": sealed.digest}
    _publish(session, row, MeasureReported, **told)
    return row


async def verify(
    session: AsyncSession, actor: Actor, id: UUID, request: MeasureVerdictRequest
) -> Measure:
    """It is carried out, says another."""
    row = await _step(session, actor, id, "verify", JUDGE)
    row.verified_at = now(session)
    _judge(session, actor, row, "verified", request.note)
    await session.flush()
    _publish(session, row, MeasureVerified)
    return row


async def reject(
    session: AsyncSession, actor: Actor, id: UUID, request: MeasureRejectionRequest
) -> Measure:
    """It is not; a deadline that still runs longer than the rule for rework stays as it is."""
    row = await _step(session, actor, id, "reject", JUDGE)
    term = (await rule(session, "measure.rework")).deadline()
    end = due(now(session), term, await calendar_of(session))
    if row.due_at is None or end.at > row.due_at:
        row.due_at, row.due_provisional = end.at, end.provisional
    _judge(session, actor, row, "rejected", request.reason)
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    _publish(session, row, MeasureRejected)
    return row


async def revoke(session: AsyncSession, actor: Actor, id: UUID, request: DeclineRequest) -> Measure:
    """It was wrong and holds no longer."""
    row = await _step(session, actor, id, "revoke", DECIDE)
    row.revoked_at, row.revoked_by, row.decision = now(session), actor.sub, request.decision
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, MeasureRevoked)
    return row


async def settle(
    session: AsyncSession, id: UUID, *, request_id: UUID, result: str, reason: str | None
) -> None:
    """The issuer of the certificate answered; what was revoked meanwhile stays as it is."""
    row = await session.scalar(select(Measure).where(Measure.id == id).with_for_update())
    if row is None or row.state != MeasureState.DECIDED:
        return
    moment, approved = now(session), result == "approved"
    row.state = rules.LIFECYCLE.next("settle" if approved else "fail", row.state)
    row.issuer_answer = {
        "request_id": str(request_id),
        "result": result,
        "reason": reason,
        "answered_at": moment.isoformat(),
    }
    if approved:
        row.executed_at = row.reported_at = moment
        late = row.due_at is not None and row.due_at <= moment
        told = ReportRequest(report="发证机关已暂扣行政执法证。")
        row.reports = [*row.reports, _report(told, None, moment, "system", late)]
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, MeasureSettled if approved else MeasureUnexecuted)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed without a report, whether the timer has said so or not."""
    return and_(Measure.state.in_(rules.RUNNING), Measure.due_at <= moment)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the deadline has passed."""
    row = await session.scalar(select(Measure).where(Measure.id == ref).with_for_update())
    moment = now(session)
    if row is None or not rules.is_overdue(state=row.state, due_at=row.due_at, now=moment):
        return
    row.state = rules.LIFECYCLE.next("mark_overdue", row.state)
    row.overdue_at = moment
    await session.flush()
    _publish(session, row, MeasureOverdue)


async def _terms(session: AsyncSession, kind: MeasureKind) -> tuple[Rule, Terms]:
    held = await rule(session, f"measure.{kind}")
    return held, Terms.model_validate(held.value)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Measure:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Measure, id, actor, lock=True)
    recused = bool(await recused_from(session, actor, [row.inspection_id]))
    if permission not in permissions_on(actor, row, recused=False):
        raise NotInCharge
    if permission not in permissions_on(actor, row, recused=recused):
        raise ActorRecused
    row.state = rules.next_state(action, row.standing, sub=actor.sub)
    return row


def _report(
    told: ReportRequest, sealed: EvidenceSeal | None, moment: datetime, by: str, late: bool
) -> dict[str, Any]:
    return {
        **told.model_dump(mode="json"),
        "evidence_seal_id": str(sealed.id) if sealed else None,
        "reported_at": moment.isoformat(),
        "reported_by": by,
        "late": late,
        "verdict": None,
        "note": None,
        "judged_at": None,
        "judged_by": None,
    }


def _judge(
    session: AsyncSession, actor: Actor, row: Measure, verdict: str, note: str | None
) -> None:
    *before, last = row.reports
    judged = {
        "verdict": verdict,
        "note": note,
        "judged_at": now(session).isoformat(),
        "judged_by": actor.sub,
    }
    row.reports = [*before, {**last, **judged}]


def _publish(session: AsyncSession, row: Measure, kind: type[MeasureFact], **more: Any) -> None:
    fact = kind(
        measure_id=row.id,
        finding_id=row.finding_id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        kind=row.kind,
        kind_name=MeasureKind(row.kind).label,
        ground=row.ground,
        ground_name=MeasureGround(row.ground).label,
        legal_basis=row.legal_basis[:1],
        executor=row.executor,
        officer_id=row.officer_id,
        division=row.division,
        state=row.state,
        due_at=row.due_at,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)

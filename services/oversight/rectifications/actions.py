"""The verbs of a rectification, and what happens when its deadline passes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evidence.rules import EvidenceTarget
from services.oversight.evidence_seals import actions as seals
from services.oversight.finding_codes.actions import label_of
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import recused_from
from services.oversight.inspections.rules import ActorRecused
from services.oversight.permissions import require
from services.oversight.rectifications import rules
from services.oversight.rectifications.rules import (
    ANSWER,
    JUDGE,
    ExtensionState,
    RectificationState,
)
from services.oversight.rectifications.schemas import (
    ExtensionRequest,
    GrantRequest,
    PlanRequest,
    ProgressRequest,
    RectificationRequest,
    RefusalRequest,
    RejectionRequest,
    RevocationRequest,
    SubmissionRequest,
    VerificationRequest,
)
from services.oversight.rectifications.tables import Rectification, RectificationProgress
from services.oversight.subject_views.actions import hold_divisions
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.events.oversight.rectifications import (
    RectificationBegun,
    RectificationExtended,
    RectificationExtensionRefused,
    RectificationExtensionRequested,
    RectificationFact,
    RectificationOrdered,
    RectificationOverdue,
    RectificationPlanned,
    RectificationProgressed,
    RectificationReceived,
    RectificationRejected,
    RectificationRevoked,
    RectificationSubmitted,
    RectificationVerified,
)
from shared.facts import publish
from shared.law.calendar import Deadline, Due, due, extended
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound

OVERDUE = "rectification.overdue"
"""The timer of a rectification: its deadline."""


async def order(
    session: AsyncSession, actor: Actor, request: RectificationRequest
) -> Rectification:
    """Order that a confirmed finding be corrected."""
    await hold_divisions(session)
    try:
        finding = await load(session, Finding, request.finding_id, actor, lock=True)
    except NotFound:
        raise rules.FindingUnknown(finding_id=str(request.finding_id)) from None
    require(actor, finding, "rectification:order")
    await _check_recusal(session, actor, finding.inspection_id)
    rules.may_order(
        finding_state=finding.state,
        duplicate_of=finding.duplicate_of,
        ordered=finding.rectification_id is not None,
    )
    period, end = await _deadline(session, request.period, rule_code="rectification.period")
    times = (await rule(session, "rectification.extension")).value["times"]
    row = Rectification(
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
        code=finding.code,
        severity=finding.severity,
        legal_basis=finding.legal_basis,
        requirement=request.requirement,
        period=period.model_dump(mode="json"),
        state=RectificationState.ORDERED,
        due_at=end.at,
        due_provisional=end.provisional,
        ordered_at=now(session),
        ordered_by=actor.sub,
        submissions=[],
        plans=[],
        extensions_granted=0,
        extensions_allowed=int(times),
    )
    session.add(row)
    await session.flush()
    finding.rectification_id = row.id
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    _publish(session, row, RectificationOrdered)
    return row


async def receive(session: AsyncSession, actor: Actor, id: UUID) -> Rectification:
    """The subject has it."""
    row = await _step(session, actor, id, "receive", ANSWER)
    row.received_at = now(session)
    await session.flush()
    _publish(session, row, RectificationReceived)
    return row


async def begin(session: AsyncSession, actor: Actor, id: UUID) -> Rectification:
    """The subject is at work on it."""
    row = await _step(session, actor, id, "begin", ANSWER)
    row.began_at = row.began_at or now(session)
    await session.flush()
    _publish(session, row, RectificationBegun)
    return row


async def plan(
    session: AsyncSession, actor: Actor, id: UUID, request: PlanRequest
) -> Rectification:
    """The subject says how it will correct it; a later plan takes the place of the one before."""
    row = await _step(session, actor, id, "plan", ANSWER)
    rules.may_plan(state=row.state, due_at=row.due_at, days=[step.by for step in request.steps])
    row.plans = [
        *row.plans,
        {
            **request.model_dump(mode="json"),
            "planned_at": now(session).isoformat(),
            "planned_by": actor.sub,
        },
    ]
    await session.flush()
    _publish(session, row, RectificationPlanned, steps=len(request.steps))
    return row


async def report_progress(
    session: AsyncSession, actor: Actor, id: UUID, request: ProgressRequest
) -> Rectification:
    """The subject says how far it is."""
    row = await _step(session, actor, id, "report_progress", ANSWER)
    row.percent, row.progressed_at = request.percent, now(session)
    session.add(
        RectificationProgress(
            rectification_id=row.id,
            percent=request.percent,
            note=request.note,
            references=[one.model_dump(mode="json") for one in request.references],
            reported_at=row.progressed_at,
            reported_by=actor.sub,
        )
    )
    await session.flush()
    _publish(session, row, RectificationProgressed, percent=request.percent)
    return row


async def submit(
    session: AsyncSession, actor: Actor, id: UUID, request: SubmissionRequest
) -> Rectification:
    """The subject says what it did; late is better than never."""
    row = await load(session, Rectification, id, actor, lock=True)
    moment = now(session)
    if row.state == RectificationState.IN_PROGRESS and row.due_at <= moment:
        require(actor, row, ANSWER)
        # The timer has not come to it yet: that it is late is told first all the same.
        await _become_overdue(session, row)
    _advance(session, actor, row, "submit", ANSWER)
    target, proof = EvidenceTarget.RECTIFICATION, request.evidence_ids
    sealed = await seals.seal_proof(session, actor, target, row.id, proof)
    late = row.due_at <= moment
    row.submitted_at, row.submitted_by = moment, actor.sub
    row.submissions = [
        *row.submissions,
        {
            "report": request.report,
            "evidence_ids": [str(one) for one in request.evidence_ids],
            "evidence_seal_id": str(sealed.id),
            "references": [one.model_dump(mode="json") for one in request.references],
            "submitted_at": moment.isoformat(),
            "submitted_by": actor.sub,
            "late": late,
            "verdict": None,
            "note": None,
            "judged_at": None,
            "judged_by": None,
        },
    ]
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    told = {"seal_id": sealed.id, "files": sealed.files, "digest": sealed.digest}
    _publish(session, row, RectificationSubmitted, **told)
    return row


async def verify(
    session: AsyncSession, actor: Actor, id: UUID, request: VerificationRequest
) -> Rectification:
    """It is corrected."""
    row = await _step(session, actor, id, "verify", JUDGE)
    row.verified_at = now(session)
    _judge(session, actor, row, "verified", request.note)
    await session.flush()
    _publish(session, row, RectificationVerified)
    return row


async def reject(
    session: AsyncSession, actor: Actor, id: UUID, request: RejectionRequest
) -> Rectification:
    """It is not: the subject goes on, with a deadline by the rule for rework.

    A deadline that still runs longer than that stays as it is.
    """
    row = await _step(session, actor, id, "reject", JUDGE)
    _, end = await _deadline(session, request.period, rule_code="rectification.rework")
    if end.at > row.due_at:
        row.due_at, row.due_provisional = end.at, end.provisional
    _judge(session, actor, row, "rejected", request.reason)
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    _publish(session, row, RectificationRejected)
    return row


async def revoke(
    session: AsyncSession, actor: Actor, id: UUID, request: RevocationRequest
) -> Rectification:
    """The order was wrong: it holds no longer, and the finding can be reopened or ordered anew."""
    row = await _step(session, actor, id, "revoke", JUDGE)
    row.revoked_at, row.revoked_by, row.revoke_reason = now(session), actor.sub, request.reason
    finding = await load(session, Finding, row.finding_id, actor, lock=True)
    finding.rectification_id = None
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, RectificationRevoked)
    return row


async def request_extension(
    session: AsyncSession, actor: Actor, id: UUID, request: ExtensionRequest
) -> Rectification:
    """The subject asks for more time while there is some left."""
    row = await _step(session, actor, id, "request_extension", ANSWER)
    rules.may_ask_for(request.days, longest=await _longest_extension(session))
    row.extension = {
        "state": ExtensionState.REQUESTED,
        "days": request.days,
        "reason": request.reason,
        "requested_at": now(session).isoformat(),
        "requested_by": actor.sub,
        "decision": None,
        "decided_at": None,
        "decided_by": None,
        "due_at_before": row.due_at.isoformat(),
    }
    await session.flush()
    _publish(session, row, RectificationExtensionRequested, days=request.days)
    return row


async def extend(
    session: AsyncSession, actor: Actor, id: UUID, request: GrantRequest
) -> Rectification:
    """Grant the one extension; it is counted from the last day of the deadline."""
    row = await _step(session, actor, id, "extend", JUDGE)
    assert row.extension is not None
    days = request.days or int(row.extension["days"])
    by = rules.may_ask_for(days, longest=await _longest_extension(session))
    row.extension = {
        **row.extension,
        **_decided(session, actor, ExtensionState.GRANTED, request.decision),
        "days": days,
        "due_at_before": row.due_at.isoformat(),
    }
    row.extensions_granted += 1
    end = extended(row.due_at, by, await calendar_of(session))
    row.due_at, row.due_provisional = end.at, end.provisional
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    _publish(session, row, RectificationExtended)
    return row


async def refuse_extension(
    session: AsyncSession, actor: Actor, id: UUID, request: RefusalRequest
) -> Rectification:
    """Refuse the extension that was asked for; the deadline stays."""
    row = await _step(session, actor, id, "refuse_extension", JUDGE)
    assert row.extension is not None
    row.extension = {
        **row.extension,
        **_decided(session, actor, ExtensionState.REFUSED, request.decision),
    }
    await session.flush()
    _publish(session, row, RectificationExtensionRefused)
    return row


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed without a submission, whether the timer has said so or not."""
    return or_(
        Rectification.state == RectificationState.OVERDUE,
        and_(Rectification.state.in_(rules.OPEN), Rectification.due_at <= moment),
    )


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the deadline has passed. Once a deadline, however often it is called."""
    row = await session.scalar(
        select(Rectification).where(Rectification.id == ref).with_for_update()
    )
    if row is None or row.state not in rules.OPEN or now(session) < row.due_at:
        return
    await _become_overdue(session, row)


async def _become_overdue(session: AsyncSession, row: Rectification) -> None:
    row.state = rules.LIFECYCLE.next("mark_overdue", row.state)
    row.overdue_at = now(session)
    await session.flush()
    _publish(session, row, RectificationOverdue)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Rectification:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Rectification, id, actor, lock=True)
    _advance(session, actor, row, action, permission)
    if permission == JUDGE:
        await _check_recusal(session, actor, row.inspection_id)
    return row


async def _check_recusal(session: AsyncSession, actor: Actor, inspection_id: UUID) -> None:
    if await recused_from(session, actor, [inspection_id]):
        raise ActorRecused


def _advance(
    session: AsyncSession, actor: Actor, row: Rectification, action: str, permission: str
) -> None:
    require(actor, row, permission)
    row.state = rules.next_state(action, row.standing, sub=actor.sub, now=now(session))


async def _deadline(
    session: AsyncSession, period: Deadline | None, *, rule_code: str
) -> tuple[Deadline, Due]:
    """The deadline from today on: the rule's, or a shorter one."""
    longest = (await rule(session, rule_code)).deadline()
    calendar, moment = await calendar_of(session), now(session)
    latest = due(moment, longest, calendar)
    if period is None:
        return longest, latest
    end = due(moment, period, calendar)
    rules.may_set(end.at, latest=latest.at)
    return period, end


async def _longest_extension(session: AsyncSession) -> Deadline:
    return (await rule(session, "rectification.extension")).deadline("longest")


def _judge(
    session: AsyncSession, actor: Actor, row: Rectification, verdict: str, note: str | None
) -> None:
    *before, last = row.submissions
    judged = {
        "verdict": verdict,
        "note": note,
        "judged_at": now(session).isoformat(),
        "judged_by": actor.sub,
    }
    row.submissions = [*before, {**last, **judged}]


def _decided(
    session: AsyncSession, actor: Actor, state: ExtensionState, decision: str | None
) -> dict[str, Any]:
    return {
        "state": state,
        "decision": decision,
        "decided_at": now(session).isoformat(),
        "decided_by": actor.sub,
    }


def _publish(
    session: AsyncSession, row: Rectification, kind: type[RectificationFact], **more: Any
) -> None:
    fact = kind(
        rectification_id=row.id,
        finding_id=row.finding_id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        requirement=label_of(row.code),
        severity=row.severity,
        legal_basis=row.legal_basis,
        division=row.division,
        state=row.state,
        due_at=row.due_at,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)

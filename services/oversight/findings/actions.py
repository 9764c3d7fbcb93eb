"""The verbs of a finding."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.finding_codes.actions import code_book, label_of
from services.oversight.findings import rules
from services.oversight.findings.rules import FindingState, LinkKind
from services.oversight.findings.schemas import (
    CommentRequest,
    DecisionRequest,
    FindingRequest,
    LinkRequest,
    UnlinkRequest,
)
from services.oversight.findings.tables import Finding, FindingLink
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused
from services.oversight.inspections.rules import next_state as next_inspection_state
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import require
from services.oversight.subject_views.actions import hold_divisions, is_certified_today
from services.oversight.subject_views.tables import OfficerView
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.findings import (
    FindingCommented,
    FindingCommentsEnded,
    FindingConfirmed,
    FindingFact,
    FindingLinked,
    FindingRecorded,
    FindingReopened,
    FindingUnlinked,
    FindingWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound

COMMENTS_END = "finding.comments_end"
"""The timer of a finding: the end of the comment period."""


async def record(session: AsyncSession, actor: Actor, request: FindingRequest) -> Finding:
    """Write down what the inspectors found; the subject may comment from now on."""
    return await record_found(
        session,
        actor,
        inspection_id=request.inspection_id,
        code=request.code,
        description=request.description,
        officer_id=request.officer_id,
        title=request.title,
        severity=request.severity,
        legal_basis=request.legal_basis,
        act_number=request.act.number if request.act else None,
        act_on=request.act.decided_on if request.act else None,
    )


async def record_found(
    session: AsyncSession,
    actor: Actor,
    *,
    inspection_id: UUID,
    code: str,
    description: str,
    officer_id: UUID | None,
    title: str | None = None,
    severity: str | None = None,
    legal_basis: list[str] | None = None,
    act_number: str | None = None,
    act_on: date | None = None,
) -> Finding:
    """The same for what another part of an inspection brought to light."""
    await hold_divisions(session)
    try:
        inspection = await inspections.read(session, actor, inspection_id, lock=True)
    except NotFound:
        raise rules.InspectionUnknown(inspection_id=str(inspection_id)) from None
    require(actor, inspection, "finding:record")
    next_inspection_state(
        "record_finding",
        state=inspection.state,
        mode=inspection.mode,
        undecided=inspection.undecided,
        recused=inspection.recused(actor.sub),
    )
    known = rules.entry(code_book(), code, on=today(session), officer=officer_id is not None)
    officer = await _officer(session, actor, inspection, officer_id)
    row = Finding(
        inspection_id=inspection.id,
        subject_id=inspection.subject_id,
        subject_name=inspection.subject_name,
        organisation=inspection.uscc,
        domains=inspection.domains,
        division=inspection.division,
        authority=inspection.authority,
        district=inspection.district,
        township=inspection.township,
        parties=inspection.parties,
        code=known.code,
        code_edition=known.edition,
        title=title or known.label,
        description=description,
        severity=severity or known.severity,
        legal_basis=legal_basis or known.legal_basis,
        officer_id=officer.id if officer else None,
        officer_name=officer.name if officer else None,
        officer_certified=await is_certified_today(session, officer, actor) if officer else None,
        act_number=act_number,
        act_on=act_on,
        past=[],
        state=FindingState.RECORDED,
        recorded_at=now(session),
        recorded_by=actor.sub,
        comment_due_at=await _comment_end(session),
    )
    session.add(row)
    inspection.findings += 1
    inspection.undecided += 1
    await session.flush()
    await timers.schedule(session, COMMENTS_END, row.id, row.comment_due_at)
    _publish(session, row, FindingRecorded, comment_due_at=row.comment_due_at)
    return row


async def record_of(session: AsyncSession, actor: Actor, **told: Any) -> Finding:
    """The same of what another capability came to: `told` are the fields of the request."""
    return await record(session, actor, FindingRequest.model_validate(told))


async def comment(
    session: AsyncSession, actor: Actor, id: UUID, request: CommentRequest
) -> Finding:
    """The subject says what it thinks of it, once and within the period."""
    row = await _step(session, actor, id, "comment", "finding:comment")
    row.comment, row.commented_at, row.commented_by = request.comment, now(session), actor.sub
    await timers.cancel(session, COMMENTS_END, row.id)
    await session.flush()
    _publish(session, row, FindingCommented)
    return row


async def confirm(
    session: AsyncSession, actor: Actor, id: UUID, request: DecisionRequest
) -> Finding:
    """It stands."""
    return await _decide(session, actor, id, "confirm", request.reason, FindingConfirmed)


async def withdraw(
    session: AsyncSession, actor: Actor, id: UUID, request: DecisionRequest
) -> Finding:
    """It does not stand."""
    return await _decide(session, actor, id, "withdraw", request.reason, FindingWithdrawn)


async def reopen(
    session: AsyncSession, actor: Actor, id: UUID, request: DecisionRequest
) -> Finding:
    """What was decided was wrong: the subject is heard anew, and another decision follows."""
    row = await load(session, Finding, id, actor, lock=True)
    require(actor, row, "finding:decide")
    decided = row.state
    row.state = rules.next_state("reopen", row.standing, sub=actor.sub, now=now(session))
    inspection = await _inspection(session, actor, row)
    row.past = [
        *row.past,
        {
            "decision": decided,
            "reason": row.reason,
            "decided_at": _told(row.decided_at),
            "decided_by": row.decided_by,
            "comment": row.comment,
            "commented_at": _told(row.commented_at),
            "commented_by": row.commented_by,
            "reopened_at": _told(now(session)),
            "reopened_by": actor.sub,
            "reopened_because": request.reason,
        },
    ]
    row.comment = row.commented_at = row.commented_by = row.comments_ended_at = None
    row.reason = row.decided_at = row.decided_by = None
    row.comment_due_at = await _comment_end(session)
    inspection.undecided += 1
    await timers.schedule(session, COMMENTS_END, row.id, row.comment_due_at)
    await session.flush()
    _publish(session, row, FindingReopened, comment_due_at=row.comment_due_at)
    return row


async def link(session: AsyncSession, actor: Actor, id: UUID, request: LinkRequest) -> Finding:
    """Say that it is the same as another, or has the same cause."""
    row, other = await _pair(session, actor, id, request.finding_id)
    row.state = rules.next_state("link", row.standing, sub=actor.sub, now=now(session))
    within = unscoped(Finding, reason="whether others are duplicates of it; they are not shown")
    copies = select(Finding.id).where(Finding.duplicate_of == id, within).limit(1)
    rules.may_link(
        kind=request.kind,
        itself=row.id == other.id,
        same_subject=row.subject_id == other.subject_id,
        duplicates=row.duplicate_of is not None
        or other.duplicate_of is not None
        or await session.scalar(copies) is not None,
    )
    if request.kind == LinkKind.DUPLICATE:
        if row.rectification_id is not None:
            raise rules.FindingHasOrder
        row.duplicate_of = other.id
    row.links += 1
    session.add(
        FindingLink(
            finding_id=row.id,
            other_id=other.id,
            kind=request.kind,
            note=request.note,
            linked_at=now(session),
            linked_by=actor.sub,
        )
    )
    await session.flush()
    _publish(session, row, FindingLinked, other_id=other.id, kind=request.kind)
    return row


async def unlink(session: AsyncSession, actor: Actor, id: UUID, request: UnlinkRequest) -> Finding:
    """They do not belong together after all."""
    row = await _step(session, actor, id, "unlink", "finding:link")
    await _check_recusal(session, actor, row)
    found = await session.scalar(
        select(FindingLink).where(
            FindingLink.finding_id == id, FindingLink.other_id == request.finding_id
        )
    )
    if found is None:
        raise rules.FindingsNotLinked(other_id=str(request.finding_id))
    await session.delete(found)
    row.links -= 1
    if found.kind == LinkKind.DUPLICATE:
        row.duplicate_of = None
    await session.flush()
    _publish(session, row, FindingUnlinked, other_id=found.other_id, kind=found.kind)
    return row


async def end_comments(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the comment period passed in silence, and somebody has to decide."""
    row = await session.scalar(select(Finding).where(Finding.id == ref).with_for_update())
    if row is None or row.state != FindingState.RECORDED or now(session) < row.comment_due_at:
        return
    row.state = rules.LIFECYCLE.next("end_comments", row.state)
    row.comments_ended_at = now(session)
    await session.flush()
    _publish(session, row, FindingCommentsEnded)


def linked_to(id: UUID, actor: Actor) -> Select[FindingLink, Finding]:
    """The links of a finding either way, each with the other one, where the caller may see that."""
    return select(FindingLink, Finding).where(
        or_(
            and_(FindingLink.finding_id == id, Finding.id == FindingLink.other_id),
            and_(FindingLink.other_id == id, Finding.id == FindingLink.finding_id),
        ),
        visible(Finding, actor),
    )


async def _pair(
    session: AsyncSession, actor: Actor, id: UUID, other_id: UUID
) -> tuple[Finding, Finding]:
    """The row and another, both locked, in an order that two requests cannot cross."""
    await load(session, Finding, id, actor)  # who may not see it learns nothing of the other
    rows: dict[UUID, Finding] = {}
    for one in sorted({id, other_id}):
        try:
            rows[one] = await load(session, Finding, one, actor, lock=True)
        except NotFound:
            raise rules.LinkedFindingUnknown(finding_id=str(other_id)) from None
    require(actor, rows[id], "finding:link")
    await _check_recusal(session, actor, rows[id])
    return rows[id], rows[other_id]


async def _decide(
    session: AsyncSession, actor: Actor, id: UUID, action: str, reason: str, kind: type[FindingFact]
) -> Finding:
    row = await _step(session, actor, id, action, "finding:decide")
    row.decided_at, row.decided_by, row.reason = now(session), actor.sub, reason
    inspection = await _inspection(session, actor, row)
    inspection.undecided -= 1
    await timers.cancel(session, COMMENTS_END, row.id)
    await session.flush()
    _publish(session, row, kind)
    return row


async def _inspection(session: AsyncSession, actor: Actor, row: Finding) -> Inspection:
    """Where it was found, locked; refuses who was taken off it."""
    inspection = await load(session, Inspection, row.inspection_id, actor, lock=True)
    if inspection.recused(actor.sub):
        raise ActorRecused
    return inspection


async def _check_recusal(session: AsyncSession, actor: Actor, row: Finding) -> None:
    if await inspections.recused_from(session, actor, [row.inspection_id]):
        raise ActorRecused


async def _comment_end(session: AsyncSession) -> datetime:
    """When a comment period that begins now is over."""
    period = (await rule(session, "finding.comment")).deadline()
    return due(now(session), period, await calendar_of(session)).at


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Finding:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Finding, id, actor, lock=True)
    require(actor, row, permission)
    row.state = rules.next_state(action, row.standing, sub=actor.sub, now=now(session))
    return row


async def _officer(
    session: AsyncSession, actor: Actor, inspection: Inspection, officer_id: UUID | None
) -> OfficerView | None:
    if officer_id is None:
        return None
    officer: OfficerView | None = await session.scalar(
        select(OfficerView).where(
            OfficerView.id == officer_id,
            OfficerView.subject_id == inspection.subject_id,
            visible(OfficerView, actor),
        )
    )
    if officer is None:
        raise rules.OfficerUnknown(officer_id=str(officer_id))
    return officer


def _publish(session: AsyncSession, row: Finding, kind: type[FindingFact], /, **more: Any) -> None:
    fact = kind(
        finding_id=row.id,
        inspection_id=row.inspection_id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        officer_id=row.officer_id,
        code=row.code,
        severity=row.severity,
        title=label_of(row.code),
        division=row.division,
        state=row.state,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)

"""The verbs of a finding."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.findings import rules
from services.oversight.findings.rules import FindingCode, FindingState
from services.oversight.findings.schemas import CommentRequest, DecisionRequest, FindingRequest
from services.oversight.findings.tables import Finding
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused
from services.oversight.inspections.rules import next_state as next_inspection_state
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import require
from services.oversight.subject_views.actions import hold_divisions, is_certified_today
from services.oversight.subject_views.tables import OfficerView
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.oversight.findings import (
    FindingCommented,
    FindingConfirmed,
    FindingFact,
    FindingRecorded,
    FindingWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound

CODES = Path(__file__).parent / "data" / "codes.toml"


@cache
def code_book() -> tuple[FindingCode, ...]:
    """All codes, those out of force too, as the file has them."""
    with CODES.open("rb") as file:
        return tuple(FindingCode.model_validate(told) for told in tomllib.load(file)["code"])


async def record(session: AsyncSession, actor: Actor, request: FindingRequest) -> Finding:
    """Write down what the inspectors found; the subject may comment from now on."""
    await hold_divisions(session)
    try:
        inspection = await inspections.read(session, actor, request.inspection_id, lock=True)
    except NotFound:
        raise rules.InspectionUnknown(inspection_id=str(request.inspection_id)) from None
    require(actor, inspection, "finding:record")
    next_inspection_state(
        "record_finding",
        state=inspection.state,
        mode=inspection.mode,
        undecided=inspection.undecided,
        recused=inspection.recused(actor.sub),
    )
    known = rules.entry(
        code_book(), request.code, on=today(session), officer=request.officer_id is not None
    )
    officer = await _officer(session, actor, inspection, request.officer_id)
    period = (await rule(session, "finding.comment")).deadline()
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
        title=request.title or known.label,
        description=request.description,
        severity=request.severity or known.severity,
        legal_basis=request.legal_basis or known.legal_basis,
        officer_id=officer.id if officer else None,
        officer_name=officer.name if officer else None,
        officer_certified=await is_certified_today(session, officer, actor) if officer else None,
        state=FindingState.RECORDED,
        recorded_at=now(session),
        recorded_by=actor.sub,
        comment_due_at=due(now(session), period, await calendar_of(session)).at,
    )
    session.add(row)
    inspection.findings += 1
    inspection.undecided += 1
    await session.flush()
    _publish(session, row, FindingRecorded, comment_due_at=row.comment_due_at)
    return row


async def comment(
    session: AsyncSession, actor: Actor, id: UUID, request: CommentRequest
) -> Finding:
    """The subject says what it thinks of it, once and within the period."""
    row = await _step(session, actor, id, "comment", "finding:comment")
    row.comment, row.commented_at, row.commented_by = request.comment, now(session), actor.sub
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


async def _decide(
    session: AsyncSession, actor: Actor, id: UUID, action: str, reason: str, kind: type[FindingFact]
) -> Finding:
    row = await _step(session, actor, id, action, "finding:decide")
    row.decided_at, row.decided_by, row.reason = now(session), actor.sub, reason
    inspection = await load(session, Inspection, row.inspection_id, actor, lock=True)
    if inspection.recused(actor.sub):
        raise ActorRecused
    inspection.undecided -= 1
    await session.flush()
    _publish(session, row, kind)
    return row


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Finding:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Finding, id, actor, lock=True)
    require(actor, row, permission)
    row.state = rules.next_state(
        action,
        state=row.state,
        comment_due_at=row.comment_due_at,
        recorded_by=row.recorded_by,
        sub=actor.sub,
        now=now(session),
    )
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


def _publish(session: AsyncSession, row: Finding, kind: type[FindingFact], **more: Any) -> None:
    fact = kind(
        finding_id=row.id,
        inspection_id=row.inspection_id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        officer_id=row.officer_id,
        code=row.code,
        severity=row.severity,
        title=row.title,
        division=row.division,
        state=row.state,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)

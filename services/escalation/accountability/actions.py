"""The verbs of a proposal of accountability, and what happens when a term of it ends."""

import json
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.accountability import rules
from services.escalation.accountability.rules import (
    SERIES,
    TERMS,
    AccountabilityGround,
    AccountabilityOutcome,
    AccountabilityState,
)
from services.escalation.accountability.schemas import (
    AccountabilityRequest,
    OutcomeRequest,
    ResubmitRequest,
    SendRequest,
    part_of,
)
from services.escalation.accountability.tables import IS_WAITING, TARGET, Accountability
from services.escalation.clocks import actions as clocks
from services.escalation.clocks.rules import has_happened
from services.escalation.complaints.rules import masked
from services.escalation.complaints.rules import may_reveal as may_say
from services.escalation.ladder.rules import level_of_division
from services.escalation.numbering.actions import next_numbers
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, visible
from shared.clock import now, today
from shared.events.escalation.accountability import (
    AccountabilityAcknowledged,
    AccountabilityApproved,
    AccountabilityClosed,
    AccountabilityDeclined,
    AccountabilityDueSoon,
    AccountabilityFact,
    AccountabilityOutcomeReported,
    AccountabilityOverdue,
    AccountabilityProposed,
    AccountabilityRejected,
    AccountabilityReturned,
    AccountabilitySent,
    AccountabilitySentBack,
    AccountabilityTargetRevealed,
    AccountabilityUrged,
    AccountabilityWithdrawn,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.tables import scope_of

E = TypeVar("E", bound=AccountabilityFact)


async def propose(
    session: AsyncSession, actor: Actor, request: AccountabilityRequest
) -> Accountability:
    """A level proposes that somebody of a division it covers be called to account."""
    scope = await scope_of(session, request.division)
    if not sees_scope(actor, scope.district, scope.township):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    target = request.target.model_dump(exclude_none=True)
    rules.may_propose(kind=request.target_kind, name=request.target.name)
    if request.target.organisation == actor.organisation:
        raise rules.AccountabilityOwnBody
    own = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    moment = now(session)
    seal = session.info["seal"]
    row = Accountability(
        **request.model_dump(exclude={"target", "facts", "legal_basis", "evidence"}),
        **_words(request, target),
        legal_basis=[masked(one, target.values()) for one in request.legal_basis],
        number=number,
        level=level_of_division(actor.division),
        target=seal.seal(json.dumps(target, ensure_ascii=False), TARGET),
        target_digest=_digest(session, request.target.organisation),
        state=AccountabilityState.PROPOSED,
        proposed_by=actor.sub,
        proposed_at=moment,
        changed_at=moment,
        district=own.district,
        township=None,
        parties=[],
    )
    session.add(row)
    await session.flush()
    await clocks.start(session, row, TERMS[AccountabilityState.PROPOSED])
    return await _settle(session, row, AccountabilityProposed)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Accountability:
    """It goes to the organ that has the authority."""
    row = await _step(session, actor, id, "approve")
    row.decided_by, row.decided_at, row.remarks = actor.sub, now(session), None
    return await _settle(session, row, AccountabilityApproved)


async def give_back(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """It has to be mended."""
    row = await _step(session, actor, id, "return")
    row.remarks = _masked(session, row, remarks)
    return await _settle(session, row, AccountabilityReturned)


async def reject(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """Nobody is called to account."""
    row = await _step(session, actor, id, "reject")
    row.remarks, row.decided_by = _masked(session, row, remarks), actor.sub
    row.decided_at = row.closed_at = now(session)
    return await _settle(session, row, AccountabilityRejected)


async def resubmit(
    session: AsyncSession, actor: Actor, id: UUID, request: ResubmitRequest
) -> Accountability:
    """It was mended; whoever did it is who proposes it now."""
    row = await _step(session, actor, id, "resubmit")
    for name, value in _words(request, _opened(session, row)).items():
        setattr(row, name, value)
    row.proposed_by = actor.sub
    return await _settle(session, row, AccountabilityProposed)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """The level gives it up before it is sent."""
    row = await _step(session, actor, id, "withdraw")
    row.remarks, row.closed_at = _masked(session, row, remarks), now(session)
    return await _settle(session, row, AccountabilityWithdrawn)


async def send(
    session: AsyncSession, actor: Actor, id: UUID, request: SendRequest
) -> Accountability:
    """To the organ that has the authority, which sees it from now on."""
    row = await _step(session, actor, id, "send")
    to_accused = _digest(session, request.organ) == row.target_digest
    rules.may_send(kind=row.target_kind, organ_kind=request.organ_kind, to_accused=to_accused)
    row.organ, row.organ_name = request.organ, request.organ_name
    row.organ_kind = request.organ_kind
    row.document_number = _masked(session, row, request.document_number)
    row.parties = [request.organ]
    row.sent_at, row.sent_by, row.message = now(session), actor.sub, None
    return await _settle(session, row, AccountabilitySent)


async def acknowledge(session: AsyncSession, actor: Actor, id: UUID) -> Accountability:
    """The organ has it."""
    row = await _step(session, actor, id, "acknowledge")
    row.acknowledged_at, row.acknowledged_by = now(session), actor.sub
    row.declined = None
    return await _settle(session, row, AccountabilityAcknowledged)


async def decline(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """The organ has not the authority, and sees it no longer."""
    row = await _step(session, actor, id, "decline")
    row.declined = _masked(session, row, remarks)
    await _settle(session, row, AccountabilityDeclined)
    row.parties, row.organ, row.organ_name, row.organ_kind = [], None, None, None
    row.document_number = row.sent_at = row.sent_by = None
    await session.flush()
    return row


async def urge(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """Ask the organ what became of it."""
    row = await _step(session, actor, id, "urge")
    row.message, row.urges = _masked(session, row, remarks), row.urges + 1
    return await _settle(session, row, AccountabilityUrged)


async def report_outcome(
    session: AsyncSession, actor: Actor, id: UUID, request: OutcomeRequest
) -> Accountability:
    """What the organ decided."""
    row = await _step(session, actor, id, "report_outcome")
    has_happened(request.on, today=today(session))
    row.outcome, row.outcome_text = request.outcome, _masked(session, row, request.text)
    row.outcome_number = request.number and _masked(session, row, request.number)
    row.outcome_on = request.on
    row.reported_at, row.reported_by = now(session), actor.sub
    name = AccountabilityOutcome(request.outcome).label
    told = {"outcome": request.outcome, "outcome_name": name}
    return await _settle(session, row, AccountabilityOutcomeReported, **told)


async def send_back(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Accountability:
    """The outcome is not accepted."""
    row = await _step(session, actor, id, "send_back")
    row.message = _masked(session, row, remarks)
    return await _settle(session, row, AccountabilitySentBack)


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Accountability:
    """The outcome is accepted."""
    row = await _step(session, actor, id, "close")
    row.closed_at = now(session)
    return await _settle(session, row, AccountabilityClosed, outcome=row.outcome)


async def reveal(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> dict[str, Any]:
    """Who is proposed; that it was shown, to whom and why, is in the audit trail."""
    row = await find(session, actor, id, lock=True)
    rules.may_reveal(part_of(row, actor))
    shown = _opened(session, row)
    may_say(reason=reason, secrets=shown.values())
    publish(session, AccountabilityTargetRevealed(accountability_id=id, reason=reason), at=row)
    return shown


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a term ends soon."""
    row = await clocks.waiting(session, Accountability, ref, over=False)
    if row is not None:
        publish(session, _fact(AccountabilityDueSoon, row), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a term passed and nothing was done."""
    row = await clocks.waiting(session, Accountability, ref, over=True)
    if row is not None:
        row.overdue_at = now(session)
        await _settle(session, row, AccountabilityOverdue)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """A term has passed and somebody is late."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text(f"accountability.{IS_WAITING}"), Accountability.due_at <= moment)


def seen_by(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """The proposals that `actor` may see: none against the own body, unless it is the organ."""
    seen = visible(Accountability, actor)
    if actor.organisation is None:
        return seen
    others = Accountability.target_digest != _digest(session, actor.organisation)
    return and_(seen, or_(others, Accountability.organ == actor.organisation))


async def find(
    session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False
) -> Accountability:
    """One proposal that the caller may see, or `NotFound`."""
    seen = seen_by(session, actor)
    return await load(session, Accountability, id, actor, lock=lock, seen=seen)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Accountability:
    """The row, locked, in the state that `action` leads to, its term running."""
    row = await find(session, actor, id, lock=True)
    before = row.state
    row.state = rules.next_state(action, before, part_of(row, actor))
    row.changed_at = now(session)
    if row.state == before:
        return row
    if row.state in TERMS:
        await clocks.start(session, row, TERMS[AccountabilityState(row.state)])
    else:
        await clocks.stop(session, row)
    return row


async def _settle(
    session: AsyncSession, row: Accountability, kind: type[E], **more: Any
) -> Accountability:
    await session.flush()
    publish(session, _fact(kind, row, **more), at=row)
    return row


def _fact(kind: type[E], row: Accountability, **more: Any) -> E:
    return kind(
        accountability_id=row.id,
        number=row.number,
        ground=row.ground,
        ground_name=AccountabilityGround(row.ground).label,
        level=row.level,
        state=row.state,
        organisation=row.organ,
        due_at=row.due_at,
        **more,
    )


def _words(
    request: AccountabilityRequest | ResubmitRequest, target: dict[str, Any]
) -> dict[str, Any]:
    """The facts and the evidence without whoever is proposed."""
    secrets = target.values()
    evidence = [one.model_dump(mode="json") for one in request.evidence]
    return {
        "facts": masked(request.facts, secrets),
        "evidence": [
            {name: value and masked(value, secrets) for name, value in one.items()}
            for one in evidence
        ],
    }


def _masked(session: AsyncSession, row: Accountability, words: str) -> str:
    return masked(words, _opened(session, row).values())


def _opened(session: AsyncSession, row: Accountability) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(session.info["seal"].open(row.target, TARGET))
    return told


def _digest(session: AsyncSession, organisation: str) -> bytes:
    digest: bytes = session.info["seal"].digest(organisation.encode())
    return digest

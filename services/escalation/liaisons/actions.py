"""The verbs of liaison: propose, confirm, log, end; and the silence that is told."""

from datetime import datetime, time
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import level_of_division
from services.escalation.liaisons import rules
from services.escalation.liaisons.rules import (
    STEPS,
    LiaisonEntryKind,
    LiaisonState,
    LiaisonStep,
)
from services.escalation.liaisons.schemas import LiaisonRequest, LogLiaisonRequest
from services.escalation.liaisons.tables import CONTACT, Liaison, LiaisonEntry
from services.escalation.matters.actions import Term, is_near, parties, passed
from services.escalation.matters.tables import acts_for
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import SHANGHAI, now, today
from shared.events.escalation.liaisons import (
    LiaisonConfirmed,
    LiaisonDueSoon,
    LiaisonEnded,
    LiaisonFact,
    LiaisonLogged,
    LiaisonOverdue,
    LiaisonProposed,
)
from shared.facts import publish
from shared.law.tables import scope_of

TERM = Term(STEPS)

E = TypeVar("E", bound=LiaisonFact)


async def propose(session: AsyncSession, actor: Actor, request: LiaisonRequest) -> Liaison:
    """Put a line on the roster of the caller's office; another person of it confirms it."""
    rules.may_propose(own=request.organ, partner=request.partner)
    scope = await scope_of(session, actor.division)
    phone = request.partner_phone
    row = Liaison(
        **request.model_dump(exclude={"partner_phone"}),
        partner_phone=session.info["seal"].seal(phone, CONTACT) if phone else None,
        division=actor.division,
        state=LiaisonState.PROPOSED,
        created_at=now(session),
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[],
        contacts=0,
    )
    session.add(row)
    return await _settle(session, row, LiaisonProposed)


async def confirm(session: AsyncSession, actor: Actor, id: UUID) -> Liaison:
    """It stands, and the partner sees it; from now on they hear from each other regularly."""
    row = await _step(session, actor, id, "confirm")
    row.confirmed_by = actor.sub
    row.parties = [*parties(row.partner_body)]
    await TERM.start(session, row, LiaisonStep.CONTACT)
    return await _settle(session, row, LiaisonConfirmed)


async def log(
    session: AsyncSession, actor: Actor, id: UUID, request: LogLiaisonRequest
) -> LiaisonEntry:
    """They met or talked; the next time is counted from the latest such day, never from before."""
    rules.may_log(on=request.held_on, today=today(session))
    row = await _step(session, actor, id, "log")
    entry = LiaisonEntry(
        **request.model_dump(), liaison_id=row.id, logged_at=now(session), logged_by=actor.sub
    )
    session.add(entry)
    await session.flush()
    if row.last_contact_on is None or request.held_on > row.last_contact_on:
        row.last_contact_on = request.held_on
    since = datetime.combine(request.held_on, time(12), SHANGHAI)
    if row.due_from is None or since > row.due_from:
        await TERM.start(session, row, LiaisonStep.CONTACT, since)
    row.contacts += 1
    kind = LiaisonEntryKind(request.kind)
    told = {"entry_id": entry.id, "kind": kind, "kind_name": kind.label}
    await _settle(session, row, LiaisonLogged, held_on=request.held_on, **told)
    return entry


async def end(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Liaison:
    """It ends; the log stays."""
    row = await _step(session, actor, id, "end")
    row.ended_at, row.end_reason = now(session), reason
    await TERM.stop(session, row)
    return await _settle(session, row, LiaisonEnded)


def phone_of(session: AsyncSession, row: Liaison, actor: Actor) -> str | None:
    """The partner's telephone, for the office that keeps the liaison."""
    if row.partner_phone is None or not acts_for(actor, None, row.division):
        return None
    phone: str = session.info["seal"].open(row.partner_phone, CONTACT)
    return phone


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, Liaison, ref)
    if row is not None:
        await _settle(session, row, LiaisonDueSoon)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: they have not heard from each other for too long."""
    row = await passed(session, Liaison, ref)
    if row is not None:
        await _settle(session, row, LiaisonOverdue)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Liaison:
    row = await load(session, Liaison, id, actor, lock=True)
    row.state = rules.next_state(
        action,
        row.state,
        created_by=row.created_by,
        keeps=acts_for(actor, None, row.division),
        sub=actor.sub,
    )
    return row


async def _settle(session: AsyncSession, row: Liaison, fact: type[E], /, **more: Any) -> Liaison:
    await session.flush()
    names = (
        *("division", "organ", "organ_name", "partner", "partner_name", "state"),
        *("last_contact_on", "due_at"),
    )
    told = fact(
        liaison_id=row.id,
        level=level_of_division(row.division),
        **{name: getattr(row, name) for name in names},
        **more,
    )
    publish(session, told, at=row)
    return row

"""The verbs of a referral, and what happens when one of them is missing in time."""

from datetime import datetime, time
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import level_of_division
from services.escalation.matters.actions import (
    Term,
    answer,
    held,
    is_near,
    note,
    of_package,
    parties,
    passed,
    sides_of,
)
from services.escalation.matters.rules import MatterKind
from services.escalation.numbering.actions import next_numbers
from services.escalation.packages import actions as packages
from services.escalation.packages.actions import Parcel
from services.escalation.packages.rules import PackagePurpose
from services.escalation.packages.tables import Package
from services.escalation.referrals import rules
from services.escalation.referrals.rules import (
    SERIES,
    STEPS,
    ReferralOrgan,
    ReferralState,
    ReferralStep,
)
from services.escalation.referrals.schemas import (
    AnswerReferralRequest,
    CompleteReferralRequest,
    FormTeamRequest,
    ReferralRequest,
    SendReferralRequest,
)
from services.escalation.referrals.tables import Referral
from shared.access.actor import Actor
from shared.clock import SHANGHAI, legal_day, now, today
from shared.events.escalation.referrals import (
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralCompleted,
    ReferralDeclined,
    ReferralDiscarded,
    ReferralDrafted,
    ReferralDueSoon,
    ReferralFact,
    ReferralOverdue,
    ReferralReplied,
    ReferralSent,
    ReferralTeamFormed,
    ReferralUrged,
)
from shared.facts import publish
from shared.law.tables import scope_of

TERM = Term(STEPS)

E = TypeVar("E", bound=ReferralFact)


async def draft(session: AsyncSession, actor: Actor, request: ReferralRequest) -> Referral:
    """Write one down for the caller's office; another person of it sends it."""
    scope = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    row = Referral(
        **request.model_dump(),
        number=number,
        division=actor.division,
        sender=None,
        state=ReferralState.DRAFTED,
        created_at=now(session),
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[],
        history=[],
    )
    note(session, row, "draft", actor=actor)
    session.add(row)
    return await _settle(session, row, ReferralDrafted)


async def send(
    session: AsyncSession, actor: Actor, id: UUID, request: SendReferralRequest
) -> Referral:
    """Hand it over; the receiver sees it from now on."""
    row, late = await _step(session, actor, id, "send")
    row.sent_at, row.sent_by = now(session), actor.sub
    row.parties = [*parties(*row.parties, row.receiver)]
    parcel = Parcel(
        PackagePurpose.REFERRAL,
        None,
        row.sender_name,
        row.receiver,
        row.receiver_name,
        request.documents,
    )
    package = await packages.send(session, actor, MatterKind.REFERRAL, row, parcel)
    note(session, row, "send", actor=actor)
    return await _settle(session, row, ReferralSent, late=late, package_id=package.id)


async def discard(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Referral:
    """It is not referred after all."""
    row, _ = await _step(session, actor, id, "discard")
    note(session, row, "discard", actor=actor, text=reason)
    return await _settle(session, row, ReferralDiscarded)


async def accept(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerReferralRequest
) -> Referral:
    """The receiver takes it up."""
    row, late = await _answer(session, actor, id, "accept", request)
    await TERM.start(session, row, ReferralStep.HANDLING)
    return await _settle(session, row, ReferralAccepted, late=late)


async def decline(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerReferralRequest
) -> Referral:
    """The receiver does not take it up, and says why."""
    row, late = await _answer(session, actor, id, "decline", request)
    await TERM.stop(session, row)
    return await _settle(session, row, ReferralDeclined, late=late)


async def form_team(
    session: AsyncSession, actor: Actor, id: UUID, request: FormTeamRequest
) -> Referral:
    """People of both sides work on it together."""
    rules.may_form_team(sides={member.side for member in request.members})
    row, _ = await _step(session, actor, id, "form_team")
    row.team = [member.model_dump() for member in request.members]
    note(session, row, "form_team", actor=actor, text=request.reason)
    return await _settle(session, row, ReferralTeamFormed, members=len(row.team))


async def complete(
    session: AsyncSession, actor: Actor, id: UUID, request: CompleteReferralRequest
) -> Referral:
    """The receiver is done; the written result is due, counted from the day of completing."""
    row, late = await _answer(session, actor, id, "complete", request)
    assert row.sent_at is not None
    sent = legal_day(row.sent_at)
    rules.may_complete(on=request.completed_on, sent=sent, today=today(session))
    row.completed_on = request.completed_on
    since = datetime.combine(request.completed_on, time(12), SHANGHAI)
    await TERM.start(session, row, rules.result_step(row.organ), since)
    return await _settle(session, row, ReferralCompleted, late=late)


async def reply(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerReferralRequest
) -> Referral:
    """The written result."""
    row, late = await _answer(session, actor, id, "reply", request)
    row.result = request.answer
    await TERM.stop(session, row)
    return await _settle(session, row, ReferralReplied, late=late)


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Referral:
    """The sender is content with the result."""
    row, _ = await _step(session, actor, id, "close")
    note(session, row, "close", actor=actor)
    return await _settle(session, row, ReferralClosed)


async def urge(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Referral:
    """The sender urges the receiver."""
    row, _ = await _step(session, actor, id, "urge")
    note(session, row, "urge", actor=actor, text=reason)
    return await _settle(session, row, ReferralUrged)


async def on_receipt(session: AsyncSession, package: Package) -> None:
    """It arrived: the receiver says in time whether it takes it up."""
    row = await of_package(session, Referral, package.matter_id)
    row.state = rules.LIFECYCLE.next("acknowledge", row.state)
    note(session, row, "acknowledge", actor=None, text=package.received_by)
    await TERM.start(session, row, ReferralStep.ACCEPTANCE)
    await _settle(session, row, ReferralAcknowledged)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, Referral, ref)
    if row is not None:
        name = ReferralStep(row.due_step or "").label
        await _settle(session, row, ReferralDueSoon, step_name=name)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what was due was not done."""
    row = await passed(session, Referral, ref)
    if row is not None:
        name = ReferralStep(row.due_step or "").label
        await _settle(session, row, ReferralOverdue, step_name=name)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Referral, bool]:
    row, late = await held(session, Referral, actor, id)
    row.state = rules.next_state(
        action,
        row.state,
        created_by=row.created_by,
        sides=sides_of(row, actor),
        outside=row.outside,
        sub=actor.sub,
    )
    return row, late


async def _answer(
    session: AsyncSession, actor: Actor, id: UUID, action: str, request: AnswerReferralRequest
) -> tuple[Referral, bool]:
    row, late = await _step(session, actor, id, action)
    answer(
        session,
        row,
        action,
        actor=actor,
        text=request.answer,
        document_no=request.document_no,
        late=late,
    )
    return row, late


async def _settle(session: AsyncSession, row: Referral, kind: type[E], **more: Any) -> Referral:
    await session.flush()
    names = (
        *("number", "division", "organ", "sender_name", "receiver", "receiver_name", "state"),
        *("due_step", "due_at"),
    )
    told = kind(
        referral_id=row.id,
        level=level_of_division(row.division),
        organ_name=ReferralOrgan(row.organ).label,
        **{name: getattr(row, name) for name in names},
        **more,
    )
    publish(session, told, at=row)
    return row

"""The verbs of cooperation, and what happens when an answer or the assistance is late."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.cooperations import rules
from services.escalation.cooperations.rules import (
    SERIES,
    STEPS,
    CooperationGround,
    CooperationState,
    CooperationStep,
)
from services.escalation.cooperations.schemas import (
    AnswerCooperationRequest,
    CooperationRequest,
    RefuseCooperationRequest,
    SendCooperationRequest,
)
from services.escalation.cooperations.tables import Cooperation
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
from services.escalation.permissions import BODIES
from shared.access.actor import Actor
from shared.clock import now, today
from shared.events.escalation.cooperations import (
    CooperationAccepted,
    CooperationClosed,
    CooperationDone,
    CooperationDrafted,
    CooperationDueSoon,
    CooperationFact,
    CooperationOverdue,
    CooperationReceived,
    CooperationRefused,
    CooperationRequested,
    CooperationSentBack,
    CooperationUrged,
    CooperationWithdrawn,
)
from shared.facts import publish
from shared.law.tables import scope_of

TERM = Term(STEPS)

E = TypeVar("E", bound=CooperationFact)


async def draft(session: AsyncSession, actor: Actor, request: CooperationRequest) -> Cooperation:
    """Write one down for the caller's body; another person of it sends it."""
    staff = bool(BODIES & actor.roles)
    rules.may_request(own=actor.organisation, staff=staff, receiver=request.receiver)
    rules.may_be_due(on=request.needed_by, today=today(session))
    scope = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    row = Cooperation(
        **request.model_dump(),
        number=number,
        division=actor.division,
        sender=actor.organisation,
        state=CooperationState.DRAFTED,
        created_at=now(session),
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[actor.organisation],
        history=[],
        urges=0,
    )
    note(session, row, "draft", actor=actor)
    session.add(row)
    return await _settle(session, row, CooperationDrafted)


async def send(
    session: AsyncSession, actor: Actor, id: UUID, request: SendCooperationRequest
) -> Cooperation:
    """Approve and send it; the other body sees it from now on."""
    row, _ = await _step(session, actor, id, "send")
    rules.may_be_due(on=row.needed_by, today=today(session))
    row.sent_at, row.sent_by = now(session), actor.sub
    row.parties = [*parties(*row.parties, row.receiver)]
    parcel = Parcel(
        PackagePurpose.COOPERATION,
        row.sender,
        row.sender_name,
        row.receiver,
        row.receiver_name,
        request.documents,
    )
    package = await packages.send(session, actor, MatterKind.COOPERATION, row, parcel)
    note(session, row, "send", actor=actor)
    return await _settle(session, row, CooperationRequested, package_id=package.id)


async def accept(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerCooperationRequest
) -> Cooperation:
    """The other body assists, by the day asked for, or soon where that has come."""
    row, late = await _answer(session, actor, id, "accept", request)
    if row.needed_by > today(session):
        await TERM.until(session, row, CooperationStep.ASSISTANCE, row.needed_by)
    else:
        await TERM.start(session, row, CooperationStep.ASSISTANCE)
    return await _settle(session, row, CooperationAccepted, late=late)


async def refuse(
    session: AsyncSession, actor: Actor, id: UUID, request: RefuseCooperationRequest
) -> Cooperation:
    """The other body does not, on a ground."""
    row, late = await _answer(session, actor, id, "refuse", request)
    row.refusal_ground = request.ground
    await TERM.stop(session, row)
    ground = {"ground": request.ground, "ground_name": CooperationGround(request.ground).label}
    return await _settle(session, row, CooperationRefused, late=late, **ground)


async def report(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerCooperationRequest
) -> Cooperation:
    """What the other body did."""
    row, late = await _answer(session, actor, id, "report", request)
    row.result = request.answer
    await TERM.stop(session, row)
    return await _settle(session, row, CooperationDone, late=late)


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Cooperation:
    """It is not what was asked: the body goes on, within the term of the rule."""
    row, _ = await _step(session, actor, id, "send_back")
    note(session, row, "send_back", actor=actor, text=reason)
    await TERM.start(session, row, CooperationStep.REWORK)
    return await _settle(session, row, CooperationSentBack)


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Cooperation:
    """The result is taken as it is."""
    row, _ = await _step(session, actor, id, "close")
    note(session, row, "close", actor=actor)
    return await _settle(session, row, CooperationClosed)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Cooperation:
    """It is not needed any more."""
    row, _ = await _step(session, actor, id, "withdraw")
    note(session, row, "withdraw", actor=actor, text=reason)
    await TERM.stop(session, row)
    return await _settle(session, row, CooperationWithdrawn)


async def urge(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Cooperation:
    """Urge the other body."""
    row, _ = await _step(session, actor, id, "urge")
    row.urges += 1
    note(session, row, "urge", actor=actor, text=reason)
    return await _settle(session, row, CooperationUrged)


async def on_receipt(session: AsyncSession, package: Package) -> None:
    """It arrived: the other body answers in time."""
    row = await of_package(session, Cooperation, package.matter_id)
    row.state = rules.LIFECYCLE.next("receive", row.state)
    note(session, row, "receive", actor=None, text=package.received_by)
    await TERM.start(session, row, CooperationStep.ANSWER)
    await _settle(session, row, CooperationReceived)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, Cooperation, ref)
    if row is not None:
        name = CooperationStep(row.due_step or "").label
        await _settle(session, row, CooperationDueSoon, step_name=name)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what was due was not done."""
    row = await passed(session, Cooperation, ref)
    if row is not None:
        name = CooperationStep(row.due_step or "").label
        await _settle(session, row, CooperationOverdue, step_name=name)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Cooperation, bool]:
    row, late = await held(session, Cooperation, actor, id)
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
    session: AsyncSession, actor: Actor, id: UUID, action: str, request: AnswerCooperationRequest
) -> tuple[Cooperation, bool]:
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


async def _settle(
    session: AsyncSession, row: Cooperation, kind: type[E], **more: Any
) -> Cooperation:
    await session.flush()
    names = (
        *("number", "division", "sender_name", "receiver", "receiver_name", "state"),
        *("needed_by", "due_step", "due_at"),
    )
    told = kind(
        cooperation_id=row.id,
        level=level_of_division(row.division),
        organisation=row.sender,
        **{name: getattr(row, name) for name in names},
        **more,
    )
    publish(session, told, at=row)
    return row

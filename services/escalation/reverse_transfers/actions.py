"""The verbs of a reverse transfer: register, decide, reply."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import level_of_division
from services.escalation.matters.actions import (
    Term,
    held,
    is_near,
    note,
    parties,
    passed,
    seen,
    sides_of,
)
from services.escalation.matters.rules import MatterKind
from services.escalation.numbering.actions import next_numbers
from services.escalation.packages import actions as packages
from services.escalation.packages.actions import Parcel
from services.escalation.packages.rules import PackagePurpose
from services.escalation.permissions import BODIES
from services.escalation.reverse_transfers import rules
from services.escalation.reverse_transfers.rules import (
    SERIES,
    STEPS,
    ReverseTransferState,
    ReverseTransferStep,
)
from services.escalation.reverse_transfers.schemas import (
    ReplyReverseTransferRequest,
    ReverseTransferRequest,
)
from services.escalation.reverse_transfers.tables import ReverseTransfer
from services.escalation.transfers.tables import Transfer
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.events.escalation.reverse_transfers import (
    ReverseTransferAccepted,
    ReverseTransferDeclined,
    ReverseTransferDueSoon,
    ReverseTransferFact,
    ReverseTransferOverdue,
    ReverseTransferRegistered,
    ReverseTransferReplied,
)
from shared.facts import publish
from shared.law.tables import scope_of

TERM = Term(STEPS)

E = TypeVar("E", bound=ReverseTransferFact)


async def register(
    session: AsyncSession, actor: Actor, request: ReverseTransferRequest
) -> ReverseTransfer:
    """Take it down, as one of the two between whom it is; the body decides in time."""
    rules.may_register(
        own=actor.organisation,
        staff=bool(BODIES & actor.roles),
        sides={request.sender, request.receiver},
    )
    if request.transfer_id is not None:
        await load(session, Transfer, request.transfer_id, actor, seen=seen(Transfer, actor))
    scope = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    row = ReverseTransfer(
        **request.model_dump(),
        number=number,
        division=actor.division,
        state=ReverseTransferState.REGISTERED,
        created_at=now(session),
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[*parties(request.receiver, request.sender)],
        history=[],
    )
    note(session, row, "register", actor=actor)
    session.add(row)
    await session.flush()
    await TERM.start(session, row, ReverseTransferStep.DECISION)
    return await _settle(session, row, _fact(ReverseTransferRegistered, row))


async def accept(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> ReverseTransfer:
    """The body deals with it, decided by another person than who registered it."""
    row, late = await _decide(session, actor, id, "accept", reason)
    return await _settle(session, row, _fact(ReverseTransferAccepted, row, late=late))


async def decline(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> ReverseTransfer:
    """The body does not deal with it, and says so."""
    row, late = await _decide(session, actor, id, "decline", reason)
    return await _settle(session, row, _fact(ReverseTransferDeclined, row, late=late))


async def reply(
    session: AsyncSession, actor: Actor, id: UUID, request: ReplyReverseTransferRequest
) -> ReverseTransfer:
    """Tell the organ what came of it, as a package."""
    row, late = await _step(session, actor, id, "reply")
    row.result, row.replied_at = request.result, now(session)
    note(session, row, "reply", actor=actor, text=request.result, late=late)
    parcel = Parcel(
        PackagePurpose.REPLY,
        row.receiver,
        row.receiver_name,
        row.sender,
        row.sender_name,
        request.documents,
    )
    package = await packages.send(session, actor, MatterKind.REVERSE_TRANSFER, row, parcel)
    await TERM.stop(session, row)
    told = _fact(ReverseTransferReplied, row, late=late, package_id=package.id)
    return await _settle(session, row, told)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, ReverseTransfer, ref)
    if row is not None:
        name = ReverseTransferStep(row.due_step or "").label
        publish(session, _fact(ReverseTransferDueSoon, row, step_name=name), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what was due was not done."""
    row = await passed(session, ReverseTransfer, ref)
    if row is not None:
        name = ReverseTransferStep(row.due_step or "").label
        told = _fact(ReverseTransferOverdue, row, step_name=name, passed_at=row.due_at)
        publish(session, told, at=row)


async def _decide(
    session: AsyncSession, actor: Actor, id: UUID, action: str, reason: str
) -> tuple[ReverseTransfer, bool]:
    row, late = await _step(session, actor, id, action)
    row.decided_by, row.decided_at = actor.sub, now(session)
    note(session, row, action, actor=actor, text=reason, late=late)
    await TERM.start(session, row, ReverseTransferStep.REPLY)
    return row, late


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[ReverseTransfer, bool]:
    row, late = await held(session, ReverseTransfer, actor, id)
    row.state = rules.next_state(
        action,
        row.state,
        created_by=row.created_by,
        sides=sides_of(row, actor),
        sub=actor.sub,
    )
    return row, late


async def _settle(
    session: AsyncSession, row: ReverseTransfer, told: ReverseTransferFact
) -> ReverseTransfer:
    await session.flush()
    publish(session, told, at=row)
    return row


def _fact(kind: type[E], row: ReverseTransfer, **more: Any) -> E:
    names = (
        *("number", "division", "sender", "sender_name", "receiver_name", "state"),
        *("due_step", "due_at"),
    )
    return kind(
        reverse_transfer_id=row.id,
        level=level_of_division(row.division),
        organisation=row.receiver,
        **{name: getattr(row, name) for name in names},
        **more,
    )

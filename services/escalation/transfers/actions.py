"""The verbs of a transfer, and the alarm where one of them is missing in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.ladder.rules import level_of_division
from services.escalation.matters.actions import (
    Term,
    held,
    is_near,
    note,
    of_package,
    parties,
    passed,
    sides_of,
)
from services.escalation.matters.rules import MatterKind, Side, may_answer
from services.escalation.numbering.actions import next_numbers
from services.escalation.packages import actions as packages
from services.escalation.packages.actions import Parcel
from services.escalation.packages.rules import PackagePurpose
from services.escalation.packages.tables import Package
from services.escalation.permissions import BODIES
from services.escalation.transfers import rules
from services.escalation.transfers.rules import (
    FORWARD,
    INVESTIGATORS,
    MATERIALS,
    SERIES,
    STEPS,
    TransferState,
    TransferStep,
)
from services.escalation.transfers.schemas import (
    AnswerTransferRequest,
    ForwardTransferRequest,
    HandOverGoodsRequest,
    RequestRequest,
    SendTransferRequest,
    SupervisionRequest,
    TransferRequest,
)
from services.escalation.transfers.tables import Transfer
from shared.access.actor import Actor
from shared.access.visibility import unscoped
from shared.clock import now
from shared.events.escalation.transfers import (
    TransferApproved,
    TransferConcluded,
    TransferDeclined,
    TransferDismissed,
    TransferDueSoon,
    TransferFact,
    TransferFiled,
    TransferForwarded,
    TransferFound,
    TransferGoodsHandedOver,
    TransferOverdue,
    TransferReceived,
    TransferReconsiderationRequested,
    TransferRefused,
    TransferSent,
    TransferSupervisionRequested,
    TransferTakenBack,
    TransferUpheld,
    TransferUrged,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.tables import calendar_of, rule, scope_of

TERM = Term(STEPS)

E = TypeVar("E", bound=TransferFact)


async def register(session: AsyncSession, actor: Actor, request: TransferRequest) -> Transfer:
    """Report a case to the head of the caller's body, who decides in time."""
    if actor.organisation is None or not BODIES & actor.roles:
        raise rules.TransferSenderUnknown
    least = (await rule(session, INVESTIGATORS)).value["count"]
    rules.may_register(
        investigators=[one.certificate_no for one in request.investigators], least=least
    )
    scope = await scope_of(session, actor.division)
    (number,) = await next_numbers(session, SERIES)
    row = Transfer(
        **request.model_dump(),
        number=number,
        division=actor.division,
        sender=actor.organisation,
        state=TransferState.FOUND,
        created_at=now(session),
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        parties=[actor.organisation],
        history=[],
    )
    note(session, row, "register", actor=actor)
    session.add(row)
    await session.flush()
    await TERM.start(session, row, TransferStep.APPROVAL)
    return await _settle(session, row, _fact(TransferFound, row))


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Transfer:
    """The head decides to transfer it; it goes out in hours."""
    row, late = await _step(session, actor, id, "approve")
    row.decided_by, row.decided_at = actor.sub, now(session)
    note(session, row, "approve", actor=actor, late=late)
    await TERM.start(session, row, TransferStep.SENDING)
    return await _settle(session, row, _fact(TransferApproved, row, late=late))


async def decline(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Transfer:
    """The head decides not to; why is on record."""
    row, late = await _step(session, actor, id, "decline")
    row.decided_by, row.decided_at = actor.sub, now(session)
    note(session, row, "decline", actor=actor, text=reason, late=late)
    await TERM.stop(session, row)
    return await _settle(session, row, _fact(TransferDeclined, row, late=late))


async def send(
    session: AsyncSession, actor: Actor, id: UUID, request: SendTransferRequest
) -> Transfer:
    """Hand it over with its materials; the police's time runs from the receipt."""
    row, late = await _step(session, actor, id, "send")
    package = await _hand_over(
        session, actor, row, PackagePurpose.TRANSFER, request.documents, row.receiver
    )
    kinds = {document["kind"] for document in package.documents}
    law = (await rule(session, MATERIALS)).value
    rules.may_send(kinds=kinds, absent=request.absent, law=law)
    row.absent = {str(kind): why for kind, why in request.absent.items()}
    row.goods, row.sent_at = "goods_list" in kinds, now(session)
    note(session, row, "send", actor=actor, late=late)
    await TERM.stop(session, row)
    told = _fact(TransferSent, row, late=late, package_id=package.id)
    return await _settle(session, row, told)


async def forward(
    session: AsyncSession, actor: Actor, id: UUID, request: ForwardTransferRequest
) -> Transfer:
    """It is not theirs: on to who is competent, within hours of the receipt."""
    row, _ = await _answer(session, actor, id, "forward", request)
    assert row.received_at is not None
    term = due(
        row.received_at, (await rule(session, FORWARD)).deadline(), await calendar_of(session)
    )
    late = term.at <= now(session)
    # Who is outside the system passes it on by the hand of the body that sent it.
    inside = row.receiver is not None
    sender, sender_name = (
        (row.receiver, row.receiver_name) if inside else (row.sender, row.sender_name)
    )
    row.receiver, row.receiver_name = request.receiver, request.receiver_name
    package = await packages.send(
        session,
        actor,
        MatterKind.TRANSFER,
        row,
        Parcel(
            PackagePurpose.FORWARD,
            sender,
            sender_name,
            row.receiver,
            row.receiver_name,
            await _sent_with(session, row),
        ),
    )
    package.parties = [*parties(*package.parties, row.sender)]
    _let_see(row, row.receiver)
    _note_answer(session, row, "forward", actor, request, late)
    await TERM.stop(session, row)
    told = _fact(TransferForwarded, row, late=late, package_id=package.id)
    return await _settle(session, row, told)


async def file(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerTransferRequest
) -> Transfer:
    """A criminal case is opened; goods follow in days."""
    row, late = await _answer(session, actor, id, "file", request)
    row.filed_at = now(session)
    _note_answer(session, row, "file", actor, request, late)
    if row.goods:
        await TERM.start(session, row, TransferStep.GOODS)
    else:
        await TERM.stop(session, row)
    return await _settle(session, row, _fact(TransferFiled, row, late=late, goods=row.goods))


async def refuse(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerTransferRequest
) -> Transfer:
    """No criminal case is opened, with the reason; the sender has days to object."""
    row, late = await _answer(session, actor, id, "refuse", request)
    _note_answer(session, row, "refuse", actor, request, late)
    await TERM.start(session, row, TransferStep.RECONSIDERATION_REQUEST)
    return await _settle(session, row, _fact(TransferRefused, row, late=late))


async def request_reconsideration(
    session: AsyncSession, actor: Actor, id: UUID, request: RequestRequest
) -> Transfer:
    """Ask the police to think again, within the term."""
    row, late = await _step(session, actor, id, "request_reconsideration")
    package = await _hand_over(
        session, actor, row, PackagePurpose.RECONSIDERATION, request.documents, row.receiver
    )
    note(session, row, "request_reconsideration", actor=actor, text=request.reason, late=late)
    await TERM.stop(session, row)
    told = _fact(TransferReconsiderationRequested, row, late=late, package_id=package.id)
    return await _settle(session, row, told)


async def uphold(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerTransferRequest
) -> Transfer:
    """The refusal stands; the procuratorate can be asked within days."""
    row, late = await _answer(session, actor, id, "uphold", request)
    _note_answer(session, row, "uphold", actor, request, late)
    await TERM.start(session, row, TransferStep.SUPERVISION_REQUEST)
    return await _settle(session, row, _fact(TransferUpheld, row, late=late))


async def request_supervision(
    session: AsyncSession, actor: Actor, id: UUID, request: SupervisionRequest
) -> Transfer:
    """Ask the procuratorate to supervise the filing, after a refusal or after reconsideration."""
    row, late = await _step(session, actor, id, "request_supervision")
    row.procuratorate = request.procuratorate
    row.procuratorate_name = request.procuratorate_name
    package = await _hand_over(
        session,
        actor,
        row,
        PackagePurpose.SUPERVISION,
        request.documents,
        row.procuratorate,
        name=request.procuratorate_name,
    )
    note(session, row, "request_supervision", actor=actor, text=request.reason, late=late)
    await TERM.stop(session, row)
    told = _fact(
        TransferSupervisionRequested,
        row,
        late=late,
        package_id=package.id,
        procuratorate=row.procuratorate,
        procuratorate_name=request.procuratorate_name,
    )
    return await _settle(session, row, told)


async def dismiss(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerTransferRequest
) -> Transfer:
    """The procuratorate finds the refusal justified: the body deals with it itself."""
    row, late = await _answer(session, actor, id, "dismiss", request, by=Side.THIRD)
    _note_answer(session, row, "dismiss", actor, request, late)
    await TERM.stop(session, row)
    return await _settle(session, row, _fact(TransferDismissed, row, late=late))


async def take_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Transfer:
    """Accept the refusal and deal with it by administrative law."""
    row, late = await _step(session, actor, id, "take_back")
    note(session, row, "take_back", actor=actor, text=reason, late=late)
    await TERM.stop(session, row)
    return await _settle(session, row, _fact(TransferTakenBack, row, late=late))


async def hand_over_goods(
    session: AsyncSession, actor: Actor, id: UUID, request: HandOverGoodsRequest
) -> Transfer:
    """The goods and what belongs to them follow the case."""
    row, late = await _step(session, actor, id, "hand_over_goods")
    row.goods_sent_at = now(session)
    package = await _hand_over(
        session, actor, row, PackagePurpose.GOODS, request.documents, row.receiver
    )
    note(session, row, "hand_over_goods", actor=actor, text=request.remarks, late=late)
    await TERM.stop(session, row)
    told = _fact(TransferGoodsHandedOver, row, late=late, package_id=package.id)
    return await _settle(session, row, told)


async def conclude(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerTransferRequest
) -> Transfer:
    """What came of the criminal case."""
    row, late = await _answer(session, actor, id, "conclude", request)
    row.concluded_at = now(session)
    _note_answer(session, row, "conclude", actor, request, late)
    await TERM.stop(session, row)
    return await _settle(session, row, _fact(TransferConcluded, row, late=late))


async def urge(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Transfer:
    """A supervisor urges whoever is to act (督促)."""
    row, _ = await _step(session, actor, id, "urge")
    note(session, row, "urge", actor=actor, text=reason)
    return await _settle(session, row, _fact(TransferUrged, row))


async def on_receipt(session: AsyncSession, package: Package) -> None:
    """A package of it arrived: what the receiver has to do is due from now on."""
    row = await of_package(session, Transfer, package.matter_id)
    match package.purpose:
        case PackagePurpose.TRANSFER | PackagePurpose.FORWARD:
            row.state = rules.LIFECYCLE.next("receive", row.state)
            row.received_at = now(session)
            note(session, row, "receive", actor=None, text=package.received_by)
            await TERM.start(session, row, TransferStep.ANSWER)
            await _settle(session, row, _fact(TransferReceived, row))
        case PackagePurpose.RECONSIDERATION if row.state == TransferState.RECONSIDERING:
            await TERM.start(session, row, TransferStep.RECONSIDERATION)
        case PackagePurpose.SUPERVISION if row.state == TransferState.SUPERVISING:
            await TERM.start(session, row, TransferStep.SUPERVISION)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: what is due has to be done soon."""
    row = await is_near(session, Transfer, ref)
    if row is not None:
        name = TransferStep(row.due_step or "").label
        publish(session, _fact(TransferDueSoon, row, step_name=name), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a gap, which the supervisors learn of."""
    row = await passed(session, Transfer, ref)
    if row is not None:
        name = TransferStep(row.due_step or "").label
        told = _fact(TransferOverdue, row, step_name=name, passed_at=row.due_at)
        publish(session, told, at=row)


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Transfer, bool]:
    """The row, locked, in the state that `action` leads to, and whether it comes late."""
    row, late = await held(session, Transfer, actor, id)
    sides = sides_of(row, actor, row.procuratorate)
    row.state = rules.next_state(action, row.standing, sides=sides, sub=actor.sub, now=now(session))
    return row, late


async def _answer(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    action: str,
    request: AnswerTransferRequest,
    *,
    by: Side = Side.RECEIVER,
) -> tuple[Transfer, bool]:
    row, late = await _step(session, actor, id, action)
    answers = by in sides_of(row, actor, row.procuratorate)
    may_answer(answers=answers, document_no=request.document_no)
    return row, late


def _note_answer(
    session: AsyncSession,
    row: Transfer,
    action: str,
    actor: Actor,
    request: AnswerTransferRequest,
    late: bool,
) -> None:
    told = {"text": request.answer, "document_no": request.document_no}
    note(session, row, action, actor=actor, late=late, **told)


async def _hand_over(
    session: AsyncSession,
    actor: Actor,
    row: Transfer,
    purpose: PackagePurpose,
    documents: Sequence[UUID] | None,
    receiver: str | None,
    *,
    name: str | None = None,
) -> Package:
    """A package of the sender's, whose receiver sees the transfer from now on."""
    _let_see(row, receiver)
    parcel = Parcel(
        purpose, row.sender, row.sender_name, receiver, name or row.receiver_name, documents
    )
    return await packages.send(session, actor, MatterKind.TRANSFER, row, parcel)


async def _sent_with(session: AsyncSession, row: Transfer) -> list[UUID]:
    """What the package held that is passed on."""
    found = await session.scalar(
        select(Package.documents)
        .where(
            Package.matter_id == row.id,
            Package.purpose == PackagePurpose.TRANSFER,
            unscoped(Package, reason="whoever acts on the transfer sees what it was sent with"),
        )
        .limit(1)
    )
    return [UUID(told["id"]) for told in found or ()]


def _let_see(row: Transfer, body: str | None) -> None:
    row.parties = [*parties(*row.parties, body)]


async def _settle(session: AsyncSession, row: Transfer, told: TransferFact) -> Transfer:
    await session.flush()
    publish(session, told, at=row)
    return row


def _fact(kind: type[E], row: Transfer, **more: Any) -> E:
    names = (
        *("number", "division", "sender_name", "receiver", "receiver_name", "state"),
        *("due_step", "due_at"),
    )
    return kind(
        transfer_id=row.id,
        level=level_of_division(row.division),
        organisation=row.sender,
        **{name: getattr(row, name) for name in names},
        **more,
    )

"""Transfers over HTTP: see `transfers.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.matters.actions import overdue_is, seen
from services.escalation.transfers import actions
from services.escalation.transfers.schemas import (
    AnswerTransferRequest,
    ForwardTransferRequest,
    HandOverGoodsRequest,
    ReasonRequest,
    RequestRequest,
    SendTransferRequest,
    SupervisionRequest,
    TransferQuery,
    TransferRequest,
    TransferSummary,
    TransferView,
)
from services.escalation.transfers.tables import Transfer
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/transfers", "transfers")

Reader = Annotated[Actor, May("transfer:read")]


@router.post("", status_code=201)
async def register_transfer(
    session: Session, actor: Annotated[Actor, May("transfer:register")], body: TransferRequest
) -> TransferView:
    """Report a case that may be a crime (涉嫌犯罪案件) to the head of the caller's body.

    By at least as many officers as the rule `transfer.investigators` says; the head decides within
    the rule `transfer.approve`. The police see it once it is sent.
    """
    return TransferView.of(await actions.register(session, actor, body), actor, now(session))


@router.get("")
async def list_transfers(
    session: ReadSession, actor: Reader, query: Annotated[TransferQuery, Query()]
) -> Page[TransferSummary]:
    """The transfers (两法衔接) that the caller sent, was sent, or supervises; newest first."""
    moment = now(session)
    statement = select(Transfer).where(seen(Transfer, actor))
    for column, value in (
        (Transfer.state, query.state),
        (Transfer.due_step, query.due_step),
        (Transfer.sender, query.sender),
        (Transfer.receiver, query.receiver),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(Transfer, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        statement = statement.where(overdue_is(Transfer, query.overdue, moment))
    days = in_days(Transfer.created_at, query.created_from, query.created_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Transfer, query.sort),
        paging=query,
    )
    items = [TransferSummary.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_transfer(session: ReadSession, actor: Reader, id: UUID) -> TransferView:
    """One transfer, with all that was done."""
    return TransferView.of(
        await load(session, Transfer, id, actor, seen=seen(Transfer, actor)), actor, now(session)
    )


@router.post("/{id}/approve")
async def approve_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:approve")],
    id: UUID,
) -> TransferView:
    """Decide to transfer it (批准移送), as another person of the body than who reported it.

    It is handed over within the hours of the rule `transfer.hand_over`.
    """
    row = await actions.approve(session, actor, id)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/decline")
async def decline_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:approve")],
    id: UUID,
    body: ReasonRequest,
) -> TransferView:
    """Decide not to transfer it (不批准移送); the reason is on record."""
    row = await actions.decline(session, actor, id, body.reason)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/send")
async def send_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:send")],
    id: UUID,
    body: SendTransferRequest,
) -> TransferView:
    """Hand it over to the police as a package with the materials of the rule `transfer.materials`.

    What there is not is said why. The police's time runs from the receipt.
    """
    row = await actions.send(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/forward")
async def forward_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: ForwardTransferRequest,
) -> TransferView:
    """Pass it on to the authority that is competent (转送), with the same materials.

    By the police who received it, or recorded by the sender with the document's number.
    """
    row = await actions.forward(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/file")
async def file_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: AnswerTransferRequest,
) -> TransferView:
    """A criminal case is opened (立案). Goods follow within the rule `transfer.hand_over_goods`."""
    row = await actions.file(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/refuse")
async def refuse_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: AnswerTransferRequest,
) -> TransferView:
    """No criminal case is opened (不予立案), with the reason.

    The sender may ask for reconsideration in time, or go straight to the procuratorate.
    """
    row = await actions.refuse(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/request-reconsideration")
async def request_transfer_reconsideration(
    session: Session,
    actor: Annotated[Actor, May("transfer:send")],
    id: UUID,
    body: RequestRequest,
) -> TransferView:
    """Ask the police for reconsideration (提请复议), within the term, with a package of its own."""
    row = await actions.request_reconsideration(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/uphold")
async def uphold_transfer_refusal(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: AnswerTransferRequest,
) -> TransferView:
    """The refusal stands after reconsideration (复议维持)."""
    row = await actions.uphold(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/request-supervision")
async def request_transfer_supervision(
    session: Session,
    actor: Annotated[Actor, May("transfer:send")],
    id: UUID,
    body: SupervisionRequest,
) -> TransferView:
    """Ask the procuratorate to supervise the filing (建议立案监督), with a package of its own.

    After reconsideration, or straight after the refusal.
    """
    row = await actions.request_supervision(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/dismiss")
async def dismiss_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: AnswerTransferRequest,
) -> TransferView:
    """The procuratorate finds the refusal justified: the body deals with the case itself."""
    row = await actions.dismiss(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/take-back")
async def take_back_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:send")],
    id: UUID,
    body: ReasonRequest,
) -> TransferView:
    """Accept the refusal and deal with the case by administrative law."""
    row = await actions.take_back(session, actor, id, body.reason)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/hand-over-goods")
async def hand_over_transfer_goods(
    session: Session,
    actor: Annotated[Actor, May("transfer:send")],
    id: UUID,
    body: HandOverGoodsRequest,
) -> TransferView:
    """Hand over the goods and their papers after the filing (移交涉案物品), as a package."""
    row = await actions.hand_over_goods(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/conclude")
async def conclude_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:answer")],
    id: UUID,
    body: AnswerTransferRequest,
) -> TransferView:
    """Tell what came of the criminal case (办理结果): it ends here."""
    row = await actions.conclude(session, actor, id, body)
    return TransferView.of(row, actor, now(session))


@router.post("/{id}/urge")
async def urge_transfer(
    session: Session,
    actor: Annotated[Actor, May("transfer:urge")],
    id: UUID,
    body: ReasonRequest,
) -> TransferView:
    """Urge whoever is to act (督促), as a supervisor of the place."""
    row = await actions.urge(session, actor, id, body.reason)
    return TransferView.of(row, actor, now(session))

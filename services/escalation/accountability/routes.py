"""Proposals of accountability over HTTP: see `accountability.rules` for the life of one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select

from services.escalation.accountability import actions
from services.escalation.accountability.schemas import (
    AccountabilityQuery,
    AccountabilityRemarks,
    AccountabilityRequest,
    AccountabilitySummary,
    AccountabilityView,
    OutcomeRequest,
    ResubmitRequest,
    RevealTargetRequest,
    SendRequest,
    TargetView,
)
from services.escalation.accountability.tables import Accountability
from services.escalation.clocks import actions as clocks
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/accountability", "accountability")

Reader = Annotated[Actor, May("accountability:read")]
Proposer = Annotated[Actor, May("accountability:propose")]
Approver = Annotated[Actor, May("accountability:approve")]
Organ = Annotated[Actor, May("accountability:handle")]


def _view(session: Any, actor: Actor, row: Accountability) -> AccountabilityView:
    return AccountabilityView.of(row, actor, now(session))


@router.post("", status_code=201)
async def propose_accountability(
    session: Session, actor: Proposer, body: AccountabilityRequest
) -> AccountabilityView:
    """Propose that somebody be called to account (问责建议), on a ground and with evidence.

    Who it is is sealed and cut out of the words; offices below the level see nothing of it, nor
    does the body. Another person of the level approves.
    """
    return _view(session, actor, await actions.propose(session, actor, body))


@router.get("")
async def list_accountability(
    session: ReadSession, actor: Reader, query: Annotated[AccountabilityQuery, Query()]
) -> Page[AccountabilitySummary]:
    """The proposals that the caller may see, newest first; never who they are about."""
    moment = now(session)
    statement = select(Accountability).where(actions.seen_by(session, actor))
    for column, value in (
        (Accountability.state, query.state),
        (Accountability.ground, query.ground),
        (Accountability.target_kind, query.target_kind),
        (Accountability.outcome, query.outcome),
        (Accountability.level, query.level),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(Accountability, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else overdue.is_not(True))
    days = in_days(Accountability.proposed_at, query.proposed_from, query.proposed_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Accountability, query.sort),
        paging=query,
    )
    items = [AccountabilitySummary.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_accountability(session: ReadSession, actor: Reader, id: UUID) -> AccountabilityView:
    """One proposal; never who it is about."""
    return _view(session, actor, await actions.find(session, actor, id))


@router.post("/{id}/approve")
async def approve_accountability(session: Session, actor: Approver, id: UUID) -> AccountabilityView:
    """Approve it (批准), as another person of the level than who proposed it."""
    return _view(session, actor, await actions.approve(session, actor, id))


@router.post("/{id}/return")
async def return_accountability(
    session: Session, actor: Approver, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Send it back to be mended (退回补充)."""
    return _view(session, actor, await actions.give_back(session, actor, id, body.remarks))


@router.post("/{id}/reject")
async def reject_accountability(
    session: Session, actor: Approver, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Do not propose it (不予提请)."""
    return _view(session, actor, await actions.reject(session, actor, id, body.remarks))


@router.post("/{id}/resubmit")
async def resubmit_accountability(
    session: Session, actor: Proposer, id: UUID, body: ResubmitRequest
) -> AccountabilityView:
    """Propose again what was returned, with the facts and evidence as they are now."""
    return _view(session, actor, await actions.resubmit(session, actor, id, body))


@router.post("/{id}/withdraw")
async def withdraw_accountability(
    session: Session, actor: Proposer, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Give it up (撤回) before it is sent."""
    return _view(session, actor, await actions.withdraw(session, actor, id, body.remarks))


@router.post("/{id}/send")
async def send_accountability(
    session: Session, actor: Proposer, id: UUID, body: SendRequest
) -> AccountabilityView:
    """Send it to the organ that has the authority (移送有权机关), with a letter.

    A body that is proposed itself does not get it.
    """
    return _view(session, actor, await actions.send(session, actor, id, body))


@router.post("/{id}/acknowledge")
async def acknowledge_accountability(
    session: Session, actor: Organ, id: UUID
) -> AccountabilityView:
    """Confirm that the organ has it (确认接收)."""
    return _view(session, actor, await actions.acknowledge(session, actor, id))


@router.post("/{id}/decline")
async def decline_accountability(
    session: Session, actor: Organ, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Say that the organ has not the authority (不属于本机关权限): it goes to another.

    From now on the organ does not see it.
    """
    return _view(session, actor, await actions.decline(session, actor, id, body.remarks))


@router.post("/{id}/urge")
async def urge_accountability(
    session: Session, actor: Proposer, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Ask the organ what became of it (催办)."""
    return _view(session, actor, await actions.urge(session, actor, id, body.remarks))


@router.post("/{id}/report-outcome")
async def report_accountability_outcome(
    session: Session, actor: Organ, id: UUID, body: OutcomeRequest
) -> AccountabilityView:
    """Tell what the organ decided (反馈处理结果)."""
    return _view(session, actor, await actions.report_outcome(session, actor, id, body))


@router.post("/{id}/send-back")
async def send_back_accountability(
    session: Session, actor: Proposer, id: UUID, body: AccountabilityRemarks
) -> AccountabilityView:
    """Ask the organ to look again (请复核): the outcome is not accepted."""
    return _view(session, actor, await actions.send_back(session, actor, id, body.remarks))


@router.post("/{id}/close")
async def close_accountability(session: Session, actor: Proposer, id: UUID) -> AccountabilityView:
    """Accept the outcome and end it (办结)."""
    return _view(session, actor, await actions.close(session, actor, id))


@router.post("/{id}/reveal")
async def reveal_accountability_target(
    session: Session,
    response: Response,
    actor: Annotated[Actor, May("accountability:reveal")],
    id: UUID,
    body: RevealTargetRequest,
) -> TargetView:
    """Who is proposed, for those who handle it; each look is in the audit trail.

    Kept in no cache.
    """
    response.headers["Cache-Control"] = "no-store"
    shown = await actions.reveal(session, actor, id, body.reason)
    told = {name: shown.get(name) for name in TargetView.model_fields if name in shown}
    empty = {"name": None, "post": None, "certificate_no": None}
    return TargetView(accountability_id=id, **{**empty, **told})

"""Disputes over HTTP: see `disputes.rules` for the life of one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, select

from services.escalation.clocks import actions as clocks
from services.escalation.disputes import actions
from services.escalation.disputes.rules import PENDING
from services.escalation.disputes.schemas import (
    ApplyRequest,
    CloseDisputeRequest,
    DisputeQuery,
    DisputeRequest,
    DisputeSummary,
    DisputeView,
    InterimRequest,
    OpinionRequest,
    RefuseDisputeRequest,
    ReplyRequest,
    RulingRequest,
    SafetyActionRequest,
    TermsRequest,
    WhyRequest,
)
from services.escalation.disputes.tables import Dispute
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/disputes", "disputes")

Reader = Annotated[Actor, May("dispute:read")]
Party = Annotated[Actor, May("dispute:take_part")]
Accepter = Annotated[Actor, May("dispute:accept")]
Coordinator = Annotated[Actor, May("dispute:coordinate")]
Opiner = Annotated[Actor, May("dispute:opine")]


def _view(session: Any, actor: Actor, stepped: actions.Stepped) -> DisputeView:
    row, sides = stepped
    return DisputeView.of(row, sides, actor, now(session))


@router.post("", status_code=201)
async def open_dispute(
    session: Session, actor: Annotated[Actor, May("dispute:open")], body: DisputeRequest
) -> DisputeView:
    """Say what the caller's body disputes with others (执法争议): they negotiate first.

    It is coordinated, if it comes to that, by the common superior: the district of all parties and
    of the place, or else the Bureau. While it is pending no party acts alone on what is disputed.
    """
    return _view(session, actor, await actions.open_dispute(session, actor, body))


@router.get("")
async def list_disputes(
    session: ReadSession, actor: Reader, query: Annotated[DisputeQuery, Query()]
) -> Page[DisputeSummary]:
    """The disputes that the caller may see, newest first."""
    moment = now(session)
    statement = select(Dispute).where(visible(Dispute, actor))
    for column, value in (
        (Dispute.state, query.state),
        (Dispute.kind, query.kind),
        (Dispute.level, query.level),
        (Dispute.outcome, query.outcome),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.pending is not None:
        pending = Dispute.state.in_(PENDING)
        statement = statement.where(pending if query.pending else not_(pending))
    if query.organisation is not None:
        statement = statement.where(Dispute.parties.contains([query.organisation]))
    if query.division is not None:
        place = in_division(Dispute, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else overdue.is_not(True))
    days = (
        *in_days(Dispute.opened_at, query.opened_from, query.opened_to),
        *in_days(Dispute.decided_at, query.decided_from, query.decided_to),
    )
    found, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Dispute, query.sort),
        paging=query,
    )
    rows = [row for (row,) in found]
    sides = await actions.sides_of(session, rows)
    items = [DisputeSummary.of(row, sides[row.id], actor, moment) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_dispute(session: ReadSession, actor: Reader, id: UUID) -> DisputeView:
    """One dispute; each party sees what the others handed in once the level has passed it on."""
    row = await load(session, Dispute, id, actor)
    return _view(session, actor, (row, await actions.sides_of_one(session, row)))


@router.post("/{id}/propose-terms")
async def propose_dispute_terms(
    session: Session, actor: Party, id: UUID, body: TermsRequest
) -> DisputeView:
    """Propose what to agree on (协商方案), in the place of what was proposed before."""
    return _view(session, actor, await actions.propose_terms(session, actor, id, body.terms))


@router.post("/{id}/consent")
async def consent_to_dispute_terms(session: Session, actor: Party, id: UUID) -> DisputeView:
    """Agree to the terms as they are, for the caller's party."""
    return _view(session, actor, await actions.consent(session, actor, id))


@router.post("/{id}/settle")
async def settle_dispute(session: Session, actor: Party, id: UUID) -> DisputeView:
    """End it by the terms that each party has consented to (协商一致)."""
    return _view(session, actor, await actions.settle(session, actor, id))


@router.post("/{id}/apply")
async def apply_for_coordination(
    session: Session, actor: Party, id: UUID, body: ApplyRequest
) -> DisputeView:
    """Ask the level to coordinate (申请协调), since the negotiation failed.

    The other parties see the application once it is forwarded to them.
    """
    return _view(session, actor, await actions.apply(session, actor, id, body))


@router.post("/{id}/withdraw")
async def withdraw_dispute(
    session: Session, actor: Party, id: UUID, body: WhyRequest
) -> DisputeView:
    """Give up (撤回), as who opened it, before an opinion is drafted."""
    return _view(session, actor, await actions.withdraw(session, actor, id, body.reason))


@router.post("/{id}/report-safety-action")
async def report_safety_action(
    session: Session, actor: Party, id: UUID, body: SafetyActionRequest
) -> DisputeView:
    """Report what a party did alone for the safety of the public or of a person (紧急处置)."""
    return _view(session, actor, await actions.report_safety_action(session, actor, id, body))


@router.post("/{id}/accept")
async def accept_dispute(session: Session, actor: Accepter, id: UUID) -> DisputeView:
    """Take it up (受理), by the rule `dispute.accept`."""
    return _view(session, actor, await actions.accept(session, actor, id))


@router.post("/{id}/refuse")
async def refuse_dispute(
    session: Session, actor: Accepter, id: UUID, body: RefuseDisputeRequest
) -> DisputeView:
    """Do not take it up (不予受理), on a ground."""
    return _view(session, actor, await actions.refuse(session, actor, id, body))


@router.post("/{id}/order-interim")
async def order_interim_measures(
    session: Session, actor: Coordinator, id: UUID, body: InterimRequest
) -> DisputeView:
    """Order what holds until it is decided (临时措施), and which party leads meanwhile."""
    return _view(session, actor, await actions.order_interim(session, actor, id, body))


@router.post("/{id}/lift-interim")
async def lift_interim_measures(session: Session, actor: Coordinator, id: UUID) -> DisputeView:
    """Lift the interim measures."""
    return _view(session, actor, await actions.lift_interim(session, actor, id))


@router.post("/{id}/forward")
async def forward_dispute(session: Session, actor: Coordinator, id: UUID) -> DisputeView:
    """Pass the application on to the other parties (转送), who reply by `dispute.reply`."""
    return _view(session, actor, await actions.forward(session, actor, id))


@router.post("/{id}/reply")
async def reply_to_dispute(
    session: Session, actor: Party, id: UUID, body: ReplyRequest
) -> DisputeView:
    """Reply to the application (答复); only the level sees it until all replies are exchanged."""
    return _view(session, actor, await actions.reply(session, actor, id, body.reply))


@router.post("/{id}/coordinate")
async def begin_coordination(session: Session, actor: Coordinator, id: UUID) -> DisputeView:
    """Exchange the replies and coordinate (协调): once all are in, or their term is over."""
    return _view(session, actor, await actions.coordinate(session, actor, id))


@router.post("/{id}/propose-opinion")
async def propose_dispute_opinion(
    session: Session, actor: Coordinator, id: UUID, body: OpinionRequest
) -> DisputeView:
    """Draft an opinion (协调意见), which another person of the level issues or returns."""
    return _view(session, actor, await actions.propose_opinion(session, actor, id, body))


@router.post("/{id}/return-opinion")
async def return_dispute_opinion(
    session: Session, actor: Opiner, id: UUID, body: WhyRequest
) -> DisputeView:
    """Send the draft back, as another person than who wrote it."""
    return _view(session, actor, await actions.return_opinion(session, actor, id, body.reason))


@router.post("/{id}/issue-opinion")
async def issue_dispute_opinion(session: Session, actor: Opiner, id: UUID) -> DisputeView:
    """Issue the opinion (签发), as another person than who wrote it.

    It decides the dispute (`dispute.decided`), unless a party objects by `dispute.object`.
    """
    return _view(session, actor, await actions.issue_opinion(session, actor, id))


@router.post("/{id}/object")
async def object_to_dispute_opinion(
    session: Session, actor: Party, id: UUID, body: WhyRequest
) -> DisputeView:
    """Object to the opinion (异议) in time: the government is to rule, and it is pending again."""
    return _view(session, actor, await actions.object_to(session, actor, id, body.reason))


@router.post("/{id}/submit")
async def submit_dispute(
    session: Session, actor: Coordinator, id: UUID, body: WhyRequest
) -> DisputeView:
    """Ask the government of the level to rule (报请裁定): no agreement, or an objection."""
    return _view(session, actor, await actions.submit(session, actor, id, body.reason))


@router.post("/{id}/record-ruling")
async def record_dispute_ruling(
    session: Session, actor: Opiner, id: UUID, body: RulingRequest
) -> DisputeView:
    """Record what the government ruled (政府裁定), with the number of its document."""
    return _view(session, actor, await actions.record_ruling(session, actor, id, body))


@router.post("/{id}/close")
async def close_dispute(
    session: Session, actor: Coordinator, id: UUID, body: CloseDisputeRequest
) -> DisputeView:
    """End it (办结), with how the decision was carried out."""
    return _view(session, actor, await actions.close(session, actor, id, body.execution))

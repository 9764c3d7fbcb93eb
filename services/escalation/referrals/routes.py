"""Referrals over HTTP: see `referrals.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.matters.actions import overdue_is, seen
from services.escalation.referrals import actions
from services.escalation.referrals.schemas import (
    AnswerReferralRequest,
    CompleteReferralRequest,
    FormTeamRequest,
    ReferralQuery,
    ReferralReasonRequest,
    ReferralRequest,
    ReferralView,
    SendReferralRequest,
)
from services.escalation.referrals.tables import Referral
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/referrals", "referrals")

Reader = Annotated[Actor, May("referral:read")]


@router.post("", status_code=201)
async def draft_referral(
    session: Session, actor: Annotated[Actor, May("referral:draft")], body: ReferralRequest
) -> ReferralView:
    """Draft a referral (移送衔接) of the caller's office to another supervisor.

    Another person of the office sends it; the receiver sees it from then on.
    """
    return ReferralView.of(await actions.draft(session, actor, body), actor, now(session))


@router.get("")
async def list_referrals(
    session: ReadSession, actor: Reader, query: Annotated[ReferralQuery, Query()]
) -> Page[ReferralView]:
    """The referrals that the caller sent, was sent, or supervises; newest first."""
    moment = now(session)
    statement = select(Referral).where(seen(Referral, actor))
    if query.state is not None:
        statement = statement.where(Referral.state == query.state)
    if query.organ is not None:
        statement = statement.where(Referral.organ == query.organ)
    if query.division is not None:
        place = in_division(Referral, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        statement = statement.where(overdue_is(Referral, query.overdue, moment))
    days = in_days(Referral.created_at, query.created_from, query.created_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Referral, query.sort),
        paging=query,
    )
    items = [ReferralView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_referral(session: ReadSession, actor: Reader, id: UUID) -> ReferralView:
    """One referral, with all that was done."""
    return ReferralView.of(
        await load(session, Referral, id, actor, seen=seen(Referral, actor)), actor, now(session)
    )


@router.post("/{id}/send")
async def send_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:send")],
    id: UUID,
    body: SendReferralRequest,
) -> ReferralView:
    """Refer it (移送) as a package, as another person of the office than who drafted it."""
    row = await actions.send(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/discard")
async def discard_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:draft")],
    id: UUID,
    body: ReferralReasonRequest,
) -> ReferralView:
    """Give the draft up (作废)."""
    row = await actions.discard(session, actor, id, body.reason)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/accept")
async def accept_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:answer")],
    id: UUID,
    body: AnswerReferralRequest,
) -> ReferralView:
    """Take it up (受理), as the receiver or recorded by the sender with the document."""
    row = await actions.accept(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/decline")
async def decline_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:answer")],
    id: UUID,
    body: AnswerReferralRequest,
) -> ReferralView:
    """Do not take it up (不予受理), with the reason."""
    row = await actions.decline(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/form-team")
async def form_referral_team(
    session: Session,
    actor: Annotated[Actor, May("referral:answer")],
    id: UUID,
    body: FormTeamRequest,
) -> ReferralView:
    """Work on it together (联合工作组), with people of both sides."""
    row = await actions.form_team(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/complete")
async def complete_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:answer")],
    id: UUID,
    body: CompleteReferralRequest,
) -> ReferralView:
    """Be done with it (办结); the written result is due from that day."""
    row = await actions.complete(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/reply")
async def reply_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:answer")],
    id: UUID,
    body: AnswerReferralRequest,
) -> ReferralView:
    """Give the written result (书面反馈)."""
    row = await actions.reply(session, actor, id, body)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/close")
async def close_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:draft")],
    id: UUID,
) -> ReferralView:
    """Close it (销号) after the result."""
    row = await actions.close(session, actor, id)
    return ReferralView.of(row, actor, now(session))


@router.post("/{id}/urge")
async def urge_referral(
    session: Session,
    actor: Annotated[Actor, May("referral:draft")],
    id: UUID,
    body: ReferralReasonRequest,
) -> ReferralView:
    """Urge the receiver (催办)."""
    row = await actions.urge(session, actor, id, body.reason)
    return ReferralView.of(row, actor, now(session))

"""Those invited to an inspection, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.oversight.inspections.tables import Inspection
from services.oversight.participants import actions
from services.oversight.participants.schemas import (
    AcceptRequest,
    InvitationRequest,
    OpinionRequest,
    ParticipantFilters,
    ParticipantView,
    ReasonRequest,
)
from services.oversight.participants.tables import Participant
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

inspections = make_router("/oversight/v1/inspections", "participants")
participants = make_router("/oversight/v1/participants", "participants")
routers: list[APIRouter] = [inspections, participants]

Inviter = Annotated[Actor, May("participant:invite")]
Answerer = Annotated[Actor, May("participant:answer")]


def _view(pair: tuple[Participant, Inspection], actor: Actor) -> ParticipantView:
    row, inspection = pair
    return ParticipantView.of(
        row,
        inspection,
        allowed=actions.allowed_of(actor, row, inspection),
        whole=actions.is_whole(actor, row, inspection),
    )


@inspections.post("/{id}/participants", status_code=201)
async def invite_participant(
    session: Session, actor: Inviter, id: UUID, body: InvitationRequest
) -> ParticipantView:
    """Invite a delegate (人大代表), a CPPCC member (政协委员), an expert or a journalist.

    Whom the inspected body employs, and whoever inspects, is not invited. What is known of an
    unannounced inspection is known to its invited too, and to nobody else.
    """
    return _view(await actions.invite(session, actor, id, body), actor)


@inspections.get("/{id}/participants")
async def list_participants(
    session: ReadSession,
    actor: Annotated[Actor, May("inspection:read")],
    id: UUID,
    filters: Annotated[ParticipantFilters, Query()],
) -> Page[ParticipantView]:
    """Those invited to an inspection, in the order in which they were.

    What they declared and what they think of it is for the supervisors.
    """
    inspection, rows, cursor, count = await actions.page(session, actor, id, filters)
    items = [_view((row, inspection), actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@participants.get("/{id}")
async def get_participant(
    session: ReadSession, actor: Annotated[Actor, May("participant:read")], id: UUID
) -> ParticipantView:
    """One of those invited: for whoever sees the inspection, and for the invited lay monitor."""
    return _view(await actions.read(session, actor, id), actor)


@participants.post("/{id}/accept")
async def accept_invitation(
    session: Session, actor: Answerer, id: UUID, body: AcceptRequest
) -> ParticipantView:
    """Accept an invitation and declare that there is no conflict of interest (无利害关系声明).

    A lay monitor with an account does so in person; of others a supervisor writes it down.
    """
    return _view(await actions.accept(session, actor, id, body), actor)


@participants.post("/{id}/decline")
async def decline_invitation(
    session: Session, actor: Answerer, id: UUID, body: ReasonRequest
) -> ParticipantView:
    """Decline an invitation."""
    return _view(await actions.decline(session, actor, id, body), actor)


@participants.post("/{id}/recuse")
async def recuse_participant(
    session: Session, actor: Answerer, id: UUID, body: ReasonRequest
) -> ParticipantView:
    """Declare a conflict of interest (回避): the invited takes no part."""
    return _view(await actions.recuse(session, actor, id, body), actor)


@participants.post("/{id}/withdraw")
async def withdraw_invitation(
    session: Session, actor: Inviter, id: UUID, body: ReasonRequest
) -> ParticipantView:
    """Take an invitation back."""
    return _view(await actions.withdraw(session, actor, id, body), actor)


@participants.post("/{id}/opine")
async def give_opinion(
    session: Session, actor: Answerer, id: UUID, body: OpinionRequest
) -> ParticipantView:
    """Give an opinion (意见) on what was seen, once the inspectors have been on site."""
    return _view(await actions.opine(session, actor, id, body), actor)

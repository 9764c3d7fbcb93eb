"""Suspension requests over HTTP: approved or refused by the issuer of the certificate."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.suspension_requests import actions
from services.registry.suspension_requests.schemas import (
    RefuseSuspensionRequest,
    SuspensionRequestQuery,
    SuspensionRequestView,
)
from services.registry.suspension_requests.tables import Asked
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/suspension-requests", "suspension requests")

Reader = Annotated[Actor, May("suspension_request:read")]
Decider = Annotated[Actor, May("suspension_request:decide")]


def _view(session: Session, asked: Asked, actor: Actor) -> SuspensionRequestView:
    return SuspensionRequestView.of(
        asked,
        permissions=actor.permissions,
        is_issuer=actions.may_answer(asked, actor),
        now=now(session),
    )


@router.get("")
async def list_suspension_requests(
    session: ReadSession, actor: Reader, query: Annotated[SuspensionRequestQuery, Query()]
) -> Page[SuspensionRequestView]:
    """The suspensions (暂扣) that oversight decided on, as far as the caller may see them."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, asked, actor) for asked in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_suspension_request(
    session: ReadSession, actor: Reader, id: UUID
) -> SuspensionRequestView:
    """One suspension that oversight decided on, and what the issuer answered."""
    return _view(session, await actions.read(session, actor, id), actor)


@router.post("/{id}/approve")
async def approve_suspension_request(
    session: Session, actor: Decider, id: UUID
) -> SuspensionRequestView:
    """Suspend the certificate (同意暂扣), for its issuer: 条例第十八条.

    The certificate is suspended in the same step, and the measure's execution is told to be over.
    """
    return _view(session, await actions.approve(session, actor, id), actor)


@router.post("/{id}/refuse")
async def refuse_suspension_request(
    session: Session, actor: Decider, id: UUID, body: RefuseSuspensionRequest
) -> SuspensionRequestView:
    """Refuse to suspend the certificate (不予暂扣), with the reason, for its issuer."""
    return _view(session, await actions.refuse(session, actor, id, body), actor)

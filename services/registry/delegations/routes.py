"""Delegations over HTTP: see `delegations.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.delegated_powers import actions as delegated_powers
from services.registry.delegations import actions
from services.registry.delegations.schemas import (
    EXPORTED,
    DelegationExport,
    DelegationPatch,
    DelegationQuery,
    DelegationRequest,
    DelegationView,
    EvaluateRequest,
    FileRequest,
    PublishRequest,
    ReasonRequest,
    SignRequest,
)
from services.registry.delegations.tables import Delegation
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.past import AsOfQuery, as_of
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/registry/v1/delegations", "delegations")


async def _view(session: AsyncSession, row: Delegation, actor: Actor) -> DelegationView:
    stands = row.id in await delegated_powers.standing(session, [row])
    return DelegationView.of(row, actor, now=now(session), stands=stands)


@router.get("")
async def list_delegations(
    session: ReadSession,
    actor: Annotated[Actor, May("delegation:read")],
    query: Annotated[DelegationQuery, Query()],
) -> Page[DelegationView]:
    """The delegations (委托执法) that the caller may see: given, held or at work there."""
    rows, cursor, count = await actions.page(session, actor, query)
    past = query.as_of is not None
    stands = set() if past else await delegated_powers.standing(session, rows)
    moment = now(session)
    items = [
        DelegationView.of(row, actor, now=moment, stands=row.id in stands, past=past)
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_delegations(
    request: Request,
    actor: Annotated[Actor, May("delegation:read")],
    query: Annotated[DelegationExport, Query()],
) -> Response:
    """The same list as a file: all of it, with the same filters (导出)."""
    return await export(
        request,
        actor,
        query,
        list_delegations,
        of=DelegationQuery,
        name="delegations",
        columns=EXPORTED,
    )


@router.post("", status_code=201)
async def draft_delegation(
    session: Session, actor: Annotated[Actor, May("delegation:draft")], body: DelegationRequest
) -> DelegationView:
    """Draw up a delegation of powers in force to a public body, for a place and a period.

    A company or a person is refused (杜绝执法外包), and so is what the delegator itself holds by
    delegation, or has delegated already for a part of that place and period.
    """
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_delegation(
    session: ReadSession,
    actor: Annotated[Actor, May("delegation:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> DelegationView:
    """One delegation, now or as of a day."""
    row = await load(session, as_of(Delegation, query.as_of), id, actor)
    if query.as_of is not None:
        return DelegationView.of(row, actor, now=now(session), past=True)
    return await _view(session, row, actor)


@router.patch("/{id}")
async def change_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:draft")],
    id: UUID,
    body: DelegationPatch,
) -> DelegationView:
    """Change a draft; what was evaluated is sent back first."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/evaluate")
async def evaluate_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:evaluate")],
    id: UUID,
    body: EvaluateRequest,
) -> DelegationView:
    """Record that the trustee is fit (委托评估); never by a person who drew it up.

    A trustee that lacks what 处罚法 art. 21 asks for is refused: send it back, or `refuse` it.
    """
    return await _view(session, await actions.evaluate(session, actor, id, body), actor)


@router.post("/{id}/return")
async def return_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:evaluate")],
    id: UUID,
    body: ReasonRequest,
) -> DelegationView:
    """Send it back to the body as a draft, with the reason (退回)."""
    return await _view(session, await actions.send_back(session, actor, id, body.reason), actor)


@router.post("/{id}/approve")
async def approve_delegation(
    session: Session, actor: Annotated[Actor, May("delegation:approve")], id: UUID
) -> DelegationView:
    """Agree that the deed be signed; by neither who drew it up nor who evaluated it."""
    return await _view(session, await actions.approve(session, actor, id), actor)


@router.post("/{id}/refuse")
async def refuse_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:approve")],
    id: UUID,
    body: ReasonRequest,
) -> DelegationView:
    """Refuse it, with the reason (不予批准); its powers are free again."""
    return await _view(session, await actions.refuse(session, actor, id, body.reason), actor)


@router.post("/{id}/sign")
async def sign_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:draft")],
    id: UUID,
    body: SignRequest,
) -> DelegationView:
    """Record the written deed (委托书); the term for filing it runs from its day."""
    return await _view(session, await actions.sign(session, actor, id, body), actor)


@router.post("/{id}/file")
async def file_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:file")],
    id: UUID,
    body: FileRequest | None = None,
) -> DelegationView:
    """Record that the deed was filed with the legal office (备案), in time or late."""
    filed_on = body.filed_on if body else None
    return await _view(session, await actions.file(session, actor, id, filed_on), actor)


@router.post("/{id}/publish")
async def publish_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:publish")],
    id: UUID,
    body: PublishRequest,
) -> DelegationView:
    """Record that the deed was published (公布): it holds from its first day, or from now."""
    return await _view(session, await actions.publicise(session, actor, id, body), actor)


@router.post("/{id}/revoke")
async def revoke_delegation(
    session: Session,
    actor: Annotated[Actor, May("delegation:revoke")],
    id: UUID,
    body: ReasonRequest,
) -> DelegationView:
    """End it from today (解除委托), or drop what has not begun."""
    return await _view(session, await actions.revoke(session, actor, id, body.reason), actor)

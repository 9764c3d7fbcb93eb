"""Provisions over HTTP: see `provisions.rules` for the life of an entry."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.provisions import actions
from services.registry.provisions.actions import OfKind
from services.registry.provisions.rules import ProvisionState
from services.registry.provisions.schemas import (
    ApprovalRequest,
    DeliveryRequest,
    DivisionSummaryView,
    KindView,
    ProvisionPatch,
    ProvisionQuery,
    ProvisionRequest,
    ProvisionView,
    ReasonRequest,
    SummaryQuery,
    SummaryView,
)
from services.registry.provisions.tables import Provision
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/provisions", "provisions")


@router.get("")
async def list_provisions(
    session: ReadSession,
    actor: Annotated[Actor, May("provision:read")],
    query: Annotated[ProvisionQuery, Query()],
) -> Page[ProvisionView]:
    """The ledger of provisions (保障措施) that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [ProvisionView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def plan_provision(
    session: Session, actor: Annotated[Actor, May("provision:plan")], body: ProvisionRequest
) -> ProvisionView:
    """Enter what is planned: an institution, staff, an information system, equipment or funds.

    机构, 人员, 信息系统, 装备, 经费. A body enters its own, a legal office that of its division.
    """
    return ProvisionView.of(await actions.plan(session, actor, body), actor)


@router.get("/summary")
async def summarise_provisions(
    session: ReadSession,
    actor: Annotated[Actor, May("provision:read")],
    query: Annotated[SummaryQuery, Query()],
) -> SummaryView:
    """The five kinds with their gaps, division by division, up to and with a year.

    What was planned for an earlier year and is neither retired nor cancelled counts as well.
    """
    year = query.year or today(session).year
    found = await actions.summary(session, actor, query.division, year)
    items = [
        DivisionSummaryView(division=code, kinds=[_kind(kind) for kind in kinds])
        for code, kinds in found.items()
    ]
    return SummaryView(year=year, items=items)


def _kind(told: OfKind) -> KindView:
    return KindView(
        kind=told.kind,
        planned=told.entries[ProvisionState.PLANNED],
        approved=told.entries[ProvisionState.APPROVED],
        delivered=told.entries[ProvisionState.DELIVERED],
        in_use=told.entries[ProvisionState.IN_USE],
        undelivered=told.undelivered,
        outstanding_amount=told.outstanding_amount,
        provided_amount=told.provided_amount,
        missing=told.missing,
        gap=told.gap,
    )


@router.get("/{id}")
async def get_provision(
    session: ReadSession, actor: Annotated[Actor, May("provision:read")], id: UUID
) -> ProvisionView:
    """One entry of the ledger."""
    return ProvisionView.of(await load(session, Provision, id, actor), actor)


@router.patch("/{id}")
async def change_provision(
    session: Session,
    actor: Annotated[Actor, May("provision:plan")],
    id: UUID,
    body: ProvisionPatch,
) -> ProvisionView:
    """Change what is planned; whoever changes it does not approve it."""
    return ProvisionView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/approve")
async def approve_provision(
    session: Session,
    actor: Annotated[Actor, May("provision:approve")],
    id: UUID,
    body: ApprovalRequest,
) -> ProvisionView:
    """Record the approval and its document; never by the person who planned."""
    return ProvisionView.of(await actions.approve(session, actor, id, body.document_no), actor)


@router.post("/{id}/deliver")
async def deliver_provision(
    session: Session,
    actor: Annotated[Actor, May("provision:plan")],
    id: UUID,
    body: DeliveryRequest | None = None,
) -> ProvisionView:
    """It arrived (到位); what did not arrive of it stays a gap."""
    quantity = body.quantity if body else None
    return ProvisionView.of(await actions.deliver(session, actor, id, quantity), actor)


@router.post("/{id}/use")
async def use_provision(
    session: Session, actor: Annotated[Actor, May("provision:plan")], id: UUID
) -> ProvisionView:
    """It is in use from now on."""
    return ProvisionView.of(await actions.use(session, actor, id), actor)


@router.post("/{id}/retire")
async def retire_provision(
    session: Session,
    actor: Annotated[Actor, May("provision:plan")],
    id: UUID,
    body: ReasonRequest,
) -> ProvisionView:
    """It serves no more."""
    return ProvisionView.of(await actions.retire(session, actor, id, body.reason), actor)


@router.post("/{id}/cancel")
async def cancel_provision(
    session: Session,
    actor: Annotated[Actor, May("provision:plan")],
    id: UUID,
    body: ReasonRequest,
) -> ProvisionView:
    """It will not come, planned or approved as it was."""
    return ProvisionView.of(await actions.cancel(session, actor, id, body.reason), actor)

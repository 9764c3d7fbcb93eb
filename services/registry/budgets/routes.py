"""Budget lines over HTTP: see `budgets.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.budgets import actions
from services.registry.budgets.actions import Compared
from services.registry.budgets.schemas import (
    ApprovalRequest,
    BudgetPatch,
    BudgetQuery,
    BudgetRequest,
    BudgetView,
    ReasonRequest,
    SpendingQuery,
    SpendingRequest,
    SpendingView,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import ReadSession, Session
from shared.reversals import ReversalRequest
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/budgets", "budgets")


async def _view(session: Session, compared: Compared, actor: Actor) -> BudgetView:
    line, *_ = compared
    years = compared.last_year, compared.this_year
    percent = await actions.percent(session)
    return BudgetView.of(line, years, percent, actor, today(session))


@router.get("")
async def list_budgets(
    session: ReadSession,
    actor: Annotated[Actor, May("budget:read")],
    query: Annotated[BudgetQuery, Query()],
) -> Page[BudgetView]:
    """The budget lines (经费) that the caller may see, each compared with the year before."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [await _view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_budget(
    session: Session, actor: Annotated[Actor, May("budget:draft")], body: BudgetRequest
) -> BudgetView:
    """Draw up a line: a body for itself, a legal office in its division.

    Enforcement (执法) and its supervision (执法监督) are kept apart; the latter is the legal
    office's alone.
    """
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_budget(
    session: ReadSession, actor: Annotated[Actor, May("budget:read")], id: UUID
) -> BudgetView:
    """One budget line; `flagged` says whether the year has markedly less than the one before."""
    return await _view(session, await actions.read(session, actor, id), actor)


@router.patch("/{id}")
async def change_budget(
    session: Session, actor: Annotated[Actor, May("budget:draft")], id: UUID, body: BudgetPatch
) -> BudgetView:
    """Change a draft."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.get("/{id}/spendings")
async def list_budget_spendings(
    session: ReadSession,
    actor: Annotated[Actor, May("budget:read")],
    id: UUID,
    query: Annotated[SpendingQuery, Query()],
) -> Page[SpendingView]:
    """What was spent of a line, also what was reversed since (更正)."""
    rows, cursor, count = await actions.spendings(session, actor, id, query)
    items = [SpendingView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/submit")
async def submit_budget(
    session: Session, actor: Annotated[Actor, May("budget:draft")], id: UUID
) -> BudgetView:
    """Hand the draft in for approval."""
    return await _view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/withdraw")
async def withdraw_budget(
    session: Session, actor: Annotated[Actor, May("budget:draft")], id: UUID, body: ReasonRequest
) -> BudgetView:
    """Drop a draft; another may then be drawn up."""
    return await _view(session, await actions.withdraw(session, actor, id, body.reason), actor)


@router.post("/{id}/return")
async def return_budget(
    session: Session, actor: Annotated[Actor, May("budget:approve")], id: UUID, body: ReasonRequest
) -> BudgetView:
    """Send it back as a draft, with the reason (退回)."""
    return await _view(session, await actions.send_back(session, actor, id, body.reason), actor)


@router.post("/{id}/approve")
async def approve_budget(
    session: Session,
    actor: Annotated[Actor, May("budget:approve")],
    id: UUID,
    body: ApprovalRequest,
) -> BudgetView:
    """Record what was appropriated (批复); never by the person who drafted or submitted."""
    return await _view(session, await actions.approve(session, actor, id, body), actor)


@router.post("/{id}/spend")
async def spend_budget(
    session: Session, actor: Annotated[Actor, May("budget:spend")], id: UUID, body: SpendingRequest
) -> BudgetView:
    """Record money that was spent; more than was appropriated needs a reason."""
    return await _view(session, await actions.spend(session, actor, id, body), actor)


@router.post("/{id}/reverse")
async def reverse_budget_spending(
    session: Session,
    actor: Annotated[Actor, May("budget:reverse")],
    id: UUID,
    body: ReversalRequest,
) -> BudgetView:
    """Take back money spent that was entered by mistake: it stays on record and counts no more."""
    return await _view(session, await actions.reverse(session, actor, id, body), actor)


@router.post("/{id}/close")
async def close_budget(
    session: Session, actor: Annotated[Actor, May("budget:approve")], id: UUID
) -> BudgetView:
    """The accounts of the line are final (决算)."""
    return await _view(session, await actions.close(session, actor, id), actor)

"""Warnings over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.warnings import actions
from services.oversight.warnings.schemas import (
    AnswerRequest,
    ConfirmationRequest,
    DismissalRequest,
    HitRates,
    WarningFilters,
    WarningView,
)
from services.oversight.warnings.tables import ActWarning
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/warnings", "warnings")

Reader = Annotated[Actor, May("warning:read")]
Handler = Annotated[Actor, May("warning:handle")]


@router.get("")
async def list_warnings(
    session: ReadSession, actor: Reader, filters: Annotated[WarningFilters, Query()]
) -> Page[WarningView]:
    """The warnings (预警) that the caller may see, the newest first."""
    rows, cursor, count = await actions.page(session, actor, filters)
    items = [WarningView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/hit-rates")
async def list_hit_rates(session: ReadSession, actor: Reader) -> HitRates:
    """By rule, how many of the warnings that the caller may see turned out to be right."""
    return HitRates(items=await actions.hit_rates(session, actor))


@router.get("/{id}")
async def get_warning(session: ReadSession, actor: Reader, id: UUID) -> WarningView:
    """One warning, with what was answered and what became of it."""
    return WarningView.of(await load(session, ActWarning, id, actor), actor)


@router.post("/{id}/answer")
async def answer_warning(
    session: Session, actor: Annotated[Actor, May("warning:answer")], id: UUID, body: AnswerRequest
) -> WarningView:
    """Say how it came to that, as the body that is warned of (情况说明)."""
    return WarningView.of(await actions.answer(session, actor, id, body), actor)


@router.post("/{id}/confirm")
async def confirm_warning(
    session: Session, actor: Handler, id: UUID, body: ConfirmationRequest
) -> WarningView:
    """Confirm that it is so: recorded as a finding, passed on as an issue, or noted (属实)."""
    return WarningView.of(await actions.confirm(session, actor, id, body), actor)


@router.post("/{id}/dismiss")
async def dismiss_warning(
    session: Session, actor: Handler, id: UUID, body: DismissalRequest
) -> WarningView:
    """Decide that it is nothing, and why (不属实). If it turns red it is raised again."""
    return WarningView.of(await actions.dismiss(session, actor, id, body), actor)

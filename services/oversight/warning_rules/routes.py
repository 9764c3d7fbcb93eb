"""Warning rules over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.warning_rules import actions
from services.oversight.warning_rules.schemas import (
    RetirementRequest,
    TrialFilters,
    TrialRequest,
    TrialView,
    WarningRuleFilters,
    WarningRulePatch,
    WarningRuleRequest,
    WarningRuleView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/warning-rules", "warning rules")

Reader = Annotated[Actor, May("warning_rule:read")]
Author = Annotated[Actor, May("warning_rule:draft")]
Adopter = Annotated[Actor, May("warning_rule:adopt")]


@router.post("", status_code=201)
async def draft_warning_rule(
    session: Session, actor: Author, body: WarningRuleRequest
) -> WarningRuleView:
    """Draft a warning rule (预警规则), or the next edition of one that has the same code.

    It warns of nothing until it was tried on history and another person has activated it.
    """
    return WarningRuleView.of(await actions.draft(session, actor, body), actor)


@router.get("")
async def list_warning_rules(
    session: ReadSession, actor: Reader, filters: Annotated[WarningRuleFilters, Query()]
) -> Page[WarningRuleView]:
    """The editions of all rules, the newest first; `state=active` are those that warn."""
    rows, cursor, count = await actions.page(session, filters)
    items = [WarningRuleView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_warning_rule(session: ReadSession, actor: Reader, id: UUID) -> WarningRuleView:
    """One edition of a rule."""
    return WarningRuleView.of(await actions.read(session, id), actor)


@router.patch("/{id}")
async def change_warning_rule(
    session: Session, actor: Author, id: UUID, body: WarningRulePatch
) -> WarningRuleView:
    """Change a draft; it has then to be tried anew. Whoever changed it does not activate it."""
    return WarningRuleView.of(await actions.change(session, actor, id, body), actor)


@router.post("/{id}/try", status_code=202)
async def try_warning_rule(
    session: Session, actor: Author, id: UUID, body: TrialRequest
) -> TrialView:
    """Try a draft on history (历史试算): what would it have raised? Nobody is told of any of it.

    It is worked off in the background; ask `…/trials` for how far it is.
    """
    return TrialView.of(await actions.try_(session, actor, id, body))


@router.get("/{id}/trials")
async def list_warning_trials(
    session: ReadSession, actor: Author, id: UUID, filters: Annotated[TrialFilters, Query()]
) -> Page[TrialView]:
    """The trials of an edition, the newest first."""
    rows, cursor, count = await actions.trials_of(session, id, filters)
    return Page(items=[TrialView.of(row) for row in rows], next_cursor=cursor, count=count)


@router.post("/{id}/activate")
async def activate_warning_rule(session: Session, actor: Adopter, id: UUID) -> WarningRuleView:
    """Let it warn, of the acts of its time; for these it takes the place of earlier editions.

    By another person than its author, once it was tried as it stands.
    """
    return WarningRuleView.of(await actions.activate(session, actor, id), actor)


@router.post("/{id}/discard")
async def discard_warning_rule(session: Session, actor: Author, id: UUID) -> WarningRuleView:
    """Discard a draft."""
    return WarningRuleView.of(await actions.discard(session, actor, id), actor)


@router.post("/{id}/retire")
async def retire_warning_rule(
    session: Session, actor: Adopter, id: UUID, body: RetirementRequest
) -> WarningRuleView:
    """Let it warn no more; what it raised stays to be looked into."""
    return WarningRuleView.of(await actions.retire(session, actor, id, body), actor)

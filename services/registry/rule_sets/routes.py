"""Rules of law over HTTP: see `rule_sets.rules` for the life of a proposal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.registry.rule_sets import actions
from services.registry.rule_sets.schemas import (
    ClosingRequest,
    ProposalQuery,
    ProposalView,
    RuleCode,
    RuleDayQuery,
    RuleQuery,
    RuleRequest,
    RuleSetView,
    RuleView,
    WithdrawalRequest,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

rule_sets = router_of("/registry/v1/rule-sets", "rule sets")
proposals = router_of("/registry/v1/rule-proposals", "rule sets")
routers: list[APIRouter] = [rule_sets, proposals]


@rule_sets.get("")
async def list_rule_sets(
    session: ReadSession,
    actor: Annotated[Actor, May("rule_set:read")],
    query: Annotated[RuleQuery, Query()],
) -> Page[RuleView]:
    """The dated rules of law (规则) that the whole system keeps: deadlines, grounds, figures.

    With `on` what holds on a day, one rule a code; without it all that held, holds or will hold.
    """
    rows, cursor, count = await actions.page(session, query)
    items = [RuleView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@rule_sets.post("", status_code=201)
async def propose_rule_set(
    session: Session, actor: Annotated[Actor, May("rule_set:propose")], body: RuleRequest
) -> ProposalView:
    """Propose a rule from a day on, of a code that there is or of a new one.

    A rule is never rewritten: it is followed by another one, in the same form. Nothing changes
    until another person enacts the proposal.
    """
    return ProposalView.of(await actions.propose(session, actor, body), actor)


@rule_sets.get("/{code}")
async def get_rule_set(
    session: ReadSession,
    actor: Annotated[Actor, May("rule_set:read")],
    code: Annotated[RuleCode, Path()],
    query: Annotated[RuleDayQuery, Query()],
) -> RuleSetView:
    """The rule of a code as of a day, and its history."""
    found, history = await actions.read(session, code, query.as_of)
    return RuleSetView.model_validate({"code": code, "rule": found, "history": history})


@rule_sets.post("/{code}/close", status_code=201)
async def propose_rule_set_closing(
    session: Session,
    actor: Annotated[Actor, May("rule_set:propose")],
    code: Annotated[RuleCode, Path()],
    body: ClosingRequest,
) -> ProposalView:
    """Propose that the last rule of a code ends on a day and none follows."""
    return ProposalView.of(await actions.propose_closing(session, actor, code, body), actor)


@proposals.get("")
async def list_rule_proposals(
    session: ReadSession,
    actor: Annotated[Actor, May("rule_set:propose")],
    query: Annotated[ProposalQuery, Query()],
) -> Page[ProposalView]:
    """The proposals to change the rules of law, those that wait and those decided."""
    rows, cursor, count = await actions.proposals(session, query)
    items = [ProposalView.of(row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@proposals.get("/{id}")
async def get_rule_proposal(
    session: ReadSession, actor: Annotated[Actor, May("rule_set:propose")], id: UUID
) -> ProposalView:
    """One proposal."""
    return ProposalView.of(await actions.proposal(session, id), actor)


@proposals.post("/{id}/enact")
async def enact_rule_proposal(
    session: Session, actor: Annotated[Actor, May("rule_set:enact")], id: UUID
) -> ProposalView:
    """Enact a proposal (审定), never by who proposed it; every service keeps the rule then."""
    return ProposalView.of(await actions.enact(session, actor, id), actor)


@proposals.post("/{id}/withdraw")
async def withdraw_rule_proposal(
    session: Session,
    actor: Annotated[Actor, May("rule_set:propose")],
    id: UUID,
    body: WithdrawalRequest,
) -> ProposalView:
    """Withdraw a proposal, with a reason."""
    return ProposalView.of(await actions.withdraw(session, actor, id, body.reason), actor)

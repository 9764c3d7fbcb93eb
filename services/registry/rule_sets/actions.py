"""The verbs of rules of law: load, decide, change, publish."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.policies.rules import PolicyState
from services.registry.policies.tables import Policy, PolicyArticle, PolicyEdition
from services.registry.rule_sets import rules
from services.registry.rule_sets.schemas import (
    ClosingRequest,
    ProposalQuery,
    RuleQuery,
    RuleRequest,
)
from services.registry.rule_sets.tables import RuleProposal
from shared.access.actor import Actor
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.rule_sets import (
    RuleSetEnacted,
    RuleSetFact,
    RuleSetProposed,
    RuleSetWithdrawn,
)
from shared.facts import publish
from shared.law.tables import Rule, RuleSet, upsert_rule
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

_later = aliased(RuleSet)
_NEXT = (
    select(func.min(_later.effective_from))
    .where(_later.code == RuleSet.code, _later.effective_from > RuleSet.effective_from)
    .correlate(RuleSet)
    .scalar_subquery()
)
# A rule ends by itself, or when the next one of its code begins. LEAST leaves NULL out.
_ENDS = func.least(RuleSet.effective_to, _NEXT)
_CITED = and_(
    RuleProposal.code == RuleSet.code,
    RuleProposal.effective_from == RuleSet.effective_from,
    RuleProposal.kind == rules.ProposalKind.NEW,
    RuleProposal.state == rules.ProposalState.ENACTED,
)
_RULES = select(
    RuleSet.id,
    RuleSet.code,
    RuleSet.effective_from,
    _ENDS.label("effective_to"),
    RuleSet.legal_basis,
    RuleSet.provisional,
    RuleSet.value,
    RuleProposal.policy_id,
    RuleProposal.article,
).outerjoin(RuleProposal, _CITED)
_SORTS = {"code": RuleSet.code, "effective_from": RuleSet.effective_from}


def _holds_on(day: date) -> ColumnElement[bool]:
    return and_(RuleSet.effective_from <= day, or_(_ENDS.is_(None), day < _ENDS))


async def page(
    session: AsyncSession, query: RuleQuery
) -> tuple[Sequence[Any], str | None, int | None]:
    """The rules that match, one page of them."""
    statement = _RULES
    if query.code:
        statement = statement.where(RuleSet.code.startswith(query.code, autoescape=True))
    if query.on:
        statement = statement.where(_holds_on(query.on))
    if query.provisional is not None:
        statement = statement.where(RuleSet.provisional == query.provisional)
    return await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=RuleSet.id, paging=query
    )


async def read(
    session: AsyncSession, code: str, as_of: date | None
) -> tuple[Any | None, Sequence[Any]]:
    """The rule of a day (today) and every rule of the code, or `NotFound`."""
    of_code = _RULES.where(RuleSet.code == code).order_by(RuleSet.effective_from.desc())
    history = (await session.execute(of_code)).all()
    if not history:
        raise NotFound
    day = as_of or today(session)
    for row in history:
        if row.effective_from <= day and (row.effective_to is None or day < row.effective_to):
            return row, history
    return None, history


async def proposals(
    session: AsyncSession, query: ProposalQuery
) -> tuple[list[RuleProposal], str | None, int | None]:
    """The proposals that match, one page of them."""
    statement = select(RuleProposal)
    if query.state:
        statement = statement.where(RuleProposal.state == query.state)
    if query.code:
        statement = statement.where(RuleProposal.code.startswith(query.code, autoescape=True))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": RuleProposal.id},
        id=RuleProposal.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def proposal(session: AsyncSession, id: UUID) -> RuleProposal:
    """One proposal."""
    found = await session.get(RuleProposal, id)
    if found is None:
        raise NotFound
    return found


async def propose(session: AsyncSession, actor: Actor, request: RuleRequest) -> RuleProposal:
    """A rule that is to hold from a day on; nothing changes until another person enacts it."""
    await _check_new(session, request.code, request.effective_from, request.value)
    await _check_cited(session, request.policy_id, request.article)
    return await _propose(
        session, actor, kind=rules.ProposalKind.NEW, effective_to=None, **request.model_dump()
    )


async def propose_closing(
    session: AsyncSession, actor: Actor, code: str, request: ClosingRequest
) -> RuleProposal:
    """The last rule of a code is to end, and no other to follow."""
    last = await _last(session, code)
    if last is None:
        raise NotFound
    rules.may_close(
        effective_from=last.effective_from,
        effective_to=request.effective_to,
        ends=last.effective_to,
    )
    return await _propose(
        session,
        actor,
        kind=rules.ProposalKind.CLOSE,
        code=code,
        effective_from=last.effective_from,
        effective_to=request.effective_to,
        legal_basis=request.legal_basis,
        provisional=last.provisional,
        value=last.value,
    )


async def enact(session: AsyncSession, actor: Actor, id: UUID) -> RuleProposal:
    """It becomes law here at once, and by its fact in every service."""
    proposal = await _take(session, id, "enact")
    rules.may_enact(enacts=actor.sub, proposed=proposal.proposed_by)
    # One enactment of a code at a time: what it was held against when it was proposed may have
    # changed since.
    key = func.hashtextextended(f"rule_set {proposal.code}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    if proposal.kind == rules.ProposalKind.NEW:
        await _check_new(session, proposal.code, proposal.effective_from, proposal.value)
        await _check_cited(session, proposal.policy_id, proposal.article)
        enacted = Rule.model_validate(proposal)
    else:
        last = await _last(session, proposal.code)
        assert last is not None and proposal.effective_to is not None
        if last.effective_from != proposal.effective_from:
            # Another rule followed meanwhile: there is nothing left to close.
            raise rules.RuleEndsBeforeItBegins(
                effective_to=proposal.effective_to.isoformat(),
                effective_from=last.effective_from.isoformat(),
            )
        rules.may_close(
            effective_from=last.effective_from,
            effective_to=proposal.effective_to,
            ends=last.effective_to,
        )
        enacted = Rule.model_validate(last).model_copy(
            update={"effective_to": proposal.effective_to}
        )
    await upsert_rule(session, enacted)
    await _decide(session, proposal, actor, "enact")
    told = RuleSetEnacted(
        **enacted.model_dump(),
        proposal_id=proposal.id,
        kind=proposal.kind,
        policy_id=proposal.policy_id,
        article=proposal.article,
    )
    publish(session, told, at=Scope())
    return proposal


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> RuleProposal:
    """It is not pursued; the same may be proposed again."""
    proposal = await _take(session, id, "withdraw")
    proposal.reason = reason
    await _decide(session, proposal, actor, "withdraw")
    publish(session, _facts_of(RuleSetWithdrawn, proposal), at=Scope())
    return proposal


async def _propose(session: AsyncSession, actor: Actor, **told: Any) -> RuleProposal:
    moment = now(session)
    proposal = RuleProposal(
        **told,
        state=rules.PROPOSAL.initial,
        proposed_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(proposal)
    await session.flush()
    publish(session, _facts_of(RuleSetProposed, proposal), at=Scope())
    return proposal


async def _decide(session: AsyncSession, proposal: RuleProposal, actor: Actor, action: str) -> None:
    proposal.state = rules.PROPOSAL.next(action, proposal.state)
    proposal.decided_by = actor.sub
    proposal.decided_at = proposal.updated_at = now(session)
    await session.flush()


async def _take(session: AsyncSession, id: UUID, action: str) -> RuleProposal:
    """The locked proposal, if its state allows `action`."""
    proposal = await session.get(RuleProposal, id, with_for_update=True)
    if proposal is None:
        raise NotFound
    check_precondition(id, proposal.version)
    rules.PROPOSAL.may(action, proposal.state)
    return proposal


async def _last(session: AsyncSession, code: str) -> RuleSet | None:
    """The rule of a code that begins last."""
    found: RuleSet | None = await session.scalar(
        select(RuleSet)
        .where(RuleSet.code == code)
        .order_by(RuleSet.effective_from.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


async def _check_new(
    session: AsyncSession, code: str, effective_from: date, value: dict[str, Any]
) -> None:
    last = await _last(session, code)
    rules.may_follow(
        effective_from=effective_from, after=last.effective_from if last is not None else None
    )
    rules.may_be(value)
    if last is not None:
        rules.may_replace(value, like=last.value)


async def _check_cited(session: AsyncSession, policy_id: UUID | None, article: str | None) -> None:
    """A policy that is published, and an article of one of its editions where one is named."""
    if policy_id is None and article is None:
        return
    cited = select(Policy.id).where(Policy.id == policy_id, Policy.state != PolicyState.DRAFT)
    if article is not None:
        cited = cited.where(
            exists().where(
                PolicyEdition.policy_id == Policy.id,
                PolicyArticle.edition_id == PolicyEdition.id,
                PolicyArticle.number == article,
            )
        )
    if await session.scalar(cited) is None:
        raise rules.RuleCitesNothing(article=article or "–")


def _facts_of(event: type[RuleSetFact], proposal: RuleProposal) -> RuleSetFact:
    names = set(RuleSetFact.model_fields) - {"proposal_id"}
    told = {name: getattr(proposal, name) for name in names}
    return event.model_validate({**told, "proposal_id": proposal.id})

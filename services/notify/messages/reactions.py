"""What facts from elsewhere do here: each becomes the messages that the rules say."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.messages import actions
from services.notify.messages.rules import Rules, parse
from shared.clock import today
from shared.db import Scope
from shared.events import Event
from shared.facts.inbox import Fact, Reaction
from shared.law.divisions import DivisionExpired, DivisionUnknown
from shared.law.tables import Division, scope_of

RULES = Path(__file__).parent / "data" / "rules.toml"


def reactions(path: Path = RULES) -> Sequence[tuple[type[Event], Reaction]]:
    """One reaction for every fact that a rule is about; `BrokenRules` if one cannot be meant."""
    rules = parse(path.read_text(encoding="utf-8"), source=path.name)
    return [(event, telling(rules)) for event in rules.by_event]


def telling(rules: Rules) -> Reaction:
    """The reaction that leaves the messages of a fact."""

    async def on_fact(session: AsyncSession, event: Event, fact: Fact) -> None:
        if fact.backfill:
            return
        scope = await _now(session, fact.scope)
        for draft in rules.messages(event, scope, await _place(session, scope)):
            actions.address(
                session, draft, event=fact.type, caused_by=fact.id, occurred_at=fact.time
            )

    return on_fact


async def _now(session: AsyncSession, scope: Scope) -> Scope:
    """Where the township of a fact belongs now.

    Facts of two services come in no common order: one made before a township moved may arrive
    after the move did, and must reach the district that answers for the township now.
    """
    if scope.township is None:
        return scope
    try:
        return await scope_of(session, scope.township)
    except (DivisionUnknown, DivisionExpired):
        # Its own record has not come yet, or it is no more: the fact's day is the best we have.
        return scope


async def _place(session: AsyncSession, scope: Scope) -> str:
    """What district and township are called."""
    codes = [code for code in (scope.district, scope.township) if code]
    if not codes:
        return ""
    on = today(session)
    found = await session.execute(
        select(Division.code, Division.name)
        .where(Division.code.in_(codes), Division.valid_from <= on)
        .where(or_(Division.valid_to.is_(None), Division.valid_to > on))
    )
    names = dict(found.all())
    return "".join(names.get(code, "") for code in codes)

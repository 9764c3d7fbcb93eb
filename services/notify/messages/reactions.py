"""What facts from elsewhere do here: each becomes the messages that the rules say."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.messages import actions
from services.notify.messages.rules import Rules, parse
from shared.events import Event
from shared.facts.inbox import Fact, Reaction

RULES = Path(__file__).parent / "data" / "rules.toml"


def rules_of(path: Path = RULES) -> Rules:
    """The rules of a file; `BrokenRules` if one cannot be meant."""
    return parse(path.read_text(encoding="utf-8"), source=path.name)


def reactions(rules: Rules) -> Sequence[tuple[type[Event], Reaction]]:
    """One reaction for every fact that a rule is about."""
    return [(event, telling(rules)) for event in rules.by_event]


def telling(rules: Rules) -> Reaction:
    """The reaction that leaves the messages of a fact."""

    async def on_fact(session: AsyncSession, event: Event, fact: Fact) -> None:
        if fact.backfill:
            return
        scope = await actions.scope_now(session, fact.scope)
        place = await actions.name_of(session, scope)
        for draft in rules.messages(event, scope, place):
            actions.address(
                session,
                draft,
                event=fact.type,
                caused_by=fact.id,
                occurred_at=fact.time,
                confidential=event.told_to != "public",
            )

    return on_fact

"""What facts from elsewhere do here: they open, move and close duties, as the table says."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.notify.duties import actions
from services.notify.duties.rules import Duties, parse
from services.notify.messages.rules import Rules
from shared.events import Event
from shared.facts.inbox import Fact, Reaction

DUTIES = Path(__file__).parent / "data" / "duties.toml"


def reactions(messages: Rules, path: Path = DUTIES) -> Sequence[tuple[type[Event], Reaction]]:
    """One reaction for every fact that moves a duty; `BrokenRules` if a duty cannot be meant."""
    duties = parse(path.read_text(encoding="utf-8"), messages, source=path.name)
    return [(event, following(duties)) for event in duties.by_event]


def following(duties: Duties) -> Reaction:
    """The reaction that keeps the duties of what a fact is about."""

    async def on_fact(session: AsyncSession, event: Event, fact: Fact) -> None:
        # What others of these facts add is flushed for all of them together.
        with session.no_autoflush:
            await actions.follow(session, duties, event, fact)

    return on_fact

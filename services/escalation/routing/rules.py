"""Which level has an issue first: rules that are data, the first whose conditions hold decides."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from services.escalation.ladder.rules import LADDER, IssueLevel, level_of_division

ROUTING = "issue.routing"
"""The dated rule that holds the routing rules in force."""


class Routed(NamedTuple):
    """Where an issue goes first, and which rule says so."""

    level: IssueLevel
    by: str | None
    """None: the level of its division."""


def route(
    rules: Sequence[Mapping[str, Any]],
    *,
    kind: str,
    severity: str | None,
    domains: Collection[str],
    division: str,
    district: str | None,
) -> Routed:
    """Never below the level of its division, which has it where no rule holds."""
    own = level_of_division(division)
    for rule in rules:
        if (
            _holds(rule["kinds"], {kind})
            and _holds(rule["severities"], {severity})
            and _holds(rule["domains"], domains)
            and _holds(rule["divisions"], {division, district})
        ):
            level = IssueLevel(rule["to"])
            if LADDER.index(level) <= LADDER.index(own):
                return Routed(own, None)
            return Routed(level, rule["name"])
    return Routed(own, None)


def _holds(wanted: Sequence[str], found: Collection[str | None]) -> bool:
    return not wanted or any(one in found for one in wanted)

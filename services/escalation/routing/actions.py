"""Route an issue by the rules in force, and try other rules on past issues."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.issues.tables import Issue, issues_seen_by
from services.escalation.ladder.rules import IssueLevel
from services.escalation.routing.rules import ROUTING, Routed, route
from services.escalation.routing.schemas import RoutingTrialRequest
from shared.access.actor import Actor
from shared.db import Statements
from shared.figures import in_days
from shared.law.tables import rule

MOST_TRIED, MOST_TOLD = 50_000, 200


async def first_level(
    session: AsyncSession | Statements, values: Mapping[str, Any], district: str | None
) -> Routed:
    """Which level has a new issue of a place in `district` first, by the rules in force today."""
    in_force = await rule(session, ROUTING)
    return route(
        in_force.value["rules"],
        kind=values["kind"],
        severity=values.get("severity"),
        domains=values.get("domains") or (),
        division=values["division"],
        district=district,
    )


@dataclass
class Tried:
    """What other rules would have made of past issues."""

    tried: int = 0
    whole: bool = True
    """False: there were more than are tried at once, and the newest were."""
    counts: Counter[tuple[IssueLevel, IssueLevel, str | None]] = field(default_factory=Counter)
    moved: list[tuple[Any, Routed, Routed]] = field(default_factory=list)


async def try_out(
    session: AsyncSession | Statements, actor: Actor, request: RoutingTrialRequest
) -> Tried:
    """Where the issues that the caller may see would have gone, against the rules in force."""
    in_force = (await rule(session, ROUTING)).value["rules"]
    proposed = [one.model_dump(mode="json") for one in request.rules]
    rows = await session.execute(
        select(
            *(Issue.id, Issue.number, Issue.title, Issue.kind, Issue.severity),
            *(Issue.domains, Issue.division, Issue.district),
        )
        .where(
            issues_seen_by(Issue, actor),
            *in_days(Issue.created_at, request.raised_from, request.raised_to),
        )
        .order_by(Issue.id.desc())
        .limit(MOST_TRIED + 1)
    )
    found = Tried()
    for row in rows:
        if found.tried == MOST_TRIED:
            found.whole = False
            break
        found.tried += 1
        about: dict[str, Any] = {
            name: getattr(row, name)
            for name in ("kind", "severity", "domains", "division", "district")
        }
        before, after = route(in_force, **about), route(proposed, **about)
        if before.level != after.level:
            found.counts[before.level, after.level, after.by] += 1
            if len(found.moved) < MOST_TOLD:
                found.moved.append((row, before, after))
    return found

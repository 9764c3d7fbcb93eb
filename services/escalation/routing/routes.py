"""Routing rules tried over HTTP; they go live as the rule `issue.routing`."""

from typing import Annotated

from services.escalation.routing import actions
from services.escalation.routing.schemas import (
    RoutedIssue,
    RoutingCount,
    RoutingTrialRequest,
    RoutingTrialView,
)
from shared.access.actor import Actor, May
from shared.db import Reading
from shared.web import router as router_of

router = router_of("/escalation/v1/routing-trials", "routing")


@router.post("")
async def try_routing(
    session: Reading, actor: Annotated[Actor, May("routing:try")], body: RoutingTrialRequest
) -> RoutingTrialView:
    """Try routing rules on the issues of a period: which would have gone to another level first.

    Nothing changes by it. Rules go live as the dated rule `issue.routing`, proposed by one and
    enacted by another (`POST /registry/v1/rule-sets`).
    """
    found = await actions.try_out(session, actor, body)
    return RoutingTrialView(
        tried=found.tried,
        whole=found.whole,
        moved=found.counts.total(),
        counts=[
            RoutingCount(from_level=before, to_level=after, rule=by, issues=issues)
            for (before, after, by), issues in found.counts.most_common()
        ],
        issues=[
            RoutedIssue(
                id=row.id,
                number=row.number,
                title=row.title,
                division=row.division,
                from_level=before.level,
                to_level=after.level,
                rule=after.by,
            )
            for row, before, after in found.moved
        ],
        value={"rules": body.rules},
    )

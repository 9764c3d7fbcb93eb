"""One action on several issues, each for itself."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.handling import actions as handling
from services.escalation.issue_batches.schemas import BatchAction, BatchRequest, BatchResult
from services.escalation.issues.tables import Issue
from shared.access.actor import Actor
from shared.refusals import Refused

Verb = Callable[[AsyncSession, UUID, Actor, str], Awaitable[Issue]]

VERBS: Mapping[BatchAction, Verb] = {
    BatchAction.TRIAGE: lambda s, id, a, why: handling.triage(s, id, a, text=why),
    BatchAction.APPROVE: lambda s, id, a, why: handling.approve(s, id, a),
    BatchAction.URGE: lambda s, id, a, why: handling.urge(s, id, a, reason=why),
    BatchAction.EXTEND: lambda s, id, a, why: handling.extend(s, id, a, reason=why),
    BatchAction.RETURN: lambda s, id, a, why: handling.send_back(s, id, a, reason=why),
    BatchAction.CLOSE: lambda s, id, a, why: handling.close(s, id, a, text=why),
}


async def act(session: AsyncSession, actor: Actor, request: BatchRequest) -> list[BatchResult]:
    """Do it to each in turn; what is refused leaves no trace and holds up no other."""
    verb = VERBS[request.action]
    results: dict[UUID, BatchResult] = {}
    # In the order of their ids: two batches at once must not wait for each other.
    for id in sorted(set(request.issue_ids)):
        try:
            async with session.begin_nested():
                issue = await verb(session, id, actor, request.reason)
            results[id] = BatchResult(issue_id=id, done=True, state=issue.state)
        except Refused as refused:
            results[id] = BatchResult(
                issue_id=id, done=False, code=refused.code, detail=refused.sentence("zh")
            )
    return [results[id] for id in dict.fromkeys(request.issue_ids)]

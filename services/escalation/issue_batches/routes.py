"""Several issues at once over HTTP."""

from typing import Annotated

from services.escalation.issue_batches import actions
from services.escalation.issue_batches.schemas import BatchRequest, BatchView
from shared.access.actor import Actor, May
from shared.db import Session
from shared.web import router as router_of

router = router_of("/escalation/v1/issue-batches", "issues")


@router.post("")
async def act_on_issues(
    session: Session, actor: Annotated[Actor, May("issue:batch")], body: BatchRequest
) -> BatchView:
    """Do one thing to up to 100 issues, each as if it were asked for alone.

    What became of each is told in their order; one that is refused holds up no other.
    """
    results = await actions.act(session, actor, body)
    done = sum(result.done for result in results)
    return BatchView(done=done, refused=len(results) - done, results=results)

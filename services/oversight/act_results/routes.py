"""What became of each record of a batch."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.oversight.act_results import actions
from services.oversight.act_results.schemas import RecordResultView, ResultsQuery
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page
from shared.web.problems import language_of

router = router_of("/oversight/v1/act-batches", "act-batches")


@router.get("/{id}/results")
async def list_act_batch_results(
    request: Request,
    session: ReadSession,
    actor: Annotated[Actor, May("act_batch:read")],
    id: UUID,
    query: Annotated[ResultsQuery, Query()],
) -> Page[RecordResultView]:
    """What became of each record of a batch, by line; `outcome=refused` for what to mend."""
    rows, cursor, count = await actions.results(session, actor, id, query)
    language = language_of(request)
    items = [RecordResultView.of(row, language) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

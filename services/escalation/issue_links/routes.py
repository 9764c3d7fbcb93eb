"""Links between issues over HTTP."""

from typing import Annotated

from fastapi import Query

from services.escalation.issue_links import actions
from services.escalation.issue_links.schemas import LinkQuery, LinkRequest, LinkView
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/escalation/v1/issue-links", "issues")


@router.post("", status_code=201)
async def link_issues(
    session: Session, actor: Annotated[Actor, May("issue:merge")], body: LinkRequest
) -> LinkView:
    """Say how an issue that the caller's level has belongs to another one.

    `related`; `part_of`: it is a part (子事项), one level deep; `merged_into`: it ends here and
    goes on as part of the other, which lies at the same level of the same place.
    """
    return LinkView.model_validate(await actions.link(session, actor, body))


@router.get("")
async def list_issue_links(
    session: ReadSession,
    actor: Annotated[Actor, May("issue:read")],
    query: Annotated[LinkQuery, Query()],
) -> Page[LinkView]:
    """The links of an issue to others that the caller may see, too, oldest first."""
    rows, cursor, count = await actions.links(session, actor, query)
    items = [LinkView.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)

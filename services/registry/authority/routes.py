"""Who may enforce what, over HTTP."""

from typing import Annotated

from fastapi import Query

from services.registry.authority import actions
from services.registry.authority.schemas import AuthorityQuery, AuthorityView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/authority", "authority")


@router.get("")
async def list_authority(
    session: ReadSession,
    actor: Annotated[Actor, May("authority:read")],
    query: Annotated[AuthorityQuery, Query()],
) -> Page[AuthorityView]:
    """Who may enforce what, where, on whose authority and until when (执法权限), now or on a day.

    Of powers in force and published bodies only: a power of one's own, one that was handed down
    (赋权), or one that is exercised for another body (委托). Where a township has a power that was
    handed down, the body that it came from does not exercise it.
    """
    rows, cursor, count = await actions.page(session, actor, query)
    items = [AuthorityView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

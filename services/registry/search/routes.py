"""Search over HTTP."""

from typing import Annotated

from fastapi import Query

from services.registry.search import actions
from services.registry.search.schemas import SearchQuery, SearchView
from shared.access.actor import Actor, May
from shared.db import Reading
from shared.web import router as router_of

router = router_of("/registry/v1/search", "search")


@router.get("")
async def search_registry(
    session: Reading,
    actor: Annotated[Actor, May("search:read")],
    query: Annotated[SearchQuery, Query()],
) -> SearchView:
    """Find subjects, officers and what else has a name, by a part of it or of its code.

    By any two or more characters of a Chinese name (one finds a family name), by pinyin initials
    (`spb` finds 沙坪坝), or by a code. Those come first whose name or code it is, then those that
    begin with it, that hold it, that have its initials; among equals the shorter name.
    """
    return await actions.search(session, actor, query)

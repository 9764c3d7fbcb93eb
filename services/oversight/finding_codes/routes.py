"""The code book of findings over HTTP."""

from typing import Annotated

from fastapi import Query

from services.oversight.finding_codes.actions import code_book
from services.oversight.finding_codes.schemas import CodeFilters, FindingCodeView
from shared.access.actor import Actor, May
from shared.web import router as make_router
from shared.web.paging import Page

router = make_router("/oversight/v1/finding-codes", "findings")


@router.get("")
async def list_finding_codes(
    actor: Annotated[Actor, May("finding:read")], filters: Annotated[CodeFilters, Query()]
) -> Page[FindingCodeView]:
    """The code book (问题代码): every kind of finding with its usual severity and legal basis.

    A code whose severity or basis changed has one entry (edition) after the other; none is taken
    out.
    """
    entries = [
        FindingCodeView.model_validate(entry.model_dump())
        for entry in code_book()
        if filters.on is None or entry.in_force(filters.on)
    ]
    return Page(items=entries)

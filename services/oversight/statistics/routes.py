"""The statistics of a year over HTTP."""

import asyncio
from typing import Annotated

from fastapi import Query, Response

from services.oversight.adapters.statistics_workbook import MEDIA_TYPE, workbook
from services.oversight.statistics import actions
from services.oversight.statistics.actions import Asked
from services.oversight.statistics.schemas import (
    BodiesQuery,
    BodyStatisticsView,
    StatisticsExport,
    StatisticsQuery,
    StatisticsView,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import Reading, ReadSession
from shared.figures import PLACES, division_names
from shared.web import router as router_of
from shared.web.attachments import as_attachment, binary
from shared.web.paging import Page

router = router_of("/oversight/v1/statistics", "statistics")

Reader = Annotated[Actor, May("statistics:read")]
_BY = {one.key: one for one in PLACES}


@router.get("")
async def read_statistics(
    session: Reading, actor: Reader, query: Annotated[StatisticsQuery, Query()]
) -> StatisticsView:
    """The statistics of enforcement (行政执法统计) of a year as they stand, by division.

    Penalties and permits count by the year of the decision (applications by the year in which they
    began), other acts by the year in which they began; combined penalties once, in the heaviest
    class. 0 says that it did not happen, null that no body there has such powers (无相关职责).
    """
    layout, rule = await actions.layout_of(session, query.year)
    asked = Asked(actor, query.year, query.division)
    by = _BY[query.by] if query.by else None
    total, groups = await actions.totals(session, asked, layout, by)
    names = await division_names(session, groups) if groups else {}
    as_of = asked.last(today(session))
    return StatisticsView.of(query, as_of, layout, rule, total, groups, names)


@router.get("/bodies")
async def list_body_statistics(
    session: ReadSession, actor: Reader, query: Annotated[BodiesQuery, Query()]
) -> Page[BodyStatisticsView]:
    """The same by body (执法主体), by credit code; null where it has no such powers."""
    layout, _ = await actions.layout_of(session, query.year)
    rows, cursor, count = await actions.bodies(session, actor, query, layout)
    items = [BodyStatisticsView(**body._asdict(), tables=tables) for body, tables in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=binary(MEDIA_TYPE))
async def export_statistics(
    session: ReadSession,
    actor: Reader,
    query: Annotated[StatisticsExport, Query()],
) -> Response:
    """The tables with all bodies as a workbook in the published layout, marked as not confirmed."""
    asked = Asked(actor, query.year, query.division)
    content = await actions.content_of(session, asked)
    await session.close()  # others may have the connection while the workbook is made
    made = await asyncio.to_thread(workbook, content, note="未经审定")
    return as_attachment(made, f"statistics-{query.year}.xlsx", MEDIA_TYPE)

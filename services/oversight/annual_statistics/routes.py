"""Annual statistics over HTTP: see `annual_statistics.rules` for the life of one."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.oversight.adapters.statistics_workbook import MEDIA_TYPE, workbook
from services.oversight.annual_statistics import actions
from services.oversight.annual_statistics.schemas import (
    AnnualStatisticsQuery,
    AnnualStatisticsSummary,
    AnnualStatisticsView,
    CompileRequest,
    PublicStatisticsQuery,
    PublicStatisticsView,
    ReturnStatisticsRequest,
)
from services.oversight.annual_statistics.tables import AnnualStatistics
from shared.access.actor import Actor, May, Public
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.attachments import as_attachment, binary
from shared.web.paging import Page
from shared.web.rate_limit import Limited

router = router_of("/oversight/v1/annual-statistics", "statistics")
public = router_of("/oversight/v1/public/annual-statistics", "statistics")
routers = (router, public)

Reader = Annotated[Actor, May("annual_statistics:read")]
Compiler = Annotated[Actor, May("statistics:compile")]
Confirmer = Annotated[Actor, May("statistics:confirm")]
Publisher = Annotated[Actor, May("statistics:publish")]


def _view(session: Session, row: AnnualStatistics, actor: Actor) -> AnnualStatisticsSummary:
    return AnnualStatisticsSummary.of(
        row, actor, in_charge=actions.in_charge(actor, row), today=today(session)
    )


@router.post("", status_code=201)
async def compile_annual_statistics(
    session: Session, actor: Compiler, body: CompileRequest
) -> AnnualStatisticsSummary:
    """Compile the statistics of a division for a year that is over (编制年度行政执法统计).

    They say what was counted at this moment; acts that come later change them no more, unless they
    are compiled anew. Once a year was published, another edition corrects it and says why.
    """
    return _view(session, await actions.draw_up(session, actor, body), actor)


@router.get("")
async def list_annual_statistics(
    session: ReadSession, actor: Reader, query: Annotated[AnnualStatisticsQuery, Query()]
) -> Page[AnnualStatisticsSummary]:
    """Annual statistics and how far they are, without their tables."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_annual_statistics(
    session: ReadSession, actor: Reader, id: UUID
) -> AnnualStatisticsView:
    """Annual statistics with their tables."""
    row = await load(session, AnnualStatistics, id, actor)
    return AnnualStatisticsView.of(
        row, actor, in_charge=actions.in_charge(actor, row), today=today(session)
    )


@router.get("/{id}/file", response_class=Response, responses=binary(MEDIA_TYPE))
async def download_annual_statistics(session: ReadSession, actor: Reader, id: UUID) -> Response:
    """The tables as a workbook in the published layout; what is not published says so.

    `X-Document-Digest` is the digest of the content that the workbook was made of.
    """
    row = await load(session, AnnualStatistics, id, actor)
    return await _file(session, row)


@router.post("/{id}/recompile")
async def recompile_annual_statistics(
    session: Session, actor: Compiler, id: UUID
) -> AnnualStatisticsSummary:
    """Count anew what was not confirmed, or was returned (重新编制)."""
    return _view(session, await actions.recompile(session, actor, id), actor)


@router.post("/{id}/confirm")
async def confirm_annual_statistics(
    session: Session, actor: Confirmer, id: UUID
) -> AnnualStatisticsSummary:
    """Confirm them (审定): another person than the compiler."""
    return _view(session, await actions.confirm(session, actor, id), actor)


@router.post("/{id}/return")
async def return_annual_statistics(
    session: Session, actor: Confirmer, id: UUID, body: ReturnStatisticsRequest
) -> AnnualStatisticsSummary:
    """Return them to be compiled anew (退回)."""
    return _view(session, await actions.return_(session, actor, id, body), actor)


@router.post("/{id}/publish")
async def publish_annual_statistics(
    session: Session, actor: Publisher, id: UUID
) -> AnnualStatisticsSummary:
    """Publish them (公开), by the day that rule statistics.publication says (31 January).

    From now on everybody reads them without a token; an earlier edition of the year is superseded.
    """
    return _view(session, await actions.publish(session, actor, id), actor)


@public.get("", dependencies=[Public, Limited])
async def list_public_annual_statistics(
    session: ReadSession, query: Annotated[PublicStatisticsQuery, Query()]
) -> Page[PublicStatisticsView]:
    """Annual statistics of enforcement that were published (行政执法数据公开), for everybody."""
    rows, cursor, count = await actions.public_page(session, query)
    items = [PublicStatisticsView.of(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@public.get(
    "/{id}/file",
    dependencies=[Public, Limited],
    response_class=Response,
    responses=binary(MEDIA_TYPE),
)
async def download_public_annual_statistics(session: ReadSession, id: UUID) -> Response:
    """The published tables as a workbook, for everybody."""
    return await _file(session, await actions.public_one(session, id))


async def _file(session: ReadSession, row: AnnualStatistics) -> Response:
    content = row.content
    name = f"annual-statistics-{row.division}-{row.year}-{row.edition}.xlsx"
    if row.state == "published":
        note = f"{row.published_on:%Y-%m-%d}公开"
    else:
        note = "已被更正版替代" if row.state == "superseded" else "尚未公开"
    await session.close()  # others may have the connection while the workbook is made
    made = await asyncio.to_thread(workbook, content, note=note)
    answer = as_attachment(made, name, MEDIA_TYPE)
    answer.headers["X-Document-Digest"] = row.digest
    return answer

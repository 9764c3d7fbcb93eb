"""Drawn case files over HTTP: see `case_files.rules` for how one is scored."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.case_files import actions
from services.oversight.case_files.schemas import (
    CaseFileQuery,
    CaseFileView,
    RaiseRequest,
    SheetRequest,
)
from services.oversight.case_files.tables import CaseFile
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/case-files", "case reviews")

Reader = Annotated[Actor, May("case_review:read")]
Manager = Annotated[Actor, May("case_review:manage")]
Scorer = Annotated[Actor, May("case_file:score")]


async def _file_views(
    session: AsyncSession, rows: Sequence[CaseFile], actor: Actor
) -> list[CaseFileView]:
    its_review = await actions.reviews_of(session, actor, rows)
    sheets = await actions.sheets_of(session, rows)
    return [CaseFileView.of(row, *its_review[row.review_id], sheets[row.id], actor) for row in rows]


async def _file_view(session: AsyncSession, row: CaseFile, actor: Actor) -> CaseFileView:
    return (await _file_views(session, [row], actor))[0]


@router.get("")
async def list_case_files(
    session: ReadSession, actor: Reader, query: Annotated[CaseFileQuery, Query()]
) -> Page[CaseFileView]:
    """The files that were drawn (被评查案卷) and that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = await _file_views(session, rows, actor)
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_case_file(session: ReadSession, actor: Reader, id: UUID) -> CaseFileView:
    """One file. Of the sheets only the caller's own, until both reviewers have handed in theirs."""
    return await _file_view(session, await actions.read(session, actor, id), actor)


@router.post("/{id}/score")
async def score_case_file(
    session: Session, actor: Scorer, id: UUID, body: SheetRequest
) -> CaseFileView:
    """Hand in one's sheet (评查表), once and blind to the other reviewer's.

    Within the rule `case_review.gap` of each other, their mean is the score; else the arbiter's is.
    """
    file = await actions.score(session, actor, id, body)
    return await _file_view(session, file, actor)


@router.post("/{id}/arbitrate")
async def arbitrate_case_file(
    session: Session, actor: Scorer, id: UUID, body: SheetRequest
) -> CaseFileView:
    """Score a file on which the two reviewers are too far apart (复评); that score counts."""
    file = await actions.arbitrate(session, actor, id, body)
    return await _file_view(session, file, actor)


@router.post("/{id}/raise")
async def raise_case_finding(
    session: Session, actor: Manager, id: UUID, body: RaiseRequest
) -> CaseFileView:
    """Make a finding (监督检查问题) of a file's errors, once the review is concluded.

    It is a finding of the inspection, which must still be on site; the body may comment on it.
    """
    file = await actions.raise_finding(session, actor, id, body)
    return await _file_view(session, file, actor)

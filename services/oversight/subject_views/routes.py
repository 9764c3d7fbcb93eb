"""Reading the subjects that oversight knows."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.oversight.subject_views.actions import officers_of
from services.oversight.subject_views.schemas import (
    OfficerSummary,
    SubjectDetail,
    SubjectFilters,
    SubjectSummary,
)
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import today
from shared.db import ReadSession
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/subjects", "subjects")


@router.get("")
async def list_subjects(
    session: ReadSession,
    actor: Annotated[Actor, May("subject:read")],
    filters: Annotated[SubjectFilters, Query()],
) -> Page[SubjectSummary]:
    """The enforcement subjects that the caller may see, as the registry's facts tell of them."""
    statement = select(SubjectView).where(visible(SubjectView, actor))
    if filters.division is not None:
        statement = statement.where(in_division(SubjectView, filters.division))
    if filters.state is not None:
        statement = statement.where(SubjectView.state == filters.state)
    if filters.organisation is not None:
        statement = statement.where(SubjectView.organisation == filters.organisation)
    if filters.q is not None:
        statement = statement.where(SubjectView.name.icontains(filters.q, autoescape=True))
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"name": SubjectView.name, "id": SubjectView.id},
        id=SubjectView.id,
        paging=filters,
    )
    items = [SubjectSummary.model_validate(row) for (row,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_subject(
    session: ReadSession, actor: Annotated[Actor, May("subject:read")], id: UUID
) -> SubjectDetail:
    """One subject with its officers and whether each holds a certificate that is in force."""
    row = await load(session, SubjectView, id, actor)
    on = today(session)
    officers = [
        OfficerSummary.of(officer, row.state, on)
        for officer in await officers_of(session, id, actor)
    ]
    return SubjectDetail.of_rows(row, officers)

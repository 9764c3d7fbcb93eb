"""Requests for case files over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, or_, select

from services.oversight.file_requests import actions
from services.oversight.file_requests.schemas import (
    FileRequestFilters,
    FileRequestView,
    FilesAnswer,
    FilesRequest,
    ReturnFilesRequest,
)
from services.oversight.file_requests.tables import FileRequest
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/file-requests", "file requests")

Reader = Annotated[Actor, May("file_request:read")]
Asker = Annotated[Actor, May("file_request:ask")]


@router.post("", status_code=201)
async def request_case_files(session: Session, actor: Asker, body: FilesRequest) -> FileRequestView:
    """Ask a subject for case files by a day (调卷), on its own or in the course of an inspection.

    The term is that of the rule `file_request.answer` in force or a shorter one.
    """
    return FileRequestView.of(await actions.ask(session, actor, body), actor, now(session))


@router.get("")
async def list_file_requests(
    session: ReadSession, actor: Reader, filters: Annotated[FileRequestFilters, Query()]
) -> Page[FileRequestView]:
    """The requests for case files that the caller may see, the nearest deadline first."""
    moment = now(session)
    statement = select(FileRequest).where(visible(FileRequest, actor))
    for column, value in (
        (FileRequest.state, filters.state),
        (FileRequest.subject_id, filters.subject_id),
        (FileRequest.inspection_id, filters.inspection_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(FileRequest, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(FileRequest.requested_at, filters.requested_from, filters.requested_to),
        *in_days(FileRequest.due_at, filters.due_from, filters.due_to),
    )
    if filters.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if filters.overdue else not_(overdue))
    if filters.q is not None:
        statement = statement.where(
            or_(
                FileRequest.purpose.icontains(filters.q, autoescape=True),
                FileRequest.subject_name.icontains(filters.q, autoescape=True),
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"due_at": FileRequest.due_at, "id": FileRequest.id},
        id=FileRequest.id,
        paging=filters,
    )
    items = [FileRequestView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_file_request(session: ReadSession, actor: Reader, id: UUID) -> FileRequestView:
    """One request for case files, with what was handed over."""
    return FileRequestView.of(await load(session, FileRequest, id, actor), actor, now(session))


@router.post("/{id}/answer")
async def answer_file_request(
    session: Session,
    actor: Annotated[Actor, May("file_request:answer")],
    id: UUID,
    body: FilesAnswer,
) -> FileRequestView:
    """Hand over the files, or say of each why not; after the deadline it is marked as late."""
    return FileRequestView.of(await actions.answer(session, actor, id, body), actor, now(session))


@router.post("/{id}/return")
async def return_file_request(
    session: Session, actor: Asker, id: UUID, body: ReturnFilesRequest
) -> FileRequestView:
    """Say what is missing: the subject answers anew, by the rule in force."""
    row = await actions.send_back(session, actor, id, body)
    return FileRequestView.of(row, actor, now(session))


@router.post("/{id}/close")
async def close_file_request(session: Session, actor: Asker, id: UUID) -> FileRequestView:
    """Say that the files were looked through and given back (归还)."""
    return FileRequestView.of(await actions.close(session, actor, id), actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_file_request(
    session: Session, actor: Asker, id: UUID, body: ReturnFilesRequest
) -> FileRequestView:
    """Take the request back: the files are not needed."""
    row = await actions.withdraw(session, actor, id, body)
    return FileRequestView.of(row, actor, now(session))

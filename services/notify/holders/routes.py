"""The directory over HTTP."""

from typing import Annotated, Any

from fastapi import Query, Request

from services.notify.holders import actions
from services.notify.holders.schemas import (
    DirectoryQuery,
    DirectoryRequest,
    DirectoryView,
    HolderQuery,
    HolderView,
    VacancyView,
)
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page, Paging

router = router_of("/notify/v1", "directory")

Keeper = Annotated[Actor, May("directory:load")]
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV in UTF-8, the columns named by key or by Chinese label",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/holders")
async def list_holders(
    session: ReadSession, actor: Keeper, query: Annotated[HolderQuery, Query()]
) -> Page[HolderView]:
    """Who holds which role in the caller's divisions (通讯录), addresses masked."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [HolderView.of(row, session.info["seal"]) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/holders/load")
async def load_directory(session: Session, actor: Keeper, body: DirectoryRequest) -> DirectoryView:
    """Keep the directory of the caller's divisions in step with another one.

    Each directory is kept by its `source`. Of a `complete` one, who is missing has left. E-mail and
    phone are sealed; one that is not named stays what it was.
    """
    return await actions.load(session, actor, body)


@router.post("/holders/load-file", openapi_extra=FILE)
async def load_directory_file(
    session: Session, actor: Keeper, request: Request, query: Annotated[DirectoryQuery, Query()]
) -> DirectoryView:
    """The same from a CSV file.

    Columns: 账号、姓名、角色、行政区划代码、统一社会信用代码、电子邮箱、手机号码.
    """
    holders = actions.rows_of(await request.body())
    told = DirectoryRequest(source=query.source, complete=query.complete, holders=holders)
    return await actions.load(session, actor, told)


@router.get("/vacancies")
async def list_vacancies(
    session: ReadSession,
    actor: Annotated[Actor, May("vacancy:read")],
    paging: Annotated[Paging, Query()],
) -> Page[VacancyView]:
    """Roles that messages were addressed to while nobody was known to hold them (岗位无人)."""
    rows, cursor, count = await actions.vacancies(session, actor, paging)
    return Page(items=[VacancyView.of(row) for row in rows], next_cursor=cursor, count=count)

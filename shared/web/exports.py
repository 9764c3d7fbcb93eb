"""A list as a file: its pages one after the other, so that what is exported is what is shown.

Each page is a short read of its own; between them the caller's token is looked at again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from shared.access.actor import Actor
from shared.db import Database
from shared.files.writing import MEDIA_TYPES, Format, Rows, download
from shared.web.paging import Page, Paging
from shared.web.schemas import Input

Q = TypeVar("Q", bound=Paging)

PAGE = 500
"""Rows at a time: the event loop is free again after so many."""

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
        },
    }
}
"""`responses=` of a route that answers with a file."""


class TokenExpired(Exception):
    """The file breaks off: whoever reads it sees that it is not whole."""


class ExportQuery(Input):
    """As what the list is wanted; its filters come beside."""

    format: Format = Field(
        default=Format.CSV,
        description="A cell that would begin a formula has an apostrophe before it in CSV, and is"
        " text in XLSX",
    )


class Exported:
    """A column: its heading, and where in the view its value is (`certificate.state`)."""

    def __init__(self, label: str, path: str) -> None:
        self.label, self.path = label, path.split(".")

    def of(self, view: Any) -> Any:
        for name in self.path:
            view = None if view is None else getattr(view, name)
        return view


async def export(
    request: Request,
    actor: Actor,
    query: ExportQuery,
    pages: Callable[[AsyncSession, Actor, Q], Awaitable[Page[Any]]],
    *,
    of: type[Q],
    name: str,
    columns: Sequence[Exported],
) -> StreamingResponse:
    """All that the list `pages` shows `actor` with the filters of `query`, as a file to save.

    `of` is the list's own query.
    """
    filters = query.model_dump(exclude={"format"})
    database: Database = request.app.state.database

    async def rows() -> AsyncIterator[Rows]:
        cursor: str | None = ""
        while cursor is not None:
            if actor.expired:
                raise TokenExpired
            # Past its own limit, which is the callers'.
            paging = cast(Q, of.model_construct(**filters, limit=PAGE, cursor=cursor or None))
            async with database.readers() as session:
                page = await pages(session, actor, paging)
            yield [[column.of(view) for column in columns] for view in page.items]
            cursor = page.next_cursor

    return await download(query.format, name, [column.label for column in columns], rows())

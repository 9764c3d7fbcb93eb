"""Lists: pages by keyset, never by offset, so page 1,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Statements
from shared.refusals import Refused
from shared.web.schemas import View, Written

T = TypeVar("T")

LIMIT = 200


class BadCursor(Refused):
    """The cursor is not one that this list gave with this sort."""

    code = "bad-cursor"
    status = 422
    zh = "游标无效，请从第一页开始。"
    en = "The cursor is not one of this list; start from the first page."


class Page(View, Generic[T]):
    """Some of a list, and where to go on."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Send it back as `cursor` for what follows; absent at the end."
    )
    count: int | None = Field(default=None, description="Only with `count=exact`.")


class Paging(Written):
    """How much of a list, and from where: `paging: Annotated[Paging, Query()]` or `PagingQuery`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=50, ge=1, le=LIMIT, description="Rows a page")
    cursor: str | None = Field(
        default=None, max_length=500, description="`next_cursor` of the page before"
    )
    count: Literal["exact"] | None = Field(default=None, description="Also count the whole list")


async def paginate(
    session: AsyncSession | Statements,
    statement: Select[*tuple[Any, ...]],
    *,
    sort: str,
    columns: Mapping[str, Any],
    id: Any,
    paging: Paging,
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None, int | None]:
    """Rows of one page, the next cursor, and the count if it was asked for.

    `sort` names one of `columns`, with `-` before it for descending; `id` (unique) breaks ties.
    Sorted columns are not NULL. The caller's `statement` holds the filters and `visible(…)`.
    """
    count = None
    if paging.count == "exact":
        counted = select(func.count()).select_from(statement.order_by(None).subquery())
        count = await session.scalar(counted)
    page = page_of(statement, sort=sort, columns=columns, id=id, paging=paging)
    rows, cursor = await read_page(session, page, sort=sort, columns=columns, id=id, paging=paging)
    return rows, cursor, count


def page_of(
    statement: Select[*tuple[Any, ...]],
    *,
    sort: str,
    columns: Mapping[str, Any],
    id: Any,
    paging: Paging,
) -> Select[*tuple[Any, ...]]:
    """The select of one page and the row behind it; to be kept where it is asked for often."""
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    column = columns[name]
    if paging.cursor is not None:
        value, after = _decode(paging.cursor, sort, column, id)
        edge: ColumnElement[bool]
        if column is id:
            edge = id < after if descending else id > after
        else:
            left, right = tuple_(column, id), tuple_(literal(value, column.type), after)
            edge = left < right if descending else left > right
        statement = statement.where(edge)
    order = [column] if column is id else [column, id]
    statement = statement.order_by(*(c.desc() if descending else c for c in order))
    return statement.limit(paging.limit + 1)


async def read_page(
    session: AsyncSession | Statements,
    page: Select[*tuple[Any, ...]],
    *,
    sort: str,
    columns: Mapping[str, Any],
    id: Any,
    paging: Paging,
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None]:
    """Rows of a page that `page_of` made, and the next cursor."""
    name = sort.removeprefix("-")
    rows = (await session.execute(page)).all()
    if len(rows) <= paging.limit:
        return rows, None
    rows = rows[: paging.limit]
    last = rows[-1]
    entity = last[0]
    value = getattr(entity, name, None) if hasattr(entity, name) else getattr(last, name)
    key = getattr(entity, "id", None) if hasattr(entity, "id") else last.id
    return rows, _encode(sort, None if columns[name] is id else value, key)


def _encode(sort: str, value: Any, id: Any) -> str:
    if isinstance(value, date | datetime):
        value = value.isoformat()
    elif isinstance(value, UUID):
        value = str(value)
    raw = json.dumps([sort, value, str(id)], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str, sort: str, column: Any, id: Any) -> tuple[Any, Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parsed = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        made_for, value, after = parsed
        if made_for != sort:
            raise BadCursor
        parsed_id = TypeAdapter(id.type.python_type).validate_python(after)
        if column is id:
            return None, parsed_id
        return TypeAdapter(column.type.python_type).validate_python(value), parsed_id
    except (ValueError, TypeError, ValidationError, binascii.Error, RecursionError):
        raise BadCursor from None

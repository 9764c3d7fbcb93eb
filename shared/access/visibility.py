"""The one place that turns an Actor into a criterion, and the guard that misses none.

Every select of a scoped table that a request makes says `visible(Table, actor)`, or says why not
with `unscoped(Table, reason=…)`; a route without a token says `published(Table, …)`. Each leaves a
marker in the SQL; `guard` refuses, in tests and in development, a select of a scoped table without
one, however it was made (ORM, Core, text, refresh).
"""

import functools
import re
from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, event, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.access.actor import REACH, Actor, Role
from shared.db import in_request, without_token
from shared.refusals import NotFound
from shared.web.preconditions import check_precondition

T = TypeVar("T", bound=DeclarativeBase)

_NOTHING: ColumnElement[bool] = literal_column("false")
# Not `false()`, which would swallow the conditions beside it and the marker with them.


def _whole_division(actor: Actor) -> bool:
    length = len(actor.division)
    return any(length in REACH.get(role, ()) for role in actor.roles)


def visible(table: type[Any], actor: Actor) -> ColumnElement[bool]:
    """The rows of a scoped table that `actor` may see.

    A supervisor sees the own division: the city all, a district its own, a township its own, and
    what they are party to. An agency user sees what concerns the own organisation, a line
    department its domains in every division, a lay monitor what they raised themselves.
    Administrators see no business data.
    """
    marker: ColumnElement[bool] = literal_column(f"true /*visible {table.__tablename__}*/")
    whole_division = _whole_division(actor)
    if whole_division and len(actor.division) == 2:
        return marker
    ways: list[ColumnElement[bool]] = [_NOTHING]
    if whole_division:
        ways += _division(table, actor.division)
    if Role.AGENCY_USER in actor.roles and actor.organisation:
        ways.append(table.parties.contains([actor.organisation]))
        if hasattr(table, "organisation"):
            ways.append(table.organisation == actor.organisation)
    if Role.LINE_DEPARTMENT in actor.roles and actor.domains and hasattr(table, "domains"):
        ways.append(table.domains.overlap(sorted(actor.domains)))
    if Role.LAY_MONITOR in actor.roles and hasattr(table, "created_by"):
        ways.append(table.created_by == actor.sub)
    return and_(marker, or_(*ways))


def _division(table: type[Any], code: str) -> list[ColumnElement[bool]]:
    match len(code):
        case 6:
            return [table.district == code, table.parties.contains([code])]
        case _:
            return [table.township == code, table.parties.contains([code])]


def sees_scope(actor: Actor, district: str | None, township: str | None) -> bool:
    """Whether a division of `actor`'s roles covers a place: for what is not a row yet."""
    if not _whole_division(actor):
        return False
    match len(actor.division):
        case 2:
            return True
        case 6:
            return district == actor.division
        case _:
            return township is not None and township == actor.division


def scoped_by(table: type[Any], criterion: ColumnElement[bool]) -> ColumnElement[bool]:
    """`criterion` in the place of `visible`, for a scoped table whose rows are addressed.

    A message in a district is not for all who see the district; the criterion says for whom.
    """
    return and_(literal_column(f"true /*visible {table.__tablename__}*/"), criterion)


def published(table: type[Any], criterion: ColumnElement[bool]) -> ColumnElement[bool]:
    """The rows of a scoped table that the law publishes, which `criterion` says: for everybody.

    A route without a token selects scoped tables with this and nothing else.
    """
    return and_(literal_column(f"true /*published {table.__tablename__}*/"), criterion)


def unscoped(table: type[Any], *, reason: str) -> ColumnElement[bool]:
    """Says that a select looks beyond the caller's scope, and why; its rows must not be shown."""
    if not reason:
        raise ValueError("a reason is needed")
    return literal_column(f"true /*unscoped {table.__tablename__}*/")


async def load(
    session: AsyncSession,
    table: type[T],
    id: UUID,
    actor: Actor,
    *,
    lock: bool = False,
    seen: ColumnElement[bool] | None = None,
) -> T:
    """One visible row, or `NotFound`; `seen` is a capability's own criterion beside `visible`.

    With `lock` the row stays locked until the commit, and if it is the resource of the request's
    path its version is compared with If-Match.
    """
    criterion = visible(table, actor) if seen is None else seen
    statement = select(table).where(table.id == id, criterion)  # type: ignore[attr-defined]
    if lock:
        # Leaves the row free to be referred to: two that refer to each other must not wait in vain.
        statement = statement.with_for_update(of=table, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound
    if lock:
        check_precondition(id, row.version)  # type: ignore[attr-defined]
    return row


class UnscopedSelect(AssertionError):
    """A request selected from a scoped table without saying for whom."""


def guard(engine: AsyncEngine, tables: Iterable[str]) -> None:
    """Refuse, from now on, unmarked selects of `tables` made while a request is handled."""
    names = {
        name: re.compile(
            rf"\b(?:from|join)\s+(?:only\s+)?\"?{name}(?:_past)?\"?\b"
            rf"|,\s*\"?{name}(?:_past)?\"?(?:\s+as)?\s+\w+\s+where",
            re.IGNORECASE,
        )
        for name in tables
    }

    @functools.lru_cache(maxsize=5_000)
    def unmarked(statement: str, *marks: str) -> str | None:
        if "select" not in statement[:2_000].lower():
            return None
        for name, mention in names.items():
            marked = any(f"/*{mark} {name}*/" in statement for mark in marks)
            if not marked and mention.search(statement):
                return name
        return None

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def refuse(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not in_request.get():
            return
        marks = ("published",) if without_token.get() else ("visible", "unscoped")
        if name := unmarked(statement, *marks):
            raise UnscopedSelect(f"select of {name} without {marks[0]}(): {statement[:300]}")

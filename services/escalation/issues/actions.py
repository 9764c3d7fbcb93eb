"""The verbs of an issue: raise, find, and what the level that has it does with it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.filing.actions import file
from services.escalation.issues import rules
from services.escalation.issues.rules import DeadlineState
from services.escalation.issues.schemas import InboxQuery, IssueQuery, IssueRequest
from services.escalation.issues.tables import (
    CONTACT,
    IS_UNFINISHED,
    NO_DEADLINE,
    Issue,
    open_to,
)
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.rules import (
    HOLDERS,
    level_of_division,
)
from services.escalation.ladder.tables import IssueHistory
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.clock import now
from shared.db import Statements
from shared.figures import in_days
from shared.law.places import in_division
from shared.refusals import NotFound
from shared.web.paging import Paging, page_of, paginate, read_page

# Not `false()`, which swallows the conditions beside it and the mark that `visible` leaves.
NOTHING: ColumnElement[bool] = literal_column("false")

Found = tuple[Sequence[Row[Any]], str | None, int | None]

_issue: Table = Issue.__table__  # type: ignore[assignment]
_columns: Any = SimpleNamespace(__tablename__=_issue.name, **dict(_issue.c.items()))
"""Issue without its mapper: selecting plain columns costs a fifth less, and every read does it."""

_HIDDEN = {"urgency", "remaining", "counted", "counted_from"}
_WHOLE = select(*(column for column in _issue.c if column.name not in _HIDDEN))
_SUMMARY = select(
    *_issue.c["id", "version", "number", "title", "kind", "severity", "major", "source"],
    *_issue.c["division", "district", "organisation", "level", "state"],
    *_issue.c["due_at", "due_provisional", "urgency", "created_at"],
    *_issue.c["edition", "extended", "urges", "proposed_by", "created_by", "parent_id"],
)


async def raise_issue(
    session: AsyncSession | Statements, actor: Actor, request: IssueRequest
) -> SimpleNamespace:
    """Raise an issue; the level of its division has it first."""
    rules.may_raise(request.source)
    values = dict(request)
    if request.contact is not None:
        values["contact"] = session.info["seal"].seal(request.contact, CONTACT)
    return await file(session, values, actor=actor)


async def find(session: AsyncSession | Statements, id: UUID, actor: Actor) -> Row[Any]:
    """One issue, or `NotFound`."""
    found = await session.execute(_whole_for(actor, visible), {"issue_id": id})
    row: Row[Any] | None = found.one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache(maxsize=1024)
def _whole_for(actor: Actor, criterion: Callable[..., ColumnElement[bool]]) -> Select[Any]:
    # One statement a caller: made anew for each request it would cost as much as running it.
    seen = criterion(_columns, actor), open_to(_columns, actor)
    return _WHOLE.where(_issue.c.id == bindparam("issue_id"), *seen)


async def search(session: AsyncSession | Statements, actor: Actor, query: IssueQuery) -> Found:
    """A page of the issues that the caller may see."""
    if query.count is None and query.overdue is None and query.deadline_state is None:
        page = _page_for(actor, visible, query)
        return *await read_page(session, page, **_order(query.sort), paging=query), None
    wanted = _wanted(query)
    if query.overdue is not None:
        wanted.append(_is_overdue(query.overdue, now(session)))
    if query.deadline_state is not None:
        wanted += _stands(query.deadline_state, now(session), await ladder.soon(session))
    seen = visible(_columns, actor), open_to(_columns, actor)
    return await _page(session, [*seen, *wanted], query.sort, query)


@lru_cache(maxsize=256)
def _page_for(
    actor: Actor, criterion: Callable[..., ColumnElement[bool]], query: IssueQuery
) -> Select[Any]:
    # People look at the same lists again and again, and most of a list's cost is its making.
    seen = criterion(_columns, actor), open_to(_columns, actor)
    return page_of(_SUMMARY.where(*seen, *_wanted(query)), **_order(query.sort), paging=query)


def _wanted(query: IssueQuery) -> list[ColumnElement[bool]]:
    """All conditions that stay true whatever the time is."""
    wanted: list[ColumnElement[bool]] = []
    if query.state:
        wanted.append(_issue.c.state.in_(query.state))
    if query.kind:
        wanted.append(_issue.c.kind.in_(query.kind))
    if query.division is not None:
        wanted.append(in_division(_columns, query.division, direct=query.direct))
    if query.q is not None:
        wanted.append(
            or_(
                _issue.c.title.icontains(query.q, autoescape=True),
                _issue.c.number.startswith(query.q),
            )
        )
    for column, value in (
        (_issue.c.level, query.level),
        (_issue.c.major, query.major),
        (_issue.c.source, query.source),
        (_issue.c.severity, query.severity),
        (_issue.c.organisation, query.organisation),
        (_issue.c.parent_id, query.parent_id),
    ):
        if value is not None:
            wanted.append(column == value)
    if query.created_after is not None:
        wanted.append(_issue.c.created_at > query.created_after)
    if query.created_before is not None:
        wanted.append(_issue.c.created_at < query.created_before)
    if query.due_before is not None:
        wanted.append(_issue.c.due_at < query.due_before)
    wanted += in_days(_issue.c.created_at, query.raised_from, query.raised_to)
    wanted += in_days(_issue.c.due_at, query.due_from, query.due_to)
    wanted += in_days(_issue.c.closed_at, query.closed_from, query.closed_to)
    return wanted


async def inbox(session: AsyncSession | Statements, actor: Actor, query: InboxQuery) -> Found:
    """A page of what lies at the caller's level and waits for it, most urgent first."""
    wanted = _waiting_for(actor)
    if query.kind:
        wanted.append(_issue.c.kind.in_(query.kind))
    if query.major is not None:
        wanted.append(_issue.c.major == query.major)
    if query.overdue is not None:
        wanted.append(_is_overdue(query.overdue, now(session)))
    if query.deadline_state is not None:
        wanted += _stands(query.deadline_state, now(session), await ladder.soon(session))
    return await _page(session, wanted, "due_at", query)


async def count_inbox(session: AsyncSession | Statements, actor: Actor) -> Row[Any]:
    """How many wait for the caller's level, by how their deadline stands.

    One look at the index that has level and urgency of what is not finished, and nothing else.
    """
    moment, urgency = now(session), _issue.c.urgency
    later = moment + await ladder.soon(session)
    none: ColumnElement[Any] = literal_column(NO_DEADLINE)
    stands: list[tuple[str, ColumnElement[bool]]] = [
        ("overdue", urgency <= moment),
        ("due_soon", and_(urgency > moment, urgency <= later)),
        ("on_time", and_(urgency > later, urgency < none)),
        ("paused", urgency == none),
    ]
    counts: list[Any] = [func.count().filter(holds).label(name) for name, holds in stands]
    return (await session.execute(select(*counts).where(*_waiting_for(actor)))).one()


def _waiting_for(actor: Actor) -> list[ColumnElement[bool]]:
    """What lies at the caller's level and is not finished."""
    return [visible(_columns, actor), _at_level_of(actor), literal_column(IS_UNFINISHED)]


async def history(
    session: AsyncSession | Statements, id: UUID, actor: Actor, paging: Paging
) -> Found:
    """A page of what happened to an issue, oldest first."""
    await find(session, id, actor)
    lines = select(IssueHistory.__table__).where(IssueHistory.issue_id == id)
    columns = {"id": IssueHistory.id}
    return await paginate(
        session, lines, sort="id", columns=columns, id=IssueHistory.id, paging=paging
    )


# Ids sort by the time they were made; urgency is the deadline, or the end of time without one.
_SORTS = {
    "created_at": "id",
    "-created_at": "-id",
    "due_at": "urgency",
    "-due_at": "-urgency",
}


async def _page(
    session: AsyncSession | Statements,
    wanted: Sequence[ColumnElement[bool]],
    sort: str,
    paging: Paging,
) -> Found:
    return await paginate(session, _SUMMARY.where(*wanted), **_order(sort), paging=paging)


def _order(sort: str) -> dict[str, Any]:
    columns = {"id": _issue.c.id, "urgency": _issue.c.urgency}
    return {"sort": _SORTS[sort], "columns": columns, "id": _issue.c.id}


def _is_overdue(overdue: bool, moment: datetime) -> ColumnElement[bool]:
    due_at = _issue.c.due_at
    return due_at <= moment if overdue else or_(due_at.is_(None), due_at > moment)


def _stands(state: DeadlineState, moment: datetime, ahead: timedelta) -> list[ColumnElement[bool]]:
    due_at = _issue.c.due_at
    match state:
        case DeadlineState.OVERDUE:
            return [due_at <= moment]
        case DeadlineState.DUE_SOON:
            return [due_at > moment, due_at <= moment + ahead]
        case DeadlineState.ON_TIME:
            return [due_at > moment + ahead]


def _at_level_of(actor: Actor) -> ColumnElement[bool]:
    """What lies at the level that the caller acts for."""
    try:
        level = level_of_division(actor.division)
    except ValueError:
        return NOTHING
    if HOLDERS[level] not in actor.roles:
        return NOTHING
    return and_(_issue.c.level == level, in_division(_columns, actor.division))

"""The verbs of an issue: raise, find, and what the level that has it does with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
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
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.filing.actions import file
from services.escalation.issues import rules
from services.escalation.issues.rules import LIFECYCLE
from services.escalation.issues.schemas import InboxQuery, IssueQuery, IssueRequest
from services.escalation.issues.tables import IS_UNFINISHED, Issue
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.actions import fact, note
from services.escalation.ladder.rules import HOLDERS, IssueAction, level_of_division, may_act
from services.escalation.ladder.tables import IssueHistory
from services.escalation.participants.actions import takes_part
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import Statements
from shared.events.escalation.issues import IssueClosed, IssueDecided, IssueFedBack, IssueTriaged
from shared.facts import publish
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

_WHOLE = select(*(column for column in _issue.c if column.name not in {"urgency", "remaining"}))
_SUMMARY = select(
    *_issue.c["id", "version", "number", "title", "kind", "severity", "major", "source"],
    *_issue.c["division", "district", "organisation", "level", "state"],
    *_issue.c["due_at", "due_provisional", "urgency", "created_at"],
)


# ---------------------------------------------------------------- raise and find


async def raise_issue(
    session: AsyncSession | Statements, actor: Actor, request: IssueRequest
) -> SimpleNamespace:
    """Raise an issue; the level of its division has it first."""
    rules.may_raise(request.source)
    values = dict(request)
    if request.contact is not None:
        values["contact"] = session.info["seal"].seal(request.contact, "issue.contact")
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
    return _WHOLE.where(_issue.c.id == bindparam("issue_id"), criterion(_columns, actor))


async def search(session: AsyncSession | Statements, actor: Actor, query: IssueQuery) -> Found:
    """A page of the issues that the caller may see."""
    if query.count is None and query.overdue is None:
        page = _page_for(actor, visible, query)
        return *await read_page(session, page, **_order(query.sort), paging=query), None
    wanted = _wanted(query)
    if query.overdue is not None:
        wanted.append(_is_overdue(query.overdue, now(session)))
    return await _page(session, [visible(_columns, actor), *wanted], query.sort, query)


@lru_cache(maxsize=256)
def _page_for(
    actor: Actor, criterion: Callable[..., ColumnElement[bool]], query: IssueQuery
) -> Select[Any]:
    # People look at the same lists again and again, and most of a list's cost is its making.
    listed = _SUMMARY.where(criterion(_columns, actor), *_wanted(query))
    return page_of(listed, **_order(query.sort), paging=query)


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
    wanted: list[ColumnElement[bool]] = [
        visible(_columns, actor),
        _at_level_of(actor),
        literal_column(IS_UNFINISHED),
    ]
    if query.kind:
        wanted.append(_issue.c.kind.in_(query.kind))
    if query.major is not None:
        wanted.append(_issue.c.major == query.major)
    if query.overdue is not None:
        wanted.append(_is_overdue(query.overdue, now(session)))
    return await _page(session, wanted, "due_at", query)


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
    if overdue:
        return _issue.c.due_at <= moment
    return or_(_issue.c.due_at.is_(None), _issue.c.due_at > moment)


def _at_level_of(actor: Actor) -> ColumnElement[bool]:
    """What lies at the level that the caller acts for."""
    try:
        level = level_of_division(actor.division)
    except ValueError:
        return NOTHING
    if HOLDERS[level] not in actor.roles:
        return NOTHING
    return and_(_issue.c.level == level, in_division(_columns, actor.division))


# ---------------------------------------------------------------- handle


async def _held(session: AsyncSession, id: UUID, actor: Actor) -> Issue:
    """The issue, locked, if the caller acts for the level that has it."""
    issue = await load(session, Issue, id, actor, lock=True)
    may_act(
        issue.level,
        issue.scope,
        actor.roles,
        actor.division,
        due_at=issue.due_at,
        moment=now(session),
    )
    return issue


async def triage(session: AsyncSession, id: UUID, actor: Actor, *, text: str | None) -> Issue:
    """Take it up."""
    issue = await _held(session, id, actor)
    before, issue.state = issue.state, LIFECYCLE.next("triage", issue.state)
    note(session, issue, IssueAction.TRIAGE, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueTriaged, issue), issue)
    await session.flush()
    return issue


async def escalate(
    session: AsyncSession, id: UUID, actor: Actor, *, reason: str, direct: bool
) -> Issue:
    """Up to the next level, or as the direct report of a participating district."""
    issue = await _held(session, id, actor)
    LIFECYCLE.may("escalate", issue.state)
    if direct:
        rules.may_report_directly(issue.level, issue.kind)
        if not await takes_part(session, actor.division):
            raise rules.DirectReportNotParticipant(district=actor.division)
    why = "direct" if direct else "manual"
    await ladder.rise(session, issue, why=why, reason=reason, actor=actor)
    await session.flush()
    return issue


async def send_back(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Down to the level it came from."""
    issue = await _held(session, id, actor)
    await ladder.go_back(session, issue, reason=reason, actor=actor)
    await session.flush()
    return issue


async def pause(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Stop the clock."""
    issue = await _held(session, id, actor)
    await ladder.pause(session, issue, reason=reason, actor=actor)
    await session.flush()
    return issue


async def resume(session: AsyncSession, id: UUID, actor: Actor, *, text: str | None) -> Issue:
    """Let the clock go on."""
    issue = await _held(session, id, actor)
    await ladder.resume(session, issue, text=text, actor=actor)
    await session.flush()
    return issue


async def decide(
    session: AsyncSession, id: UUID, actor: Actor, *, decision: str, measures: list[str]
) -> Issue:
    """Decide it at the level that has it."""
    issue = await _held(session, id, actor)
    before, issue.state = issue.state, LIFECYCLE.next("decide", issue.state)
    issue.decision, issue.measures = decision, measures
    issue.decided_level, issue.decided_at = issue.level, now(session)
    await ladder.stop_clock(session, issue)
    note(session, issue, IssueAction.DECIDE, actor=actor, text=decision, from_state=before)
    told = fact(IssueDecided, issue, decision=decision, decided_by_level=issue.level)
    publish(session, told, issue)
    await session.flush()
    return issue


async def feed_back(session: AsyncSession, id: UUID, actor: Actor, *, feedback: str) -> Issue:
    """Tell how the decision was carried out where the issue arose."""
    issue = await load(session, Issue, id, actor, lock=True)
    rules.may_feed_back(issue.division, issue.scope, actor.roles, actor.division)
    before, issue.state = issue.state, LIFECYCLE.next("feedback", issue.state)
    issue.feedback = feedback
    note(session, issue, IssueAction.FEEDBACK, actor=actor, text=feedback, from_state=before)
    publish(session, fact(IssueFedBack, issue), issue)
    await session.flush()
    return issue


async def close(session: AsyncSession, id: UUID, actor: Actor, *, text: str | None) -> Issue:
    """End it, at the level that decided."""
    issue = await _held(session, id, actor)
    before, issue.state = issue.state, LIFECYCLE.next("close", issue.state)
    issue.closed_at = now(session)
    note(session, issue, IssueAction.CLOSE, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueClosed, issue), issue)
    await session.flush()
    return issue

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
from services.escalation.issues.rules import EDITIONS, DeadlineState, IssueState
from services.escalation.issues.schemas import InboxQuery, IssueQuery, IssueRequest
from services.escalation.issues.tables import (
    CONTACT,
    IS_UNFINISHED,
    NO_DEADLINE,
    Issue,
    IssueDecision,
    open_to,
)
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.actions import fact, note
from services.escalation.ladder.rules import (
    HOLDERS,
    IssueAction,
    above,
    level_of_division,
    may_act,
    may_not_leave,
)
from services.escalation.ladder.tables import IssueHistory
from services.escalation.participants.actions import takes_part
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import Statements
from shared.events.escalation.issues import (
    IssueClosed,
    IssueDecided,
    IssueEscalationDeclined,
    IssueEscalationProposed,
    IssueFedBack,
    IssueReopened,
    IssueTriaged,
    IssueUrged,
    IssueWithdrawn,
)
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


async def held(session: AsyncSession, id: UUID, actor: Actor) -> Issue:
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
    issue = await held(session, id, actor)
    before, issue.state = issue.state, EDITIONS.next(issue.edition, "triage", issue.state)
    note(session, issue, IssueAction.TRIAGE, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueTriaged, issue), issue)
    await session.flush()
    return issue


async def escalate(
    session: AsyncSession, id: UUID, actor: Actor, *, reason: str, direct: bool
) -> Issue:
    """Have it go up to the next level, or as the direct report of a participating district.

    It goes when another person approves; what began under the first edition goes at once.
    """
    issue = await held(session, id, actor)
    before = issue.state
    state = EDITIONS.next(issue.edition, "escalate", before)
    above(issue.level)
    if direct:
        await _check_direct(session, issue, actor)
    if state == IssueState.ESCALATED:
        why = "direct" if direct else "manual"
        await ladder.rise(session, issue, why=why, reason=reason, actor=actor)
    else:
        issue.state, issue.proposed_by = state, actor.sub
        issue.proposed_reason, issue.proposed_direct = reason, direct
        note(session, issue, IssueAction.PROPOSE, actor=actor, text=reason, from_state=before)
        told = fact(IssueEscalationProposed, issue, reason=reason, direct=direct)
        publish(session, told, issue)
    await session.flush()
    return issue


async def approve(session: AsyncSession, id: UUID, actor: Actor) -> Issue:
    """Let it go up, as another person of the level than the one who proposed it."""
    issue = await held(session, id, actor)
    EDITIONS.next(issue.edition, "approve", issue.state)
    rules.may_approve(proposed_by=issue.proposed_by, sub=actor.sub)
    if issue.proposed_direct:
        await _check_direct(session, issue, actor)
    why = "direct" if issue.proposed_direct else "manual"
    await ladder.rise(session, issue, why=why, reason=issue.proposed_reason, actor=actor)
    await session.flush()
    return issue


async def decline(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Keep it at the level, which goes on with it."""
    issue = await held(session, id, actor)
    before, issue.state = issue.state, EDITIONS.next(issue.edition, "decline", issue.state)
    rules.may_approve(proposed_by=issue.proposed_by, sub=actor.sub)
    issue.proposed_by = issue.proposed_reason = issue.proposed_direct = None
    note(session, issue, IssueAction.DECLINE, actor=actor, text=reason, from_state=before)
    publish(session, fact(IssueEscalationDeclined, issue, reason=reason), issue)
    await session.flush()
    return issue


async def _check_direct(session: AsyncSession, issue: Issue, actor: Actor) -> None:
    rules.may_report_directly(issue.level, issue.kind)
    if not await takes_part(session, actor.division):
        raise rules.DirectReportNotParticipant(district=actor.division)


async def send_back(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Down to the level it came from."""
    issue = await held(session, id, actor)
    await ladder.go_back(session, issue, reason=reason, actor=actor)
    await session.flush()
    return issue


async def pause(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Stop the clock."""
    issue = await held(session, id, actor)
    await ladder.pause(session, issue, reason=reason, actor=actor)
    await session.flush()
    return issue


async def resume(session: AsyncSession, id: UUID, actor: Actor, *, text: str | None) -> Issue:
    """Let the clock go on."""
    issue = await held(session, id, actor)
    await ladder.resume(session, issue, text=text, actor=actor)
    await session.flush()
    return issue


async def decide(
    session: AsyncSession, id: UUID, actor: Actor, *, decision: str, measures: list[str]
) -> Issue:
    """Decide it at the level that has it."""
    issue = await held(session, id, actor)
    before, issue.state = issue.state, EDITIONS.next(issue.edition, "decide", issue.state)
    issue.decision, issue.measures = decision, measures
    issue.decided_level, issue.decided_at = issue.level, now(session)
    session.add(
        IssueDecision(
            issue_id=issue.id,
            decision=decision,
            measures=measures,
            level=issue.level,
            decided_at=issue.decided_at,
            decided_by=actor.sub,
            decided_by_name=actor.name,
        )
    )
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
    before, issue.state = issue.state, EDITIONS.next(issue.edition, "feedback", issue.state)
    issue.feedback = feedback
    note(session, issue, IssueAction.FEEDBACK, actor=actor, text=feedback, from_state=before)
    publish(session, fact(IssueFedBack, issue), issue)
    await session.flush()
    return issue


async def close(session: AsyncSession, id: UUID, actor: Actor, *, text: str | None) -> Issue:
    """End it, at the level that decided."""
    issue = await held(session, id, actor)
    before, issue.state = issue.state, EDITIONS.next(issue.edition, "close", issue.state)
    issue.closed_at = now(session)
    note(session, issue, IssueAction.CLOSE, actor=actor, text=text, from_state=before)
    publish(session, fact(IssueClosed, issue), issue)
    await session.flush()
    return issue


async def reopen(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Take it up again at the level that decided, with a new deadline."""
    issue = await held(session, id, actor)
    before, state = issue.state, EDITIONS.next(issue.edition, "reopen", issue.state)
    await ladder.begin_anew(session, issue, state)
    note(session, issue, IssueAction.REOPEN, actor=actor, text=reason, from_state=before)
    publish(session, fact(IssueReopened, issue, reason=reason), issue)
    await session.flush()
    return issue


async def withdraw(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Take it back, as the division where it arose."""
    issue = await load(session, Issue, id, actor, lock=True)
    before, state = issue.state, EDITIONS.next(issue.edition, "withdraw", issue.state)
    rules.may_withdraw(
        issue.division,
        issue.scope,
        actor.roles,
        actor.division,
        created_by=issue.created_by,
    )
    may_not_leave(issue.level, issue.due_at, now(session))
    issue.state, issue.remaining = state, None
    await ladder.stop_clock(session, issue)
    note(session, issue, IssueAction.WITHDRAW, actor=actor, text=reason, from_state=before)
    publish(session, fact(IssueWithdrawn, issue, reason=reason), issue)
    await session.flush()
    return issue


async def overseen(session: AsyncSession, id: UUID, actor: Actor, action: str) -> Issue:
    """The issue, locked, if the caller acts for a level above the one that has it."""
    issue = await load(session, Issue, id, actor, lock=True)
    EDITIONS.next(issue.edition, action, issue.state)
    rules.may_oversee(issue.level, issue.scope, actor.roles, actor.division)
    return issue


async def urge(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Urge the level that has it (督办)."""
    issue = await overseen(session, id, actor, "urge")
    issue.urges += 1
    note(session, issue, IssueAction.URGE, actor=actor, text=reason)
    by_level = level_of_division(actor.division)
    told = fact(IssueUrged, issue, reason=reason, by_level=by_level, times=issue.urges)
    publish(session, told, issue)
    await session.flush()
    return issue


async def extend(session: AsyncSession, id: UUID, actor: Actor, *, reason: str) -> Issue:
    """Give the level that has it more time, once."""
    issue = await overseen(session, id, actor, "extend")
    rules.may_extend(extended=issue.extended)
    may_not_leave(issue.level, issue.due_at, now(session))
    await ladder.extend(session, issue, reason=reason, actor=actor)
    await session.flush()
    return issue


async def decisions(
    session: AsyncSession | Statements, id: UUID, actor: Actor, paging: Paging
) -> Found:
    """A page of the decisions on an issue, oldest first."""
    await find(session, id, actor)
    rows = select(IssueDecision.__table__).where(IssueDecision.issue_id == id)
    columns = {"id": IssueDecision.id}
    return await paginate(
        session, rows, sort="id", columns=columns, id=IssueDecision.id, paging=paging
    )

"""Issues over HTTP: see `issues.rules` for the life of one, `ladder` for who has it until when."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.db import OneStatement
from services.escalation.issues import actions
from services.escalation.issues.schemas import (
    DecisionRequest,
    EscalateRequest,
    FeedbackRequest,
    InboxQuery,
    IssueHistoryView,
    IssueQuery,
    IssueRequest,
    IssueSummary,
    IssueView,
    NoteRequest,
    ReasonRequest,
)
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import Reading, Session, Statements
from shared.web import router as router_of
from shared.web.paging import Page, Paging

router = router_of("/escalation/v1/issues", "issues")
inbox = router_of("/escalation/v1/inbox", "issues")


@router.post("", status_code=201)
async def raise_issue(
    session: OneStatement, actor: Annotated[Actor, May("issue:raise")], body: IssueRequest
) -> IssueView:
    """Raise an issue (上报问题) in a division that the caller covers.

    The level of the division has it first and must reply within the term in force
    (`issue.level_reply`); on breach it goes up by itself. The township, its district and the
    Bureau see it from the start.
    """
    return _view(session, await actions.raise_issue(session, actor, body), actor)


@router.get("")
async def list_issues(
    session: Reading,
    actor: Annotated[Actor, May("issue:read")],
    query: Annotated[IssueQuery, Query()],
) -> Page[IssueSummary]:
    """The issues that the caller may see, newest first."""
    return _page(session, await actions.search(session, actor, query), actor)


@inbox.get("")
async def read_inbox(
    session: Reading,
    actor: Annotated[Actor, May("inbox:read")],
    query: Annotated[InboxQuery, Query()],
) -> Page[IssueSummary]:
    """What lies at the caller's level and waits for it, by deadline; what is paused comes last.

    For the Bureau: what was escalated or reported to it, and what it began itself.
    """
    return _page(session, await actions.inbox(session, actor, query), actor)


@router.get("/{id}")
async def get_issue(
    session: Reading, actor: Annotated[Actor, May("issue:read")], id: UUID
) -> IssueView:
    """One issue."""
    return _view(session, await actions.find(session, id, actor), actor)


@router.get("/{id}/history")
async def read_issue_history(
    session: Reading,
    actor: Annotated[Actor, May("issue:read_history")],
    id: UUID,
    paging: Annotated[Paging, Query()],
) -> Page[IssueHistoryView]:
    """Everything that happened to an issue, oldest first."""
    rows, cursor, count = await actions.history(session, id, actor, paging)
    items = [IssueHistoryView.of(row, told=_learns_who(actor, row.by)) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/triage")
async def triage_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:triage")],
    id: UUID,
    body: NoteRequest | None = None,
) -> IssueView:
    """Accept it (受理): the level that has it takes it up."""
    text = body.note if body else None
    return _view(session, await actions.triage(session, id, actor, text=text), actor)


@router.post("/{id}/escalate")
async def escalate_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:escalate")],
    id: UUID,
    body: EscalateRequest,
) -> IssueView:
    """Send it up (上报) to the next level, where a new deadline begins.

    With `to: bureau` it is the direct report (直报) of a district that takes part in the pilot, or
    of its successor, on a new situation; no deadline needs to have passed.
    """
    issue = await actions.escalate(
        session, id, actor, reason=body.reason, direct=body.to is not None
    )
    return _view(session, issue, actor)


@router.post("/{id}/return")
async def return_issue(
    session: Session, actor: Annotated[Actor, May("issue:return")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Send it back (退回) to the level below that it came from, where a new deadline begins."""
    return _view(session, await actions.send_back(session, id, actor, reason=body.reason), actor)


@router.post("/{id}/pause")
async def pause_issue(
    session: Session, actor: Annotated[Actor, May("issue:pause")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Stop the clock, while something outside is waited for."""
    return _view(session, await actions.pause(session, id, actor, reason=body.reason), actor)


@router.post("/{id}/resume")
async def resume_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:resume")],
    id: UUID,
    body: NoteRequest | None = None,
) -> IssueView:
    """Let the clock go on: the deadline moves by what was left of it at the pause."""
    text = body.note if body else None
    return _view(session, await actions.resume(session, id, actor, text=text), actor)


@router.post("/{id}/decide")
async def decide_issue(
    session: Session, actor: Annotated[Actor, May("issue:decide")], id: UUID, body: DecisionRequest
) -> IssueView:
    """Decide it (决定) at the level that has it."""
    issue = await actions.decide(session, id, actor, decision=body.decision, measures=body.measures)
    return _view(session, issue, actor)


@router.post("/{id}/feedback")
async def feed_back_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:feedback")],
    id: UUID,
    body: FeedbackRequest,
) -> IssueView:
    """Tell (反馈) how the decision was carried out, by the division where it arose."""
    issue = await actions.feed_back(session, id, actor, feedback=body.feedback)
    return _view(session, issue, actor)


@router.post("/{id}/close")
async def close_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:close")],
    id: UUID,
    body: NoteRequest | None = None,
) -> IssueView:
    """End it (办结), by the level that decided, after the feedback or without waiting for it."""
    text = body.note if body else None
    return _view(session, await actions.close(session, id, actor, text=text), actor)


def _view(session: AsyncSession | Statements, issue: Any, actor: Actor) -> IssueView:
    contact = created_by = None
    if _learns_who(actor, issue.created_by):
        created_by = issue.created_by
        if issue.contact is not None:
            contact = session.info["seal"].open(issue.contact, "issue.contact")
    return IssueView.of(issue, actor, now(session), contact=contact, created_by=created_by)


def _learns_who(actor: Actor, sub: str) -> bool:
    """Whether the caller is told that `sub` raised it: those whom it is about are not."""
    return actor.may("issue:triage") or sub == actor.sub


def _page(session: Statements, found: actions.Found, actor: Actor) -> Page[IssueSummary]:
    rows, cursor, count = found
    moment = now(session)
    items = [IssueSummary.of(row, actor, moment) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

"""Issues over HTTP: see `issues.rules` for the life of one, `ladder` for who has it until when."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.db import OneStatement
from services.escalation.handling import actions as handling
from services.escalation.issues import actions
from services.escalation.issues.schemas import (
    DecisionRequest,
    DecisionView,
    EscalateRequest,
    FeedbackRequest,
    InboxCounts,
    InboxQuery,
    IssueHistoryView,
    IssueQuery,
    IssueRequest,
    IssueSummary,
    IssueView,
    NoteRequest,
    ReasonRequest,
)
from services.escalation.issues.tables import CONTACT
from services.escalation.ladder import actions as ladder
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
    return await _view(session, await actions.raise_issue(session, actor, body), actor)


@router.get("")
async def list_issues(
    session: Reading,
    actor: Annotated[Actor, May("issue:read")],
    query: Annotated[IssueQuery, Query()],
) -> Page[IssueSummary]:
    """The issues that the caller may see, newest first."""
    return await _page(session, await actions.search(session, actor, query), actor)


@inbox.get("")
async def read_inbox(
    session: Reading,
    actor: Annotated[Actor, May("inbox:read")],
    query: Annotated[InboxQuery, Query()],
) -> Page[IssueSummary]:
    """What lies at the caller's level and waits for it, by deadline; what is paused comes last.

    For the Bureau: what was escalated or reported to it, and what it began itself.
    """
    return await _page(session, await actions.inbox(session, actor, query), actor)


@inbox.get("/counts")
async def count_inbox(session: Reading, actor: Annotated[Actor, May("inbox:read")]) -> InboxCounts:
    """How many wait for the caller's level, by how their deadline stands."""
    return InboxCounts.model_validate(await actions.count_inbox(session, actor))


@router.get("/{id}")
async def get_issue(
    session: Reading, actor: Annotated[Actor, May("issue:read")], id: UUID
) -> IssueView:
    """One issue."""
    return await _view(session, await actions.find(session, id, actor), actor)


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
    return await _view(session, await handling.triage(session, id, actor, text=text), actor)


@router.post("/{id}/escalate")
async def escalate_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:escalate")],
    id: UUID,
    body: EscalateRequest,
) -> IssueView:
    """Propose that it goes up (上报) to the next level, where a new deadline begins.

    It goes when another person of the level approves; the deadline runs meanwhile. With
    `to: bureau` it is the direct report (直报) of a district that takes part in the pilot, or of
    its successor, on a new situation; no deadline needs to have passed.
    """
    issue = await handling.escalate(
        session, id, actor, reason=body.reason, direct=body.to is not None
    )
    return await _view(session, issue, actor)


@router.post("/{id}/approve")
async def approve_issue_escalation(
    session: Session, actor: Annotated[Actor, May("issue:approve")], id: UUID
) -> IssueView:
    """Let it go up (批准上报), as another person of the level than the one who proposed it."""
    return await _view(session, await handling.approve(session, id, actor), actor)


@router.post("/{id}/decline")
async def decline_issue_escalation(
    session: Session, actor: Annotated[Actor, May("issue:approve")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Do not let it go up: the level goes on with it."""
    return await _view(
        session, await handling.decline(session, id, actor, reason=body.reason), actor
    )


@router.post("/{id}/extend")
async def extend_issue(
    session: Session, actor: Annotated[Actor, May("issue:extend")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Give the level that has it more time (延期), once, by the rule `issue.extension`.

    By a level above it; the Bureau, above which is none, by itself.
    """
    return await _view(
        session, await handling.extend(session, id, actor, reason=body.reason), actor
    )


@router.post("/{id}/urge")
async def urge_issue(
    session: Session, actor: Annotated[Actor, May("issue:urge")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Urge the level that has it (督办), as a level above it."""
    return await _view(session, await handling.urge(session, id, actor, reason=body.reason), actor)


@router.post("/{id}/withdraw")
async def withdraw_issue(
    session: Session, actor: Annotated[Actor, May("issue:withdraw")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Take it back (撤回), by the division where it arose, before it is decided."""
    issue = await handling.withdraw(session, id, actor, reason=body.reason)
    return await _view(session, issue, actor)


@router.post("/{id}/reopen")
async def reopen_issue(
    session: Session, actor: Annotated[Actor, May("issue:reopen")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Take a closed issue up again, at the level that decided, with a new deadline."""
    return await _view(
        session, await handling.reopen(session, id, actor, reason=body.reason), actor
    )


@router.get("/{id}/decisions")
async def list_issue_decisions(
    session: Reading,
    actor: Annotated[Actor, May("issue:read")],
    id: UUID,
    paging: Annotated[Paging, Query()],
) -> Page[DecisionView]:
    """The decisions on an issue (决定), oldest first; after a reopening there are several."""
    rows, cursor, count = await handling.decisions(session, id, actor, paging)
    items = [DecisionView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/return")
async def return_issue(
    session: Session, actor: Annotated[Actor, May("issue:return")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Send it back (退回) to the level below that it came from, where a new deadline begins."""
    return await _view(
        session, await handling.send_back(session, id, actor, reason=body.reason), actor
    )


@router.post("/{id}/pause")
async def pause_issue(
    session: Session, actor: Annotated[Actor, May("issue:pause")], id: UUID, body: ReasonRequest
) -> IssueView:
    """Stop the clock, while something outside is waited for."""
    return await _view(session, await handling.pause(session, id, actor, reason=body.reason), actor)


@router.post("/{id}/resume")
async def resume_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:resume")],
    id: UUID,
    body: NoteRequest | None = None,
) -> IssueView:
    """Let the clock go on: the deadline moves by what was left of it at the pause."""
    text = body.note if body else None
    return await _view(session, await handling.resume(session, id, actor, text=text), actor)


@router.post("/{id}/decide")
async def decide_issue(
    session: Session, actor: Annotated[Actor, May("issue:decide")], id: UUID, body: DecisionRequest
) -> IssueView:
    """Decide it (决定) at the level that has it."""
    issue = await handling.decide(
        session, id, actor, decision=body.decision, measures=body.measures
    )
    return await _view(session, issue, actor)


@router.post("/{id}/feedback")
async def feed_back_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:feedback")],
    id: UUID,
    body: FeedbackRequest,
) -> IssueView:
    """Tell (反馈) how the decision was carried out, by the division where it arose."""
    issue = await handling.feed_back(session, id, actor, feedback=body.feedback)
    return await _view(session, issue, actor)


@router.post("/{id}/close")
async def close_issue(
    session: Session,
    actor: Annotated[Actor, May("issue:close")],
    id: UUID,
    body: NoteRequest | None = None,
) -> IssueView:
    """End it (办结), by the level that decided, after the feedback or without waiting for it."""
    text = body.note if body else None
    return await _view(session, await handling.close(session, id, actor, text=text), actor)


async def _view(session: AsyncSession | Statements, issue: Any, actor: Actor) -> IssueView:
    contact = created_by = None
    if _learns_who(actor, issue.created_by):
        created_by = issue.created_by
        if issue.contact is not None:
            contact = session.info["seal"].open(issue.contact, CONTACT)
    told: dict[str, Any] = {"contact": contact, "created_by": created_by}
    if not actor.may("issue:triage"):
        told |= {"proposed_by": None, "proposed_reason": None}
    ahead = await ladder.soon(session)
    return IssueView.of(issue, actor, now(session), ahead, **told)


def _learns_who(actor: Actor, sub: str) -> bool:
    """Whether the caller is told that `sub` raised it: those whom it is about are not."""
    return actor.may("issue:triage") or sub == actor.sub


async def _page(session: Statements, found: actions.Found, actor: Actor) -> Page[IssueSummary]:
    rows, cursor, count = found
    moment, ahead = now(session), await ladder.soon(session)
    items = [IssueSummary.of(row, actor, moment, ahead) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)

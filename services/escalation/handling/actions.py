"""What is done with an issue: by the level that has it, by those above, by where it arose."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.handling.tables import IssueDecision
from services.escalation.issues import rules
from services.escalation.issues.actions import Found, find
from services.escalation.issues.rules import EDITIONS, IssueState
from services.escalation.issues.tables import Issue
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.actions import fact, note
from services.escalation.ladder.rules import (
    IssueAction,
    above,
    level_of_division,
    may_act,
    may_not_leave,
)
from services.escalation.participants.actions import takes_part
from shared.access.actor import Actor
from shared.access.visibility import load
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
from shared.web.paging import Paging, paginate


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

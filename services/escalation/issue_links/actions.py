"""Link issues, make one a part of another, merge one into another."""

from uuid import UUID

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.escalation.handling.actions import held
from services.escalation.issue_links import rules
from services.escalation.issue_links.rules import LinkKind
from services.escalation.issue_links.schemas import LinkQuery, LinkRequest
from services.escalation.issue_links.tables import IssueLink
from services.escalation.issues.actions import Found, find
from services.escalation.issues.rules import EDITIONS, UNFINISHED, IssueState
from services.escalation.issues.tables import Issue, issues_seen_by
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.rules import IssueAction
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import now
from shared.events.escalation.issues import IssueLinked, IssueMerged
from shared.facts import publish
from shared.refusals import NotFound
from shared.web.paging import paginate


async def link(session: AsyncSession, actor: Actor, request: LinkRequest) -> IssueLink:
    """Link an issue that the caller's level has to another one that the caller sees."""
    rules.may_link(request.issue_id, request.other_id)
    await _lock(session, actor, request.issue_id, request.other_id)
    issue = await held(session, request.issue_id, actor)
    try:
        other = await load(session, Issue, request.other_id, actor, lock=True)
    except NotFound:
        raise rules.LinkedIssueUnknown(issue_id=str(request.other_id)) from None
    row = IssueLink(**request.model_dump(), linked_at=now(session), linked_by=actor.sub)
    session.add(row)
    match request.kind:
        case LinkKind.MERGED_INTO:
            await _merge(session, issue, other, actor, note=request.note)
        case LinkKind.PART_OF:
            await _make_part(session, issue, other)
    if request.kind is not LinkKind.MERGED_INTO:
        told = f"{request.kind.label} {other.number}"
        ladder.note(session, issue, IssueAction.LINK, actor=actor, text=told)
        fact = ladder.fact(IssueLinked, issue, other_id=other.id, link=request.kind)
        publish(session, fact, issue)
    await session.flush()
    return row


async def links(session: AsyncSession, actor: Actor, query: LinkQuery) -> Found:
    """A page of the links of an issue to others that the caller sees, too."""
    await find(session, query.issue_id, actor)
    other = aliased(Issue, name="issue")
    statement = (
        select(IssueLink)
        .join(
            other,
            or_(
                (IssueLink.issue_id == query.issue_id) & (other.id == IssueLink.other_id),
                (IssueLink.other_id == query.issue_id) & (other.id == IssueLink.issue_id),
            ),
        )
        .where(issues_seen_by(other, actor))
    )
    return await paginate(
        session,
        statement,
        sort="id",
        columns={"id": IssueLink.id},
        id=IssueLink.id,
        paging=query,
    )


async def _lock(session: AsyncSession, actor: Actor, *ids: UUID) -> None:
    """Lock both in one order: the rules ask about both, and neither may move meanwhile.

    As `load` locks, so that two links the other way round wait for each other and no deadlock.
    """
    both = select(Issue.id).where(Issue.id.in_(ids), issues_seen_by(Issue, actor))
    await session.execute(both.order_by(Issue.id).with_for_update(key_share=True))


async def _make_part(session: AsyncSession, issue: Issue, whole: Issue) -> None:
    parts = select(literal(1)).where(
        Issue.parent_id == issue.id,
        unscoped(Issue, reason="that there are parts is told, and nothing of them"),
    )
    has_parts = await session.scalar(select(exists(parts)))
    rules.may_be_part(
        is_part=issue.parent_id is not None,
        has_parts=bool(has_parts),
        whole_is_part=whole.parent_id is not None,
    )
    issue.parent_id = whole.id


async def _merge(
    session: AsyncSession, issue: Issue, into: Issue, actor: Actor, *, note: str | None
) -> None:
    before, state = issue.state, EDITIONS.next(issue.edition, "merge", issue.state)
    place = (issue.level, issue.district, issue.township)
    rules.may_merge(
        alike=place == (into.level, into.district, into.township),
        unfinished=into.state in UNFINISHED,
        state=IssueState(into.state).label,
    )
    issue.state, issue.merged_into, issue.remaining = state, into.id, None
    await ladder.stop_clock(session, issue)
    told = f"{into.number} {note or ''}".strip()
    ladder.note(session, issue, IssueAction.MERGE, actor=actor, text=told, from_state=before)
    fact = ladder.fact(IssueMerged, issue, into_id=into.id, into_number=into.number)
    publish(session, fact, issue)

"""What oversight's facts about rectifications do here."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.filing.actions import file
from services.escalation.issues.rules import (
    IssueKind,
    IssueSeverity,
    IssueSource,
)
from services.escalation.issues.tables import IS_LIVE, Issue
from services.escalation.ladder.actions import note
from services.escalation.ladder.rules import IssueAction
from shared.access.visibility import unscoped
from shared.clock import SHANGHAI, today
from shared.events.oversight.rectifications import (
    RectificationFact,
    RectificationOverdue,
    RectificationRevoked,
    RectificationVerified,
)
from shared.events.oversight.warnings import WarningConfirmed
from shared.facts.inbox import Fact
from shared.law.calendar import last_day_of
from shared.law.divisions import DivisionExpired
from shared.law.tables import scope_of


async def on_rectification_overdue(
    session: AsyncSession, event: RectificationOverdue, fact: Fact
) -> None:
    """Raise an issue where the subject is; history loaded late raises none."""
    if fact.backfill:
        return
    last_day = last_day_of(event.due_at)
    if (issue := await _about(session, event)) is not None:
        told = f"整改再次逾期,期限为{last_day}。"
        note(session, issue, IssueAction.NOTE, actor=None, text=told)
        return
    known = {severity.value for severity in IssueSeverity}
    values = {
        "title": f"整改逾期:{event.subject_name}",
        "description": f"{event.subject_name}(统一社会信用代码{event.organisation})"
        f"未在{last_day}前完成整改。整改事项:{event.requirement}",
        "kind": IssueKind.RECTIFICATION_OVERDUE,
        "major": False,
        "severity": event.severity if event.severity in known else None,
        "source": IssueSource.RECTIFICATION,
        "source_id": event.rectification_id,
        "division": await _standing(session, event.division),
        "occurred_on": fact.time.astimezone(SHANGHAI).date(),
        "legal_basis": event.legal_basis,
        "subject_id": event.subject_id,
        "organisation": event.organisation,
    }
    await file(session, values, actor=None)


async def on_warning_confirmed(session: AsyncSession, event: WarningConfirmed, fact: Fact) -> None:
    """Raise an issue where the subject is, if that is what becomes of the warning."""
    if event.follow_up != "issue" or fact.backfill:
        return
    again = select(Issue.id).where(
        Issue.source == IssueSource.WARNING,
        Issue.source_id == event.warning_id,
        unscoped(Issue, reason="whether the system raised it already"),
    )
    if await session.scalar(again.limit(1)) is not None:
        return  # told again by an operator's replay
    values = {
        "title": f"执法预警属实:{event.subject_name}",
        "description": f"{event.subject_name}(统一社会信用代码{event.organisation})"
        f"的执法行为经核查属实存在问题:{event.rule_name}。",
        "kind": IssueKind.PROMINENT_PROBLEM,
        "major": False,
        "severity": None,
        "source": IssueSource.WARNING,
        "source_id": event.warning_id,
        "division": await _standing(session, event.division),
        "occurred_on": fact.time.astimezone(SHANGHAI).date(),
        "subject_id": event.subject_id,
        "organisation": event.organisation,
    }
    await file(session, values, actor=None)


async def on_rectification_verified(
    session: AsyncSession, event: RectificationVerified, fact: Fact
) -> None:
    """Note that the cause is gone. Closing stays a person's act: why it was late is still open."""
    if (issue := await _about(session, event)) is not None:
        told = "整改已经核验通过,逾期原因消除。"
        note(session, issue, IssueAction.NOTE, actor=None, text=told)


async def on_rectification_revoked(
    session: AsyncSession, event: RectificationRevoked, fact: Fact
) -> None:
    """Note that the order holds no longer; what becomes of the issue is for a person to say."""
    if (issue := await _about(session, event)) is not None:
        told = "责令整改已经撤回。"
        note(session, issue, IssueAction.NOTE, actor=None, text=told)


async def _about(session: AsyncSession, event: RectificationFact) -> Issue | None:
    """The issue about the rectification that is not closed, locked."""
    return (
        await session.execute(
            select(Issue)
            # Written out, so that the planner sees that the partial index fits.
            .where(Issue.source_id == event.rectification_id, text(IS_LIVE))
            .with_for_update()
        )
    ).scalar_one_or_none()


async def _standing(session: AsyncSession, division: str) -> str:
    """The division, or the one that took over from it meanwhile."""
    try:
        await scope_of(session, division, today(session))
    except DivisionExpired as refused:
        successor = refused.details.get("successor")
        if successor is None:
            raise
        return await _standing(session, successor)
    return division

"""Findings over HTTP: recorded, commented on, confirmed or withdrawn."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import or_, select

from services.oversight.findings import actions
from services.oversight.findings.schemas import (
    CommentRequest,
    DecisionRequest,
    FindingCodeView,
    FindingFilters,
    FindingRequest,
    FindingView,
)
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import recused_from
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/findings", "findings")
codes = make_router("/oversight/v1/finding-codes", "findings")

Reader = Annotated[Actor, May("finding:read")]
Decider = Annotated[Actor, May("finding:decide")]


@codes.get("")
async def list_finding_codes(actor: Reader) -> Page[FindingCodeView]:
    """The code book: every kind of finding with its usual severity and legal basis."""
    entries = [FindingCodeView.model_validate(entry.model_dump()) for entry in actions.code_book()]
    return Page(items=entries)


@router.post("", status_code=201)
async def record_finding(
    session: Session, actor: Annotated[Actor, May("finding:record")], body: FindingRequest
) -> FindingView:
    """Record what an inspection found, while its inspectors are on site.

    Title, severity and legal basis are those of the code book unless given. The subject is told
    and may comment for as long as the rule `finding.comment` in force says.
    """
    return FindingView.of(await actions.record(session, actor, body), actor, now(session))


@router.get("")
async def list_findings(
    session: ReadSession, actor: Reader, filters: Annotated[FindingFilters, Query()]
) -> Page[FindingView]:
    """The findings that the caller may see, the newest first."""
    statement = select(Finding).where(visible(Finding, actor))
    for column, value in (
        (Finding.state, filters.state),
        (Finding.inspection_id, filters.inspection_id),
        (Finding.subject_id, filters.subject_id),
        (Finding.officer_id, filters.officer_id),
        (Finding.code, filters.code),
        (Finding.severity, filters.severity),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Finding, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Finding.recorded_at, filters.recorded_from, filters.recorded_to)
    )
    if filters.q is not None:
        statement = statement.where(
            or_(
                *(
                    column.icontains(filters.q, autoescape=True)
                    for column in (Finding.title, Finding.description, Finding.subject_name)
                )
            )
        )
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Finding.id, "comment_due_at": Finding.comment_due_at},
        id=Finding.id,
        paging=filters,
    )
    moment = now(session)
    off = await recused_from(session, actor, [row.inspection_id for (row,) in rows])
    items = [
        FindingView.of(row, actor, moment, recused=row.inspection_id in off) for (row,) in rows
    ]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_finding(session: ReadSession, actor: Reader, id: UUID) -> FindingView:
    """One finding, with what the caller may do with it now."""
    row = await load(session, Finding, id, actor)
    off = await recused_from(session, actor, [row.inspection_id])
    return FindingView.of(row, actor, now(session), recused=bool(off))


@router.post("/{id}/comment")
async def comment_on_finding(
    session: Session,
    actor: Annotated[Actor, May("finding:comment")],
    id: UUID,
    body: CommentRequest,
) -> FindingView:
    """Comment on a finding about one's own body (陈述申辩), once, within the comment period."""
    return FindingView.of(await actions.comment(session, actor, id, body), actor, now(session))


@router.post("/{id}/confirm")
async def confirm_finding(
    session: Session, actor: Decider, id: UUID, body: DecisionRequest
) -> FindingView:
    """Confirm a finding, after the subject's comment or the end of the comment period.

    By another person than the one who recorded it.
    """
    return FindingView.of(await actions.confirm(session, actor, id, body), actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_finding(
    session: Session, actor: Decider, id: UUID, body: DecisionRequest
) -> FindingView:
    """Withdraw a finding that does not stand."""
    return FindingView.of(await actions.withdraw(session, actor, id, body), actor, now(session))

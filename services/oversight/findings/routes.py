"""Findings over HTTP: recorded, commented on, confirmed or withdrawn."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, or_, select

from services.oversight.findings import actions
from services.oversight.findings.schemas import (
    CommentRequest,
    DecisionRequest,
    FindingFilters,
    FindingRequest,
    FindingView,
    LinkFilters,
    LinkRequest,
    LinkView,
    UnlinkRequest,
)
from services.oversight.findings.tables import Finding, FindingLink
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

Reader = Annotated[Actor, May("finding:read")]
Linker = Annotated[Actor, May("finding:link")]
Decider = Annotated[Actor, May("finding:decide")]


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
        (Finding.act_number, filters.act_number),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(Finding, filters.division, direct=filters.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Finding.recorded_at, filters.recorded_from, filters.recorded_to)
    )
    if filters.duplicate is not None:
        known = Finding.duplicate_of.is_not(None)
        statement = statement.where(known if filters.duplicate else not_(known))
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


@router.post("/{id}/reopen")
async def reopen_finding(
    session: Session, actor: Decider, id: UUID, body: DecisionRequest
) -> FindingView:
    """Reopen a finding whose confirmation or withdrawal was wrong (重新审查).

    By another person than the one who decided, once no order to correct it stands. The subject is
    heard anew; the decision that was reopened stays on record.
    """
    return FindingView.of(await actions.reopen(session, actor, id, body), actor, now(session))


@router.post("/{id}/link")
async def link_finding(session: Session, actor: Linker, id: UUID, body: LinkRequest) -> FindingView:
    """Link a finding to another: recorded twice (重复记录), or of the same cause (同一原因).

    A duplicate is about the same subject; it points to the one that counts and is not ordered to be
    corrected.
    """
    return FindingView.of(await actions.link(session, actor, id, body), actor, now(session))


@router.post("/{id}/unlink")
async def unlink_finding(
    session: Session, actor: Linker, id: UUID, body: UnlinkRequest
) -> FindingView:
    """Take back a link that was made from this finding."""
    return FindingView.of(await actions.unlink(session, actor, id, body), actor, now(session))


@router.get("/{id}/links")
async def list_finding_links(
    session: ReadSession, actor: Reader, id: UUID, filters: Annotated[LinkFilters, Query()]
) -> Page[LinkView]:
    """The findings that belong to this one, those alone that the caller may see."""
    await load(session, Finding, id, actor)
    rows, next_cursor, count = await paginate(
        session,
        actions.linked_to(id, actor),
        sort=filters.sort,
        columns={"id": FindingLink.id},
        id=FindingLink.id,
        paging=filters,
    )
    items = [LinkView.of(link, other) for link, other in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)

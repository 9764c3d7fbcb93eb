"""Assignments over HTTP: what the level that has an issue has others do for it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import not_, select

from services.escalation.assignments import actions
from services.escalation.assignments.schemas import (
    AssignmentQuery,
    AssignmentRequest,
    AssignmentView,
    RemarksRequest,
    ReportAssignmentRequest,
)
from services.escalation.assignments.tables import Assignment
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/assignments", "assignments")

Reader = Annotated[Actor, May("assignment:read")]


@router.post("", status_code=201)
async def assign_issue(
    session: Session, actor: Annotated[Actor, May("issue:assign")], body: AssignmentRequest
) -> AssignmentView:
    """Have the office of a division below, or a body, do something for an issue (交办).

    By the level that has the issue, which stays with it; a major matter is handled jointly by
    several assignments. The report is due by the day given, at most by the rule
    `issue.assignment`.
    """
    return AssignmentView.of(await actions.assign(session, actor, body), actor, now(session))


@router.get("")
async def list_assignments(
    session: ReadSession, actor: Reader, query: Annotated[AssignmentQuery, Query()]
) -> Page[AssignmentView]:
    """The assignments that the caller may see, newest first."""
    moment = now(session)
    statement = select(Assignment).where(visible(Assignment, actor))
    if query.issue_id is not None:
        statement = statement.where(Assignment.issue_id == query.issue_id)
    if query.state is not None:
        statement = statement.where(Assignment.state == query.state)
    if query.division is not None:
        place = in_division(Assignment, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else not_(overdue))
    days = in_days(Assignment.assigned_at, query.assigned_from, query.assigned_to)
    rows, cursor, count = await paginate(
        session,
        statement.where(*days),
        sort=query.sort,
        columns={"id": Assignment.id, "due_at": Assignment.due_at},
        id=Assignment.id,
        paging=query,
    )
    items = [AssignmentView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_assignment(session: ReadSession, actor: Reader, id: UUID) -> AssignmentView:
    """One assignment."""
    return AssignmentView.of(await load(session, Assignment, id, actor), actor, now(session))


@router.post("/{id}/report")
async def report_assignment(
    session: Session,
    actor: Annotated[Actor, May("assignment:report")],
    id: UUID,
    body: ReportAssignmentRequest,
) -> AssignmentView:
    """Tell what was done (报告办理结果), as the assignee."""
    row = await actions.report(session, actor, id, body.report)
    return AssignmentView.of(row, actor, now(session))


@router.post("/{id}/accept")
async def accept_assignment(
    session: Session, actor: Annotated[Actor, May("assignment:accept")], id: UUID
) -> AssignmentView:
    """Accept the report: it is done."""
    return AssignmentView.of(await actions.accept(session, actor, id), actor, now(session))


@router.post("/{id}/send-back")
async def send_back_assignment(
    session: Session,
    actor: Annotated[Actor, May("assignment:send_back")],
    id: UUID,
    body: RemarksRequest,
) -> AssignmentView:
    """Send the report back: it is not done, and a new deadline begins."""
    row = await actions.send_back(session, actor, id, body.remarks)
    return AssignmentView.of(row, actor, now(session))


@router.post("/{id}/urge")
async def urge_assignment(
    session: Session,
    actor: Annotated[Actor, May("assignment:urge")],
    id: UUID,
    body: RemarksRequest,
) -> AssignmentView:
    """Urge the assignee (催办)."""
    row = await actions.urge(session, actor, id, body.remarks)
    return AssignmentView.of(row, actor, now(session))


@router.post("/{id}/withdraw")
async def withdraw_assignment(
    session: Session,
    actor: Annotated[Actor, May("assignment:withdraw")],
    id: UUID,
    body: RemarksRequest,
) -> AssignmentView:
    """Withdraw it (撤回): it need not be done any more."""
    row = await actions.withdraw(session, actor, id, body.remarks)
    return AssignmentView.of(row, actor, now(session))

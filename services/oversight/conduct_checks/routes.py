"""Checks of conduct over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.oversight.conduct_checks import actions
from services.oversight.conduct_checks.schemas import (
    ChecklistItemView,
    ChecklistView,
    ConductCheckFilters,
    ConductCheckRequest,
    ConductCheckView,
    VoidCheckRequest,
)
from services.oversight.conduct_checks.tables import Checked, ConductCheck
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.law.places import in_division
from shared.web import router as make_router
from shared.web.paging import Page, paginate

router = make_router("/oversight/v1/conduct-checks", "conduct checks")
checklists = make_router("/oversight/v1/conduct-checklist", "conduct checks")

Reader = Annotated[Actor, May("conduct_check:read")]
Decider = Annotated[Actor, May("conduct_check:decide")]


@checklists.get("")
async def get_conduct_checklist(session: ReadSession, actor: Reader) -> ChecklistView:
    """The checklist of conduct in force (执法风纪检查清单), with what it rests on."""
    held, known = await actions.checklist(session)
    return ChecklistView(
        edition=known.edition,
        effective_from=held.effective_from,
        legal_basis=held.legal_basis,
        provisional=held.provisional,
        items=[ChecklistItemView.model_validate(item) for item in known.items],
    )


@router.post("", status_code=201)
async def record_conduct_check(
    session: Session,
    actor: Annotated[Actor, May("conduct_check:record")],
    body: ConductCheckRequest,
) -> ConductCheckView:
    """Record how officers looked and behaved (仪容仪表、执法风纪), item by item, while on site."""
    return ConductCheckView.of(await actions.record(session, actor, body), actor)


@router.get("")
async def list_conduct_checks(
    session: ReadSession, actor: Reader, filters: Annotated[ConductCheckFilters, Query()]
) -> Page[ConductCheckView]:
    """The checks of conduct that the caller may see, the newest first."""
    statement = actions.checks_of(actor)
    for column, value in (
        (ConductCheck.state, filters.state),
        (ConductCheck.inspection_id, filters.inspection_id),
        (ConductCheck.subject_id, filters.subject_id),
        (ConductCheck.officer_id, filters.officer_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.division is not None:
        place = in_division(ConductCheck, filters.division, direct=filters.direct)
        statement = statement.where(place)
    if filters.observed_from is not None:
        statement = statement.where(ConductCheck.observed_on >= filters.observed_from)
    if filters.observed_to is not None:
        statement = statement.where(ConductCheck.observed_on <= filters.observed_to)
    rows, next_cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": ConductCheck.id},
        id=ConductCheck.id,
        paging=filters,
    )
    items = [ConductCheckView.of(Checked(*row), actor) for row in rows]
    return Page(items=items, next_cursor=next_cursor, count=count)


@router.get("/{id}")
async def get_conduct_check(session: ReadSession, actor: Reader, id: UUID) -> ConductCheckView:
    """One check of conduct, and the findings that it led to."""
    return ConductCheckView.of(await actions.read(session, actor, id), actor)


@router.post("/{id}/clear")
async def clear_conduct_check(session: Session, actor: Decider, id: UUID) -> ConductCheckView:
    """Decide that nothing was wrong: by another person than the one who recorded it."""
    return ConductCheckView.of(await actions.clear(session, actor, id), actor)


@router.post("/{id}/establish")
async def establish_conduct_violation(
    session: Session, actor: Decider, id: UUID
) -> ConductCheckView:
    """Decide that there is a violation: by another person than the one who recorded it.

    Each kind of violation becomes a finding of the inspection, on which the subject is heard.
    """
    return ConductCheckView.of(await actions.establish(session, actor, id), actor)


@router.post("/{id}/void")
async def void_conduct_check(
    session: Session, actor: Decider, id: UUID, body: VoidCheckRequest
) -> ConductCheckView:
    """Say that a check does not count, before it is decided on."""
    return ConductCheckView.of(await actions.void(session, actor, id, body), actor)

"""Schemes of appraisal over HTTP: see `appraisal_schemes.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.appraisal_schemes import actions
from services.oversight.appraisal_schemes.schemas import (
    DiscardRequest,
    SchemePatch,
    SchemeQuery,
    SchemeRequest,
    SchemeView,
)
from services.oversight.appraisal_schemes.tables import AppraisalScheme
from services.oversight.permissions import oversees
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/appraisal-schemes", "appraisals")

Reader = Annotated[Actor, May("appraisal_scheme:read")]
Drafter = Annotated[Actor, May("appraisal_scheme:draft")]


async def _view(session: AsyncSession, row: AppraisalScheme, actor: Actor) -> SchemeView:
    in_charge = oversees(actor, row.division, row.scope)
    return SchemeView.of(row, actor, in_charge=in_charge, total=await actions.total(session))


@router.get("")
async def list_appraisal_schemes(
    session: ReadSession, actor: Reader, query: Annotated[SchemeQuery, Query()]
) -> Page[SchemeView]:
    """The schemes of appraisal (评议考核方案) that the caller may see, all editions."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [await _view(session, row, actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def draft_appraisal_scheme(
    session: Session, actor: Drafter, body: SchemeRequest
) -> SchemeView:
    """Draft the scheme of a year and a division, or its next edition: indicators and vetoes.

    It is for subjects (执法主体), or for the governments of one level (下级政府) below the
    division; a year may have one of each.
    """
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_appraisal_scheme(session: ReadSession, actor: Reader, id: UUID) -> SchemeView:
    """One edition of a scheme."""
    return await _view(session, await load(session, AppraisalScheme, id, actor), actor)


@router.patch("/{id}")
async def change_appraisal_scheme(
    session: Session, actor: Drafter, id: UUID, body: SchemePatch
) -> SchemeView:
    """Change a draft. What was adopted stays: a change of it is the next edition."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/adopt")
async def adopt_appraisal_scheme(
    session: Session, actor: Annotated[Actor, May("appraisal_scheme:adopt")], id: UUID
) -> SchemeView:
    """Adopt an edition (印发), by another person than who drafted it; it supersedes the last one.

    The weights must make up what the rule `appraisal.total` says. Appraisals that were opened by
    the edition before stay with it.
    """
    return await _view(session, await actions.adopt(session, actor, id), actor)


@router.post("/{id}/discard")
async def discard_appraisal_scheme(
    session: Session, actor: Drafter, id: UUID, body: DiscardRequest
) -> SchemeView:
    """Give a draft up."""
    return await _view(session, await actions.discard(session, actor, id, body.reason), actor)

"""Powers over HTTP: see `powers.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.powers import actions
from services.registry.powers.schemas import (
    EXPORTED,
    ActivateRequest,
    AssignRequest,
    DismissRequest,
    EditionQuery,
    PowerEditionView,
    PowerExport,
    PowerPatch,
    PowerQuery,
    PowerRequest,
    PowerView,
    ProposeRequest,
    RepealRequest,
)
from services.registry.powers.tables import Power
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import today
from shared.db import ReadSession, Session
from shared.past import AsOfQuery, as_of
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/registry/v1/powers", "powers")


async def _view(session: AsyncSession, power: Power, actor: Actor) -> PowerView:
    states = await actions.subject_states(session, [power])
    state = states.get(power.subject_id)
    return PowerView.of(power, actor, today=today(session), subject_state=state)


@router.get("")
async def list_powers(
    session: ReadSession,
    actor: Annotated[Actor, May("power:read")],
    query: Annotated[PowerQuery, Query()],
) -> Page[PowerView]:
    """The powers (行政职权) of the subjects that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    past = query.as_of is not None
    states = {} if past else await actions.subject_states(session, rows)
    day = today(session)
    items = [
        PowerView.of(row, actor, today=day, subject_state=states.get(row.subject_id), past=past)
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_powers(
    request: Request,
    actor: Annotated[Actor, May("power:read")],
    query: Annotated[PowerExport, Query()],
) -> Response:
    """The same list as a file: all of it, with the same filters (导出)."""
    return await export(
        request, actor, query, list_powers, of=PowerQuery, name="powers", columns=EXPORTED
    )


@router.post("", status_code=201)
async def draft_power(
    session: Session, actor: Annotated[Actor, May("power:draft")], body: PowerRequest
) -> PowerView:
    """File a power of a subject as a draft; its level is the subject's."""
    return await _view(session, await actions.draft(session, actor, body), actor)


@router.get("/{id}")
async def get_power(
    session: ReadSession,
    actor: Annotated[Actor, May("power:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> PowerView:
    """One power, now or as of a day."""
    power = await load(session, as_of(Power, query.as_of), id, actor)
    if query.as_of is not None:
        return PowerView.of(power, actor, today=today(session), past=True)
    return await _view(session, power, actor)


@router.get("/{id}/editions")
async def list_power_editions(
    session: ReadSession,
    actor: Annotated[Actor, May("power:read")],
    id: UUID,
    query: Annotated[EditionQuery, Query()],
) -> Page[PowerEditionView]:
    """All that the power ever said, each from a day to a day."""
    rows, cursor, count = await actions.editions(session, actor, id, query)
    items = [PowerEditionView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.patch("/{id}")
async def change_power(
    session: Session, actor: Annotated[Actor, May("power:draft")], id: UUID, body: PowerPatch
) -> PowerView:
    """Change a draft. A power in force is changed by an amendment: see `propose`."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/withdraw")
async def withdraw_power(
    session: Session, actor: Annotated[Actor, May("power:draft")], id: UUID
) -> PowerView:
    """Drop a draft (撤回); the code may then be used again."""
    return await _view(session, await actions.withdraw(session, actor, id), actor)


@router.post("/{id}/activate")
async def activate_power(
    session: Session,
    actor: Annotated[Actor, May("power:approve")],
    id: UUID,
    body: ActivateRequest | None = None,
) -> PowerView:
    """Approve a draft (审核生效): by the legal office, never by a person who drew it up.

    The power needs a legal basis, and its subject must be published.
    """
    since = body.since if body else None
    return await _view(session, await actions.activate(session, actor, id, since), actor)


@router.post("/{id}/propose")
async def propose_power_amendment(
    session: Session, actor: Annotated[Actor, May("power:draft")], id: UUID, body: ProposeRequest
) -> PowerView:
    """Propose a new edition of a power in force, from a day on (职权变更).

    The power stays as it is until the legal office approves; a proposal replaces the one before.
    """
    return await _view(session, await actions.propose(session, actor, id, body), actor)


@router.post("/{id}/amend")
async def amend_power(
    session: Session, actor: Annotated[Actor, May("power:approve")], id: UUID
) -> PowerView:
    """Approve the proposal, on its day or later: the new edition is in force since that day.

    By the legal office, never by the person who proposed it.
    """
    return await _view(session, await actions.amend(session, actor, id), actor)


@router.post("/{id}/dismiss")
async def dismiss_power_amendment(
    session: Session, actor: Annotated[Actor, May("power:approve")], id: UUID, body: DismissRequest
) -> PowerView:
    """Do not approve the proposal, for a reason; the power stays as it is."""
    return await _view(session, await actions.dismiss(session, actor, id, body.reason), actor)


@router.post("/{id}/assign")
async def assign_power(
    session: Session, actor: Annotated[Actor, May("power:approve")], id: UUID, body: AssignRequest
) -> PowerView:
    """Have another subject take over a power whose own has ended (职权承接).

    A subject that was split leaves its powers to be assigned to its successors, one by one; until
    then nobody exercises them (`?unassigned=true`). It is that subject's from today.
    """
    power = await actions.assign(session, actor, id, subject_id=body.subject_id, reason=body.reason)
    return await _view(session, power, actor)


@router.post("/{id}/repeal")
async def repeal_power(
    session: Session, actor: Annotated[Actor, May("power:repeal")], id: UUID, body: RepealRequest
) -> PowerView:
    """End a power (废止), since a day up to today; the code may then be used again."""
    power = await actions.repeal(session, actor, id, reason=body.reason, since=body.since)
    return await _view(session, power, actor)

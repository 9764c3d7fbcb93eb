"""Empowerments over HTTP: see `empowerments.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.empowerments import actions
from services.registry.empowerments.schemas import (
    CapacityRequest,
    CasesRequest,
    EmpowermentEvaluateRequest,
    EmpowermentPatch,
    EmpowermentQuery,
    EmpowermentRequest,
    EmpowermentView,
    ReasonRequest,
    TakeOverRequest,
    TrainRequest,
    WithdrawRequest,
)
from services.registry.empowerments.tables import Empowerment
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.past import AsOfQuery, as_of
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/empowerments", "empowerments")


async def _view(session: AsyncSession, row: Empowerment, actor: Actor) -> EmpowermentView:
    capable = row.id in await actions.capable(session, [row])
    sides = actions.sides(actor, row)
    return EmpowermentView.of(row, actor, now=now(session), sides=sides, capable=capable)


@router.get("")
async def list_empowerments(
    session: ReadSession,
    actor: Annotated[Actor, May("empowerment:read")],
    query: Annotated[EmpowermentQuery, Query()],
) -> Page[EmpowermentView]:
    """The powers handed down to townships (赋权) that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    past = query.as_of is not None
    capable = set() if past else await actions.capable(session, rows)
    moment = now(session)
    items = [
        EmpowermentView.of(
            row,
            actor,
            now=moment,
            sides=actions.sides(actor, row),
            capable=row.id in capable,
            past=past,
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def propose_empowerment(
    session: Session, actor: Annotated[Actor, May("empowerment:propose")], body: EmpowermentRequest
) -> EmpowermentView:
    """Propose that a district body's power be handed down to a township, by a published decision.

    A township has a power once; only what is marked as allowed to townships is handed down.
    """
    return await _view(session, await actions.propose(session, actor, body), actor)


@router.get("/{id}")
async def get_empowerment(
    session: ReadSession,
    actor: Annotated[Actor, May("empowerment:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> EmpowermentView:
    """One empowerment, now or as of a day."""
    row = await load(session, as_of(Empowerment, query.as_of), id, actor)
    if query.as_of is not None:
        return EmpowermentView.of(row, actor, now=now(session), past=True)
    return await _view(session, row, actor)


@router.patch("/{id}")
async def change_empowerment(
    session: Session,
    actor: Annotated[Actor, May("empowerment:propose")],
    id: UUID,
    body: EmpowermentPatch,
) -> EmpowermentView:
    """Change a proposal: its decision, its basis or its first day."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/check")
async def check_empowerment_capacity(
    session: Session,
    actor: Annotated[Actor, May("empowerment:check")],
    id: UUID,
    body: CapacityRequest,
) -> EmpowermentView:
    """Record that the township can take the power up (承接能力评估); never by who proposed it.

    Its officers with a good certificate are counted; too few, or no equipment or premises, is
    refused.
    """
    return await _view(session, await actions.check(session, actor, id, body), actor)


@router.post("/{id}/train")
async def train_for_empowerment(
    session: Session,
    actor: Annotated[Actor, May("empowerment:hand_over")],
    id: UUID,
    body: TrainRequest,
) -> EmpowermentView:
    """Record the training of the township's officers for the power."""
    return await _view(session, await actions.train(session, actor, id, body), actor)


@router.post("/{id}/handover")
async def hand_over_cases(
    session: Session,
    actor: Annotated[Actor, May("empowerment:hand_over")],
    id: UUID,
    body: CasesRequest,
) -> EmpowermentView:
    """Hand over the running cases (移交在办案件), by the district's body; none is a list too."""
    return await _view(session, await actions.hand_over(session, actor, id, body), actor)


@router.post("/{id}/takeover")
async def take_over_cases(
    session: Session,
    actor: Annotated[Actor, May("empowerment:take_over")],
    id: UUID,
    body: TakeOverRequest | None = None,
) -> EmpowermentView:
    """Confirm the running cases, for the township: the power begins on its first day, or now."""
    on = body.on if body else None
    return await _view(session, await actions.take_over(session, actor, id, on), actor)


@router.post("/{id}/evaluate")
async def evaluate_empowerment(
    session: Session,
    actor: Annotated[Actor, May("empowerment:evaluate")],
    id: UUID,
    body: EmpowermentEvaluateRequest,
) -> EmpowermentView:
    """Record the yearly evaluation (定期评估): keep, adjust, or withdraw."""
    return await _view(session, await actions.evaluate(session, actor, id, body), actor)


@router.post("/{id}/withdraw")
async def withdraw_empowerment(
    session: Session,
    actor: Annotated[Actor, May("empowerment:withdraw")],
    id: UUID,
    body: WithdrawRequest,
) -> EmpowermentView:
    """Take the power back from today (收回), the running cases with it."""
    return await _view(session, await actions.withdraw(session, actor, id, body), actor)


@router.post("/{id}/drop")
async def drop_empowerment(
    session: Session,
    actor: Annotated[Actor, May("empowerment:propose")],
    id: UUID,
    body: ReasonRequest,
) -> EmpowermentView:
    """Give up what has not begun; the power may then be proposed for the township again."""
    return await _view(session, await actions.drop(session, actor, id, body.reason), actor)

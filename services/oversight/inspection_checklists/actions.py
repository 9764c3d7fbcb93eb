"""Choosing an inspection's checklists and taking their results, each exactly once."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.checklists.rules import ChecklistState
from services.oversight.checklists.tables import Checklist
from services.oversight.inspection_checklists import rules
from services.oversight.inspection_checklists.rules import FILL, Receipt, ResultRefused, Told
from services.oversight.inspection_checklists.schemas import (
    BatchRequest,
    BatchView,
    ReceiptView,
    ResultRequest,
)
from services.oversight.inspection_checklists.tables import ChecklistResult, InspectionChecklist
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import permissions_towards, require
from shared.access.actor import Actor
from shared.clock import now
from shared.events.oversight.checklists import (
    ChecklistChosen,
    ChecklistPrepared,
    ChecklistResultsRecorded,
)
from shared.facts import publish
from shared.refusals import NotFound
from shared.web.preconditions import check_precondition

Results = dict[str, ChecklistResult]


async def of_inspection(
    session: AsyncSession, actor: Actor, inspection_id: UUID
) -> tuple[Inspection, list[InspectionChecklist], dict[UUID, Results]]:
    """The checklists of a visible inspection, with their results."""
    inspection = await inspections.read(session, actor, inspection_id)
    rows = list(
        await session.scalars(
            select(InspectionChecklist)
            .where(InspectionChecklist.inspection_id == inspection_id)
            .order_by(InspectionChecklist.id)
        )
    )
    return inspection, rows, await _results(session, [row.id for row in rows])


async def read(
    session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False
) -> tuple[InspectionChecklist, Inspection, Results]:
    """One checklist of a visible inspection, with its results by item."""
    row = await session.get(InspectionChecklist, id)
    if row is None:
        raise NotFound
    # The inspection first, as those do that sign it: nothing is added to what was signed.
    inspection = await inspections.read(session, actor, row.inspection_id, lock=lock)
    if lock:
        await session.refresh(row, with_for_update=True)
        check_precondition(id, row.version)
    return row, inspection, (await _results(session, [id]))[id]


async def choose(
    session: AsyncSession, actor: Actor, inspection_id: UUID, template_id: UUID
) -> tuple[InspectionChecklist, Inspection]:
    """Hold the inspection by a published checklist, as it is now."""
    inspection = await inspections.read(session, actor, inspection_id, lock=True)
    _check(actor, inspection)
    rules.may_choose(inspection.state)
    template = await session.get(Checklist, template_id)
    if template is None or template.state != ChecklistState.PUBLISHED:
        raise rules.ChecklistUnknown(checklist_id=str(template_id))
    row = InspectionChecklist(
        inspection_id=inspection_id,
        template_id=template_id,
        code=template.code,
        edition=template.edition,
        title=template.title,
        items=template.items,
        chosen_at=now(session),
        chosen_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    kind = ChecklistPrepared if inspection.concealed else ChecklistChosen
    fact = kind(
        inspection_checklist_id=row.id,
        inspection_id=inspection_id,
        code=row.code,
        edition=row.edition,
        division=inspection.division,
    )
    publish(session, fact, at=inspection)
    return row, inspection


async def record(session: AsyncSession, actor: Actor, id: UUID, request: BatchRequest) -> BatchView:
    """Take the results of a batch one by one; what is refused does not hold up the others."""
    row, inspection, current = await read(session, actor, id, lock=True)
    _check(actor, inspection)
    rules.may_fill(inspection.state)
    ids = [str(one.client_id) for one in request.results]
    known = {
        one.client_id: one
        for one in await session.scalars(
            select(ChecklistResult).where(
                ChecklistResult.checklist_id == id, ChecklistResult.client_id.in_(ids)
            )
        )
    }
    receipts = []
    for one in request.results:
        try:
            receipt = await _take(session, actor, row, inspection, one, current, known)
            told = ReceiptView(client_id=one.client_id, receipt=receipt, code=None, detail=None)
        except ResultRefused as refusal:
            told = ReceiptView(
                client_id=one.client_id,
                receipt=Receipt.REFUSED,
                code=refusal.code,
                detail=refusal.sentence("zh-CN"),
            )
        receipts.append(told)
    counts = [sum(one.receipt == kind for one in receipts) for kind in Receipt]
    if counts[0]:
        row.batches += 1
        await session.flush()
        fact = ChecklistResultsRecorded(
            inspection_checklist_id=row.id,
            inspection_id=inspection.id,
            code=row.code,
            edition=row.edition,
            division=inspection.division,
            accepted=counts[0],
            answered=len(current),
            items=len(row.items),
        )
        publish(session, fact, at=inspection)
    return BatchView(accepted=counts[0], duplicates=counts[1], refused=counts[2], results=receipts)


def is_open(actor: Actor, inspection: Inspection) -> bool:
    """Whether the caller may upload results now."""
    recused = inspection.recused(actor.sub)
    allowed = permissions_towards(actor, inspection, recused=recused)
    return FILL in allowed and inspection.state == InspectionState.ON_SITE


async def _take(
    session: AsyncSession,
    actor: Actor,
    row: InspectionChecklist,
    inspection: Inspection,
    request: ResultRequest,
    current: Results,
    known: Results,
) -> Receipt:
    told = Told(
        client_id=str(request.client_id),
        item=request.item,
        outcome=request.outcome,
        note=request.note,
        inspector=request.inspector,
        recorded_at=request.recorded_at,
        replaces=str(request.replaces) if request.replaces else None,
    )
    before = known.get(told.client_id)
    if rules.is_known(told, Told(*(getattr(before, n) for n in Told._fields)) if before else None):
        return Receipt.DUPLICATE
    former = current.get(told.item)
    assert inspection.started_at is not None
    rules.may_take(
        told,
        items=[item["code"] for item in row.items],
        current=former.client_id if former else None,
        inspectors=[one["sub"] for one in inspection.inspectors],
        started_at=inspection.started_at,
        now=now(session),
    )
    if former is not None:
        former.replaced_by = told.client_id
        await session.flush()
    result = ChecklistResult(
        **told._asdict(),
        checklist_id=row.id,
        received_at=now(session),
        received_by=actor.sub,
    )
    session.add(result)
    await session.flush()
    current[told.item] = known[told.client_id] = result
    return Receipt.ACCEPTED


def _check(actor: Actor, inspection: Inspection) -> None:
    require(actor, inspection, FILL)
    if inspection.recused(actor.sub):
        raise ActorRecused


async def _results(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Results]:
    found: dict[UUID, Results] = {id: {} for id in ids}
    rows = await session.scalars(
        select(ChecklistResult).where(
            ChecklistResult.checklist_id.in_(ids), ChecklistResult.replaced_by.is_(None)
        )
    )
    for row in rows:
        found[row.checklist_id][row.item] = row
    return found

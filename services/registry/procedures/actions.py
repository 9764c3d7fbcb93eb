"""The verbs of procedures: load, decide, lay down, publish."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.item_lists.tables import ItemList
from services.registry.items.tables import Item
from services.registry.permissions import in_charge_of_place
from services.registry.procedures import rules
from services.registry.procedures.schemas import EditionQuery, ProcedureRequest, UnitRequest
from services.registry.procedures.tables import Procedure
from services.registry.subjects.rules import NotInCharge, SubjectState
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.procedures import ProcedureLaidDown
from shared.facts import publish
from shared.law.tables import scope_of
from shared.past import may_begin
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition


async def read(session: AsyncSession, actor: Actor, item_id: UUID, day: date | None) -> Procedure:
    """The procedure of a visible item, as it is or was on a day."""
    item = await load(session, Item, item_id, actor)
    found = select(Procedure).where(
        Procedure.division == item.township,
        Procedure.code == item.code,
        visible(Procedure, actor),
    )
    if day is None:
        found = found.where(Procedure.until.is_(None))
    else:
        still = or_(Procedure.until.is_(None), Procedure.until > day)
        found = found.where(Procedure.since <= day, still)
    procedure = (await session.execute(found)).scalar_one_or_none()
    if procedure is None:
        raise NotFound
    return procedure


async def editions(
    session: AsyncSession, actor: Actor, item_id: UUID, query: EditionQuery
) -> tuple[list[Procedure], str | None, int | None]:
    """All editions of the procedure of a visible item."""
    item = await load(session, Item, item_id, actor)
    rows, cursor, count = await paginate(
        session,
        select(Procedure).where(
            Procedure.division == item.township,
            Procedure.code == item.code,
            visible(Procedure, actor),
        ),
        sort=query.sort,
        columns={"edition": Procedure.edition},
        id=Procedure.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def lay_down(
    session: AsyncSession, actor: Actor, item_id: UUID, request: ProcedureRequest
) -> Procedure:
    """The next edition, which ends the one before."""
    item = await load(session, Item, item_id, actor)
    if not in_charge_of_place(actor, district=item.district, township=item.township):
        raise NotInCharge
    item_list = await load(session, ItemList, item.item_list_id, actor)
    rules.may_lay_down(list_state=item_list.state)
    scope = await scope_of(session, item_list.division)
    current = await _current(session, actor, item)
    check_precondition(item_id, current.edition if current else 0)
    day = today(session)
    since = request.since or day
    may_begin(since=since, after=current.since if current else None, today=day)
    units = [request.lead, *request.support]
    subjects = await _subjects(session, item, {u.subject_id for u in units if u.subject_id})
    lead, *support = [_unit(unit, subjects) for unit in units]
    rules.may_take_part(
        units=[(unit["subject_id"] or unit["name"], unit["name"]) for unit in (lead, *support)]
    )
    if current is not None:
        current.until = since
        await session.flush()  # before the insert, which would come first
    told = request.model_dump(mode="json", include={"steps", "time_limit"})
    procedure = Procedure(
        **told,
        division=item_list.division,
        code=item.code,
        domains=item.domains,
        district=scope.district,
        township=scope.township,
        edition=(current.edition if current else 0) + 1,
        lead=lead,
        support=support,
        since=since,
        laid_down_by=actor.sub,
        created_at=now(session),
    )
    session.add(procedure)
    await session.flush()
    fact = ProcedureLaidDown(
        procedure_id=procedure.id,
        division=procedure.division,
        code=procedure.code,
        edition=procedure.edition,
        lead=lead["name"],
        lead_id=lead["subject_id"],
        support=[unit["name"] for unit in support],
        since=since,
    )
    publish(session, fact, at=procedure)
    return procedure


async def _current(session: AsyncSession, actor: Actor, item: Item) -> Procedure | None:
    found = select(Procedure).where(
        Procedure.division == item.township,
        Procedure.code == item.code,
        Procedure.until.is_(None),
        visible(Procedure, actor),
    )
    return (await session.execute(found.with_for_update())).scalar_one_or_none()


async def _subjects(session: AsyncSession, item: Item, ids: set[UUID]) -> dict[UUID, str]:
    """Names of the published subjects of the item's place, and above, among `ids`: all of them."""
    if not ids:
        return {}
    found = select(Subject.id, Subject.name).where(
        Subject.id.in_(ids),
        Subject.state == SubjectState.PUBLISHED,
        or_(
            Subject.district.is_(None),
            (Subject.district == item.district)
            & or_(Subject.township.is_(None), Subject.township == item.township),
        ),
        unscoped(Subject, reason="published subjects above a township can support it"),
    )
    names = {row.id: row.name for row in await session.execute(found)}
    if names.keys() != ids:
        raise rules.UnitUnknown
    return names


def _unit(unit: UnitRequest, subjects: dict[UUID, str]) -> dict[str, Any]:
    name = unit.name or (subjects[unit.subject_id] if unit.subject_id else None)
    if name is None:
        raise rules.UnitNameless
    return {**unit.model_dump(mode="json"), "name": name}

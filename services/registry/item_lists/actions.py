"""The verbs of township item lists: load, decide, change, publish."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.item_lists import rules
from services.registry.item_lists.schemas import (
    DecideRequest,
    EvaluateRequest,
    EvaluationQuery,
    ItemListQuery,
    ItemListRequest,
)
from services.registry.item_lists.tables import ItemList, ItemListEvaluation
from services.registry.items import actions as items
from services.registry.items.tables import Item
from services.registry.permissions import covers, in_charge_of_place
from services.registry.powers.tables import Power
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.item_lists import (
    ItemListChanged,
    ItemListDecided,
    ItemListDrafted,
    ItemListEvaluated,
    ItemListEvaluationDue,
    ItemListFact,
    ItemListPowerEnded,
    ItemListPublished,
    ItemListReviewed,
    ItemListSubmitted,
    ItemListSuperseded,
    ItemListWithdrawn,
    ListedItem,
)
from shared.facts import publish as leave
from shared.law.calendar import due
from shared.law.divisions import DivisionUnknown
from shared.law.tables import calendar_of, rule, scope_of
from shared.refusals import NotFound
from shared.timers import cancel, schedule
from shared.web.paging import paginate

EVALUATION = "item_list.evaluation"
"""The timer, and the rule, of the yearly evaluation."""

_SORTS = {"id": ItemList.id, "updated_at": ItemList.updated_at}


async def page(
    session: AsyncSession, actor: Actor, query: ItemListQuery
) -> tuple[list[ItemList], str | None, int | None]:
    """The caller's lists that match, one page of them; with a day those in force on it."""
    statement = select(ItemList).where(visible(ItemList, actor))
    if query.as_of:
        statement = statement.where(*_in_force(query.as_of))
        if query.state not in (None, rules.ItemListState.PUBLISHED):
            statement = statement.where(ItemList.id.is_(None))  # then they all were in force
    elif query.state:
        statement = statement.where(ItemList.state == query.state)
    if query.domain:
        statement = statement.where(ItemList.domains.contains([query.domain]))
    if query.overdue is not None:
        late = func.coalesce(ItemList.due_at <= now(session), False)
        statement = statement.where(late.is_(query.overdue))
    if query.township:
        statement = statement.where(ItemList.division == query.township)
    if query.division:
        statement = statement.where(in_division(ItemList, query.division, query.as_of))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=ItemList.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, day: date | None) -> ItemList:
    """One visible list; with a day only if it was in force on it."""
    if day is None:
        return await load(session, ItemList, id, actor)
    found = select(ItemList).where(ItemList.id == id, visible(ItemList, actor), *_in_force(day))
    item_list = (await session.execute(found)).scalar_one_or_none()
    if item_list is None:
        raise NotFound
    return item_list


def _in_force(day: date) -> tuple[Any, ...]:
    return (
        ItemList.effective_from <= day,
        or_(ItemList.effective_to.is_(None), ItemList.effective_to > day),
    )


async def evaluations(
    session: AsyncSession, actor: Actor, id: UUID, query: EvaluationQuery
) -> tuple[list[ItemListEvaluation], str | None, int | None]:
    """What the yearly evaluations of a visible list found."""
    await load(session, ItemList, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(ItemListEvaluation).where(ItemListEvaluation.item_list_id == id),
        sort=query.sort,
        columns={"id": ItemListEvaluation.id},
        id=ItemListEvaluation.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


# ---------------------------------------------------------------- preparing


async def prepare(session: AsyncSession, actor: Actor, request: ItemListRequest) -> ItemList:
    """Begin a list of a township of the caller's, with the items of another if one is named."""
    scope = await place(session, actor, request.division)
    item_list = begun(scope, actor, now(session))
    session.add(item_list)
    await session.flush()  # before the rows that point at it
    if request.based_on:
        await items.copy(session, actor, request.based_on, item_list)
    await items.count(session, item_list)
    return await _done(session, item_list, ItemListDrafted)


async def place(session: AsyncSession, actor: Actor, division: str) -> Scope:
    """Where a township lies whose lists the caller draws up; it stays there till the commit."""
    day = today(session)
    scope = await scope_of(session, division, day)
    if not covers(actor, scope.district, scope.township):
        # A division that is not the caller's looks like none.
        raise DivisionUnknown(division=division, on=day.isoformat())
    rules.may_prepare(is_township=scope.township is not None, division=division)
    if not in_charge_of_place(actor, district=scope.district, township=scope.township):
        raise NotInCharge
    return scope


def begun(at: Scope, author: Actor, moment: datetime) -> ItemList:
    """The next list of a township, without items."""
    return ItemList(
        division=at.township,
        district=at.district,
        township=at.township,
        domains=[],
        statutory=0,
        empowered=0,
        entrusted=0,
        state=rules.LIFECYCLE.initial,
        authors=[author.sub],
        created_at=moment,
        updated_at=moment,
    )


async def replace(
    session: AsyncSession, actor: Actor, id: UUID, told: Sequence[dict[str, Any]]
) -> ItemList:
    """The items of a draft are these, and no others."""
    item_list = await _edit(session, actor, id)
    await items.replace(session, item_list, told)
    return await _changed(session, actor, item_list)


async def add(session: AsyncSession, actor: Actor, id: UUID, told: dict[str, Any]) -> Item:
    """One more item, at the end of a draft."""
    item_list = await _edit(session, actor, id)
    item = await items.append(session, item_list, told)
    await _changed(session, actor, item_list)
    return item


async def remove(session: AsyncSession, actor: Actor, item_id: UUID) -> None:
    """One item less, of a draft."""
    item = await load(session, Item, item_id, actor)
    item_list = await _edit(session, actor, item.item_list_id)
    # Locked only now, behind the list: it may have been removed meanwhile.
    item = await load(session, Item, item_id, actor, lock=True)
    await session.delete(item)
    await session.flush()
    await _changed(session, actor, item_list)


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> ItemList:
    """Hand the list to legal review."""
    item_list = await _take(session, actor, id, "submit")
    rules.may_submit(items=item_list.items)
    item_list.reason = None
    return await _done(session, item_list, ItemListSubmitted, "submit")


async def review(session: AsyncSession, actor: Actor, id: UUID) -> ItemList:
    """Legal review passes it on to the council."""
    item_list = await _take(session, actor, id, "review")
    rules.may_review(reviewer=actor.sub, authors=item_list.authors)
    item_list.reviewed_by = actor.sub
    return await _done(session, item_list, ItemListReviewed, "review")


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> ItemList:
    """Back to the township, which finds the reason there."""
    item_list = await _take(session, actor, id, "return")
    item_list.reason = reason
    item_list.reviewed_by = item_list.decision_no = item_list.decided_on = None
    return await _done(session, item_list, ItemListReviewed, "return")


async def decide(session: AsyncSession, actor: Actor, id: UUID, request: DecideRequest) -> ItemList:
    """The council has decided."""
    item_list = await _take(session, actor, id, "decide")
    rules.has_been(request.decided_on, today=today(session))
    item_list.decision_no, item_list.decided_on = request.decision_no, request.decided_on
    told = request.model_dump()
    return await _done(session, item_list, ItemListDecided, "decide", **told)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID) -> ItemList:
    """It will not be published."""
    item_list = await _take(session, actor, id, "withdraw")
    return await _done(session, item_list, ItemListWithdrawn, "withdraw")


# ---------------------------------------------------------------- in force


async def publish(
    session: AsyncSession, actor: Actor, id: UUID, effective_from: date | None
) -> ItemList:
    """It is in force, in the place of the list before."""
    item_list = await _take(session, actor, id, "publish")
    listed = await items.listed(session, item_list)
    founded = await items.is_founded(session, listed)
    rules.may_publish(decided_on=item_list.decided_on, founded=founded)
    assert item_list.decided_on is not None
    locked = (
        select(ItemList)
        .where(
            ItemList.division == item_list.division,
            ItemList.state == rules.ItemListState.PUBLISHED,
            visible(ItemList, actor),
        )
        .with_for_update()
    )
    former = (await session.execute(locked)).scalar_one_or_none()
    since = effective_from or today(session)
    rules.may_take_effect(
        effective_from=since,
        decided_on=item_list.decided_on,
        former=former.effective_from if former else None,
        today=today(session),
    )
    if former is not None:
        await cancel(session, EVALUATION, former.id)
        former.effective_to, former.due_at = since, None
        await _done(session, former, ItemListSuperseded, "supersede", successor_id=id)
    due_at = await _schedule_evaluation(session, item_list)
    item_list.edition = 1 + ((former.edition or 0) if former else 0)
    item_list.effective_from, item_list.due_at = since, due_at
    item_list.state = rules.LIFECYCLE.next("publish", item_list.state)
    item_list.updated_at = now(session)
    await session.flush()
    _tell_published(session, item_list, listed)
    return item_list


async def evaluate(
    session: AsyncSession, actor: Actor, id: UUID, request: EvaluateRequest
) -> ItemList:
    """The yearly evaluation was done; the next one is due a year on."""
    item_list = await _take(session, actor, id, "evaluate")
    day = request.on or today(session)
    rules.has_been(day, today=today(session))
    due_at = await _schedule_evaluation(session, item_list)
    item_list.evaluated_on, item_list.due_at = day, due_at
    told = {"result": request.result, "evaluated_on": day}
    await _done(session, item_list, ItemListEvaluated, "evaluate", **told)
    session.add(
        ItemListEvaluation(
            item_list_id=id,
            version=item_list.version,
            result=request.result,
            note=request.note,
            evaluated_on=day,
            evaluated_by=actor.sub,
        )
    )
    return item_list


async def lose_power(session: AsyncSession, power: Power) -> None:
    """A power was repealed: each list that names it is told of, to those who keep it."""
    codes = await items.lose_power(session, power.id, power.since)
    lists = await session.scalars(
        select(ItemList)
        .where(ItemList.id.in_(codes), unscoped(ItemList, reason="told to those who keep the list"))
        .order_by(ItemList.id)
    )
    for item_list in lists.all():
        told = {"power_id": power.id, "power_code": power.code, "ended_on": power.since}
        _tell(session, ItemListPowerEnded, item_list, item_codes=codes[item_list.id], **told)


async def fall_due(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the evaluation of the list `ref` is to be done now, and every year from now."""
    item_list = await session.get(ItemList, ref, with_for_update=True)
    if item_list is None or item_list.state != rules.ItemListState.PUBLISHED:
        return
    every = (await rule(session, EVALUATION)).deadline("every")
    again = due(due_at, every, await calendar_of(session))
    await schedule(session, EVALUATION, ref, again.at)
    _tell(session, ItemListEvaluationDue, item_list, due_at=item_list.due_at)


async def _schedule_evaluation(session: AsyncSession, item_list: ItemList) -> datetime:
    """Have the next evaluation fall due; until when it is to be done."""
    told, calendar = await rule(session, EVALUATION), await calendar_of(session)
    falls_due = due(now(session), told.deadline("every"), calendar).at
    await schedule(session, EVALUATION, item_list.id, falls_due)
    return due(falls_due, told.deadline("within"), calendar).at


def _tell_published(
    session: AsyncSession, item_list: ItemList, listed: Sequence[ListedItem]
) -> None:
    size = rules.ITEMS_A_FACT
    chunks = [listed[i : i + size] for i in range(0, len(listed), size)]
    for number, chunk in enumerate(chunks):
        told = {"chunk": number, "chunks": len(chunks), "items": chunk}
        _tell(session, ItemListPublished, item_list, **told)


# ---------------------------------------------------------------- what they share


async def _changed(session: AsyncSession, actor: Actor, item_list: ItemList) -> ItemList:
    await items.count(session, item_list)
    item_list.authors = sorted({*item_list.authors, actor.sub})
    return await _done(session, item_list, ItemListChanged)


async def _edit(session: AsyncSession, actor: Actor, id: UUID) -> ItemList:
    """The locked draft, if the caller may change its items."""
    item_list = await load(session, ItemList, id, actor)
    # Items lie where the list does: a move of the township waits for this commit.
    await scope_of(session, item_list.division)
    item_list = await _locked(session, actor, id)
    rules.may_edit(state=item_list.state)
    return item_list


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> ItemList:
    """The locked list, if the caller may act on it and its state allows `action`."""
    item_list = await _locked(session, actor, id)
    rules.LIFECYCLE.may(action, item_list.state)
    return item_list


async def _locked(session: AsyncSession, actor: Actor, id: UUID) -> ItemList:
    item_list = await load(session, ItemList, id, actor, lock=True)
    if not in_charge_of_place(actor, district=item_list.district, township=item_list.township):
        raise NotInCharge
    return item_list


async def _done(
    session: AsyncSession,
    item_list: ItemList,
    event: type[ItemListFact],
    action: str | None = None,
    **told: Any,
) -> ItemList:
    """Write the row in its new state and version, and the fact; `told` is what that says more."""
    if action is not None:
        item_list.state = rules.LIFECYCLE.next(action, item_list.state)
    item_list.updated_at = now(session)
    await session.flush()
    _tell(session, event, item_list, **told)
    return item_list


def _tell(
    session: AsyncSession, event: type[ItemListFact], item_list: ItemList, **told: Any
) -> None:
    leave(session, fact_of(event, item_list, **told), at=item_list)


def fact_of(event: type[ItemListFact], item_list: ItemList, **told: Any) -> ItemListFact:
    """The fact that tells of the list as it stands; `told` is what it says more."""
    names = (
        *("division", "state", "edition", "domains", "statutory", "empowered", "entrusted"),
        *("effective_from", "effective_to"),
    )
    known = {"item_list_id": item_list.id, **{name: getattr(item_list, name) for name in names}}
    return event.model_validate({**known, **told})

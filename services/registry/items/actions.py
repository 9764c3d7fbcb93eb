"""What the items of a list are: written, counted, shown, and compared with another list's."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.delegations.rules import IN_FORCE
from services.registry.delegations.tables import Delegation
from services.registry.item_lists.rules import PREPARING, PUBLIC, ItemListState
from services.registry.item_lists.tables import ItemList
from services.registry.items import rules
from services.registry.items.schemas import ItemQuery
from services.registry.items.tables import Item
from services.registry.powers.rules import PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.db import Scope
from shared.events.registry.item_lists import ListedItem
from shared.refusals import Refused
from shared.web.paging import paginate

_SORTS = {"position": Item.position, "code": Item.code}
_SAID = ("kind", "power_id", "delegation_id", "name", "power_kind", "domains", "basis")
_OF_LIST = "of a list that was loaded"


class Difference(NamedTuple):
    """What a list changes against another."""

    against: UUID | None
    added: list[Item]
    removed: list[Item]
    changed: list[tuple[Item, dict[str, list[Any]]]]
    """Each with the fields that differ: [before, after]."""


async def page(
    session: AsyncSession, actor: Actor, id: UUID, query: ItemQuery
) -> tuple[list[Item], str | None, int | None]:
    """The items of a visible list, one page of them."""
    await load(session, ItemList, id, actor)
    statement = select(Item).where(Item.item_list_id == id, visible(Item, actor))
    if query.kind:
        statement = statement.where(Item.kind == query.kind)
    if query.power_ended is not None:
        statement = statement.where(Item.power_ended_on.is_not(None).is_(query.power_ended))
    if query.domain:
        statement = statement.where(Item.domains.contains([query.domain]))
    if query.q:
        named = Item.name.contains(query.q, autoescape=True)
        statement = statement.where(or_(named, Item.code.startswith(query.q, autoescape=True)))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Item.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def unfounded(session: AsyncSession, lists: Iterable[ItemList]) -> set[UUID]:
    """Which of `lists` wait for publication and rest on what is not in force any more."""
    ids = [row.id for row in lists if row.state == ItemListState.COUNCIL]
    if not ids:
        return set()
    shown = "says what can be done to a visible list"
    found = (
        select(Item.item_list_id)
        .outerjoin(Power, Power.id == Item.power_id)
        .outerjoin(Delegation, Delegation.id == Item.delegation_id)
        .where(
            Item.item_list_id.in_(ids),
            or_(Power.state != PowerState.ACTIVE, Delegation.state.not_in(IN_FORCE)),
            unscoped(Item, reason=shown),
            unscoped(Power, reason=shown),
            unscoped(Delegation, reason=shown),
        )
        .distinct()
    )
    return set(await session.scalars(found))


async def compare(
    session: AsyncSession, actor: Actor, id: UUID, against: UUID | None
) -> Difference:
    """What the list changes against `against`, or else against the list in force before it."""
    item_list = await load(session, ItemList, id, actor)
    if against is None:
        against = await _before(session, actor, item_list)
    else:
        await load(session, ItemList, against, actor)
    after = await _by_code(session, actor, id)
    before = await _by_code(session, actor, against) if against else {}
    added, removed, changed = rules.difference(_said(before), _said(after))
    return Difference(
        against,
        [after[code] for code in added],
        [before[code] for code in removed],
        [(after[code], changed[code]) for code in sorted(changed)],
    )


async def _before(session: AsyncSession, actor: Actor, item_list: ItemList) -> UUID | None:
    """The list of the township that was in force before, or that a draft would supersede."""
    former = (
        select(ItemList.id)
        .where(
            ItemList.division == item_list.division,
            ItemList.id != item_list.id,
            ItemList.state.in_(PUBLIC),
            visible(ItemList, actor),
        )
        .order_by(ItemList.edition.desc())
        .limit(1)
    )
    if item_list.edition is not None:
        former = former.where(ItemList.edition < item_list.edition)
    return (await session.execute(former)).scalar_one_or_none()


async def _by_code(session: AsyncSession, actor: Actor, id: UUID) -> dict[str, Item]:
    found = select(Item).where(Item.item_list_id == id, visible(Item, actor))
    return {item.code: item for item in await session.scalars(found)}


def _said(held: dict[str, Item]) -> dict[str, dict[str, Any]]:
    return {
        code: {
            name: str(value) if isinstance(value := getattr(item, name), UUID) else value
            for name in _SAID
        }
        for code, item in held.items()
    }


async def replace(
    session: AsyncSession, item_list: ItemList, told: Sequence[dict[str, Any]]
) -> None:
    """Write `told` in the place of all items of a locked draft."""
    written = await _checked(session, item_list, told)
    await session.execute(
        delete(Item)
        .where(Item.item_list_id == item_list.id)
        .execution_options(synchronize_session=False)
    )
    await _insert(session, item_list, written)


async def append(session: AsyncSession, item_list: ItemList, told: dict[str, Any]) -> Item:
    """Write one more item of a locked draft."""
    (one,) = await _checked(session, item_list, [told], beside=item_list.items)
    mine = (Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST))
    last = await session.scalar(select(func.max(Item.position)).where(*mine))
    await _insert(session, item_list, [one], after=last or 0)
    written = select(Item).where(*mine, Item.code == one["code"])
    return (await session.scalars(written)).one()


async def copy(session: AsyncSession, actor: Actor, source: UUID, item_list: ItemList) -> None:
    """Write the items of a visible list into a new one, but for those that may not be any more."""
    await load(session, ItemList, source, actor)
    held = await _by_code(session, actor, source)
    begun = sorted(held.values(), key=lambda item: item.position)
    told = [{name: getattr(item, name) for name in ("code", *_SAID)} for item in begun]
    grounds = await _grounds(session, told)
    allowed = []
    for item in told:
        # Of a power or a delegation that has ended meanwhile, say: the diff shows what is left out.
        with suppress(Refused):
            allowed.append(filled(item, item_list.scope, grounds))
    await _insert(session, item_list, allowed)


async def count(session: AsyncSession, item_list: ItemList) -> None:
    """Keep with the list how many items of each kind it has, and of which domains."""
    found = select(Item.kind, Item.domains).where(
        Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST)
    )
    rows = (await session.execute(found)).all()
    for kind in rules.ItemKind:
        setattr(item_list, kind, sum(row.kind == kind for row in rows))
    item_list.domains = sorted({domain for row in rows for domain in row.domains})


async def listed(session: AsyncSession, item_list: ItemList) -> Sequence[ListedItem]:
    """All items of a list that was loaded, in their order, as its publication tells of them."""
    columns = (Item.code, Item.kind, Item.power_kind, Item.power_id, Item.delegation_id)
    found = select(*columns).where(
        Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST)
    )
    rows = await session.execute(found.order_by(Item.position))
    return [ListedItem.model_validate(row, from_attributes=True) for row in rows]


async def lose_power(
    session: AsyncSession, power_id: UUID, ended_on: date
) -> dict[UUID, list[str]]:
    """Mark what rests on a power that ended, in each list that lives; the codes by list."""
    living = select(ItemList.id).where(
        ItemList.state.in_((*PREPARING, ItemListState.PUBLISHED)),
        unscoped(ItemList, reason="a power's end reaches all lists that name it; none is shown"),
    )
    marked = await session.execute(
        update(Item)
        .where(Item.power_id == power_id, Item.item_list_id.in_(living))
        .values(power_ended_on=ended_on, version=Item.version + 1)
        .returning(Item.item_list_id, Item.code)
        .execution_options(synchronize_session=False)
    )
    found: dict[UUID, list[str]] = {}
    for item_list_id, code in marked:
        found.setdefault(item_list_id, []).append(code)
    return found


async def is_founded(session: AsyncSession, items: Iterable[ListedItem]) -> bool:
    """Whether all that the items of a locked list rest on is in force; it stays so till the commit.

    Locked in the order of ids: powers first, then delegations.
    """
    items = list(items)
    for table, ids, states in (
        (Power, {item.power_id for item in items}, (PowerState.ACTIVE,)),
        (Delegation, {item.delegation_id for item in items}, IN_FORCE),
    ):
        if not (named := ids - {None}):
            continue
        locked = (
            select(table.state)
            .where(
                table.id.in_(named),
                unscoped(table, reason="a list may name what its district and the city hold"),
            )
            .order_by(table.id)
            .with_for_update(read=True)
        )
        if any(state not in states for state in await session.scalars(locked)):
            return False
    return True


async def _checked(
    session: AsyncSession,
    item_list: ItemList,
    told: Sequence[dict[str, Any]],
    *,
    beside: int = 0,
) -> list[dict[str, Any]]:
    """The items as they are to be written: completed from the powers they name, and allowed."""
    grounds = await _grounds(session, told)
    written = [filled(item, item_list.scope, grounds) for item in told]
    rules.may_hold(codes=[item["code"] for item in written], beside=beside)
    return written


class Entrusted(NamedTuple):
    """A delegation in force, and the township of the subject that it is given to."""

    delegation: Delegation
    trustee_township: str | None

    def reaches(self, at: Scope) -> bool:
        """Whether it is in force for a township, and not given to another place's body."""
        given = self.delegation
        return given.division in (at.township, at.district) and (
            given.trustee_id is None or self.trustee_township == at.township
        )


class Grounds(NamedTuple):
    """What items may rest on, as far as it is in force."""

    powers: Mapping[UUID, Power]
    delegations: Mapping[UUID, Entrusted]


def filled(item: Mapping[str, Any], at: Scope, grounds: Grounds) -> dict[str, Any]:
    """An item as it is to be written in the list of the township `at`: completed from the power
    that it names, and allowed."""
    power_id, delegation_id = item["power_id"], item["delegation_id"]
    power = grounds.powers.get(power_id)
    if power_id is not None and not (
        power
        and rules.reaches(
            district=power.district,
            township=power.township,
            in_district=at.district,
            in_township=at.township,
        )
    ):
        raise rules.ItemPowerUnknown
    whole: dict[str, Any] = {
        name: item[name] or getattr(power, "kind" if name == "power_kind" else name, None)
        for name in ("code", "name", "power_kind", "domains", "basis")
    }
    rules.may_name(said=whole)
    rules.may_list(
        kind=item["kind"],
        code=whole["code"],
        own=power is None or power.township == at.township,
        township_allowed=power is None or power.township_allowed,
    )
    rules.may_rest_on(
        kind=item["kind"], code=whole["code"], delegation_id=delegation_id, power_id=power_id
    )
    if delegation_id is not None:
        given = grounds.delegations.get(delegation_id)
        delegated = given.delegation.power_ids if given and given.reaches(at) else None
        rules.may_be_entrusted(power_id=power_id, delegated=delegated)
    return {"kind": item["kind"], "power_id": power_id, "delegation_id": delegation_id, **whole}


async def _grounds(session: AsyncSession, told: Sequence[dict[str, Any]]) -> Grounds:
    powers = {t["power_id"] for t in told} - {None}
    delegations = {t["delegation_id"] for t in told} - {None}
    return Grounds(
        {power.id: power for power in await powers_in_force(session, Power.id.in_(powers))}
        if powers
        else {},
        {
            given.delegation.id: given
            for given in await entrusted(session, Delegation.id.in_(delegations))
        }
        if delegations
        else {},
    )


async def powers_in_force(session: AsyncSession, *which: ColumnElement[bool]) -> Sequence[Power]:
    """Powers that a list may name, if they reach its township."""
    found = select(Power).where(
        *which,
        Power.state == PowerState.ACTIVE,
        unscoped(Power, reason="powers in force above a township can be listed there"),
    )
    return (await session.scalars(found)).all()


async def entrusted(session: AsyncSession, *which: ColumnElement[bool]) -> list[Entrusted]:
    """Delegations in force that a list may name, if they reach its township."""
    found = (
        select(Delegation, Subject.township)
        .outerjoin(Subject, Subject.id == Delegation.trustee_id)
        .where(
            *which,
            Delegation.state.in_(IN_FORCE),
            unscoped(Delegation, reason="what is delegated to a township can be listed there"),
            unscoped(Subject, reason="the trustee's place decides, and is not shown"),
        )
    )
    return [Entrusted(*row) for row in await session.execute(found)]


async def _insert(
    session: AsyncSession, item_list: ItemList, written: Sequence[dict[str, Any]], after: int = 0
) -> None:
    scope = {"district": item_list.district, "township": item_list.township}
    rows = [
        {**item, **scope, "item_list_id": item_list.id, "position": position}
        for position, item in enumerate(written, start=after + 1)
    ]
    if rows:
        await session.execute(insert(Item), rows)

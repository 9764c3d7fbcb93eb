"""What the items of a list are: written, counted, shown, and compared with another list's."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.item_lists.rules import PUBLIC, ItemListState
from services.registry.item_lists.tables import ItemList
from services.registry.items import rules
from services.registry.items.schemas import ItemQuery
from services.registry.items.tables import Item
from services.registry.powers.rules import PowerState
from services.registry.powers.tables import Power
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.web.paging import paginate

_SORTS = {"position": Item.position, "code": Item.code}
_SAID = ("kind", "power_id", "name", "power_kind", "domains", "basis")
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
    """Which of `lists` wait for publication and name a power that is not in force any more."""
    ids = [row.id for row in lists if row.state == ItemListState.COUNCIL]
    if not ids:
        return set()
    found = (
        select(Item.item_list_id)
        .join(Power, Power.id == Item.power_id)
        .where(
            Item.item_list_id.in_(ids),
            Power.state != PowerState.ACTIVE,
            unscoped(Item, reason="says what can be done to a visible list"),
            unscoped(Power, reason="says what can be done to a visible list"),
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
    filled = await _checked(session, item_list, told)
    await session.execute(
        delete(Item)
        .where(Item.item_list_id == item_list.id)
        .execution_options(synchronize_session=False)
    )
    await _insert(session, item_list, filled)


async def append(session: AsyncSession, item_list: ItemList, told: dict[str, Any]) -> Item:
    """Write one more item of a locked draft."""
    (filled,) = await _checked(session, item_list, [told], beside=item_list.items)
    mine = (Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST))
    last = await session.scalar(select(func.max(Item.position)).where(*mine))
    await _insert(session, item_list, [filled], after=last or 0)
    written = select(Item).where(*mine, Item.code == filled["code"])
    return (await session.scalars(written)).one()


async def copy(session: AsyncSession, actor: Actor, source: UUID, item_list: ItemList) -> None:
    """Write the items of a visible list into a new one, as far as they are still allowed."""
    await load(session, ItemList, source, actor)
    held = await _by_code(session, actor, source)
    begun = sorted(held.values(), key=lambda item: item.position)
    told = [{name: getattr(item, name) for name in ("code", *_SAID)} for item in begun]
    await replace(session, item_list, told)


async def count(session: AsyncSession, item_list: ItemList) -> None:
    """Keep with the list how many items of each kind it has, and of which domains."""
    found = select(Item.kind, Item.domains).where(
        Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST)
    )
    rows = (await session.execute(found)).all()
    for kind in rules.ItemKind:
        setattr(item_list, kind, sum(row.kind == kind for row in rows))
    item_list.domains = sorted({domain for row in rows for domain in row.domains})


async def listed(session: AsyncSession, item_list: ItemList) -> Sequence[Item]:
    """All items of a list that was loaded, in their order."""
    found = select(Item).where(Item.item_list_id == item_list.id, unscoped(Item, reason=_OF_LIST))
    return (await session.scalars(found.order_by(Item.position))).all()


async def power_states(session: AsyncSession, item_list: ItemList) -> Sequence[str]:
    """The states of the powers that a locked list names; they stay so until the commit."""
    found = (
        select(Power.state)
        .join(Item, Item.power_id == Power.id)
        .where(
            Item.item_list_id == item_list.id,
            unscoped(Power, reason="a list may name what its district and the city hold"),
            unscoped(Item, reason=_OF_LIST),
        )
        .order_by(Power.id)
        .with_for_update(of=Power, read=True)
    )
    return (await session.scalars(found)).all()


async def _checked(
    session: AsyncSession,
    item_list: ItemList,
    told: Sequence[dict[str, Any]],
    *,
    beside: int = 0,
) -> list[dict[str, Any]]:
    """The items as they are to be written: completed from the powers they name, and allowed."""
    ids = {item["power_id"] for item in told if item["power_id"]}
    powers = await _powers(session, item_list, ids) if ids else {}
    filled = []
    for item in told:
        power = powers[item["power_id"]] if item["power_id"] else None
        whole: dict[str, Any] = {
            name: item[name] or getattr(power, "kind" if name == "power_kind" else name, None)
            for name in ("code", "name", "power_kind", "domains", "basis")
        }
        rules.may_name(said=whole)
        rules.may_list(
            kind=item["kind"],
            code=whole["code"],
            own=power is None or power.township == item_list.township,
            township_allowed=power is None or power.township_allowed,
        )
        filled.append({"kind": item["kind"], "power_id": item["power_id"], **whole})
    rules.may_hold(codes=[item["code"] for item in filled], beside=beside)
    return filled


async def _powers(session: AsyncSession, item_list: ItemList, ids: set[UUID]) -> dict[UUID, Power]:
    """The powers in force of the township, its district and the city among `ids`: all of them."""
    found = select(Power).where(
        Power.id.in_(ids),
        Power.state == PowerState.ACTIVE,
        or_(
            Power.district.is_(None),
            (Power.district == item_list.district)
            & or_(Power.township.is_(None), Power.township == item_list.township),
        ),
        unscoped(Power, reason="powers in force above a township can be listed there"),
    )
    powers = {power.id: power for power in await session.scalars(found)}
    if powers.keys() != ids:
        raise rules.ItemPowerUnknown
    return powers


async def _insert(
    session: AsyncSession, item_list: ItemList, filled: Sequence[dict[str, Any]], after: int = 0
) -> None:
    scope = {"district": item_list.district, "township": item_list.township}
    rows = [
        {**item, **scope, "item_list_id": item_list.id, "position": position}
        for position, item in enumerate(filled, start=after + 1)
    ]
    if rows:
        await session.execute(insert(Item), rows)

"""Items from a file, for the township item lists that are being drawn up."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import Accepted, Against, Kind, Load, Prepared, hold_divisions
from services.registry.delegations.tables import Delegation
from services.registry.imports.rules import FileKind
from services.registry.item_lists import actions
from services.registry.item_lists.rules import PREPARING, ItemListInPreparation, ItemListState
from services.registry.item_lists.tables import ItemList
from services.registry.items import rules
from services.registry.items.actions import Grounds, entrusted, filled, powers_in_force
from services.registry.items.rules import ItemKind
from services.registry.items.tables import Item
from services.registry.powers.rules import CODE_PATTERN, PowerKind
from services.registry.powers.tables import Power
from services.registry.subjects.rules import Domain
from shared.access.visibility import unscoped, visible
from shared.db import Scope, copy_line, copy_lines, new_key
from shared.events.registry.item_lists import ItemListChanged, ItemListDrafted, ItemListFact
from shared.facts import publish
from shared.files.spreadsheet import Column, Wrong
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.refusals import Refused
from shared.sealing import Seal
from shared.web.schemas import Input, Line

_SEVERAL = "多项以分号分隔"


class ItemRow(Input):
    """One item of a township's list: by the power that it is, or by its own words."""

    division: Annotated[DivisionCode, Column("镇街区划代码", "500106104")]
    kind: Annotated[ItemKind, Column("事项类别", "赋权")]
    code: Annotated[
        str,
        StringConstraints(pattern=CODE_PATTERN),
        Column("事项编码", "330217001000", once=True, within=("division",)),
    ]
    holder: Annotated[
        CreditCode | None,
        Column("职权所属主体统一社会信用代码", "", "填写后按其编码对应的职权登记，其余各列可不填"),
    ] = None
    deed: Annotated[Line | None, Column("委托书编号", "", "委托事项须填写，并填写职权所属主体")] = (
        None
    )
    name: Annotated[Line | None, Column("事项名称", "对擅自摆摊设点行为的处罚")] = None
    power_kind: Annotated[PowerKind | None, Column("职权类型", "行政处罚")] = None
    domains: Annotated[
        list[Domain], Field(max_length=len(Domain)), Column("执法领域", "城市管理", _SEVERAL)
    ] = Field(default_factory=list)
    basis: Annotated[
        list[Line],
        Field(max_length=50),
        Column("法律依据", "《重庆市市容环境卫生管理条例》第二十一条", _SEVERAL),
    ] = Field(default_factory=list)


class Made(NamedTuple):
    """What a row says."""

    division: str
    holder: str | None
    deed: str | None
    item: dict[str, Any]
    """The item as one would be told that is added by itself, but for the ids of what it names."""


_ITEM = (
    *("id", "version", "parties", "item_list_id", "position", "kind", "power_id", "delegation_id"),
    *("code", "name", "power_kind", "domains", "basis", "district", "township"),
)


def prepare(rows: Sequence[ItemRow], load: Load, seal: Seal) -> list[tuple[Made, list[Against]]]:
    return [(_made(row), []) for row in rows]


def _made(row: ItemRow) -> Made:
    item = {
        "kind": row.kind.value,
        "code": row.code,
        "name": row.name,
        "power_kind": row.power_kind and row.power_kind.value,
        "domains": list(dict.fromkeys(domain.value for domain in row.domains)),
        "basis": list(dict.fromkeys(row.basis)),
    }
    return Made(row.division, row.holder, row.deed, item)


class _Draft:
    """A township's list in preparation, as far as a batch has filled it."""

    def __init__(self, at: Scope, item_list: ItemList | None) -> None:
        self.at, self.item_list = at, item_list
        self.codes: set[str] = set()
        self.last = 0
        """The position of its last item."""


class _Listed(NamedTuple):
    """An item that may be written, and where."""

    draft: _Draft
    item: dict[str, Any]


async def decide(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> tuple[list[Accepted], list[Wrong]]:
    """As adding one by one to the draft would, which begins if there is none."""
    await hold_divisions(session)
    made: list[Made] = [one.made for one in rows]
    drafts = await _drafts(session, load, made)
    named = await _named(session, made)
    accepted, wrong = [], []
    for place, row in enumerate(rows):
        if place % 100 == 0:
            await asyncio.sleep(0)  # requests need not wait for all of a batch
        draft = drafts[row.made.division]
        try:
            if isinstance(draft, Refused):
                raise draft
            item = _allowed(row.made, draft, named)
        except Refused as refused:
            wrong.append(Wrong.refused(row.row, None, refused))
        else:
            draft.codes.add(item["code"])
            accepted.append(Accepted(row, _Listed(draft, item)))
    return accepted, wrong


class _Named(NamedTuple):
    """What the rows of a batch name, by the codes and numbers that they name it by."""

    powers: Mapping[tuple[str | None, str], Power]
    """By holder and code."""
    deeds: Mapping[tuple[str | None, str | None], Delegation]
    """By the body that delegates and the number of its deed (委托书)."""
    grounds: Grounds


def _allowed(made: Made, draft: _Draft, named: _Named) -> dict[str, Any]:
    """The item as it is to be written, or what refuses it."""
    power = named.powers.get((made.holder, made.item["code"]))
    if made.holder and power is None:
        raise rules.ItemPowerUnknown
    delegation = named.deeds.get((made.holder, made.deed))
    if made.deed and delegation is None:
        raise rules.ItemDelegationUnknown
    told = {
        **made.item,
        "power_id": power and power.id,
        "delegation_id": delegation and delegation.id,
    }
    item = filled(told, draft.at, named.grounds)
    if item["code"] in draft.codes:
        raise rules.ItemCodeRepeated
    rules.may_hold(codes=[item["code"]], beside=len(draft.codes))
    return item


async def _drafts(
    session: AsyncSession, load: Load, made: Iterable[Made]
) -> dict[str, _Draft | Refused]:
    """By township the list that is being drawn up, locked, or why there can be none."""
    drafts: dict[str, _Draft | Refused] = {}
    for division in sorted({one.division for one in made}):
        try:
            drafts[division] = _Draft(await actions.place(session, load.actor, division), None)
        except Refused as refused:
            drafts[division] = refused
    # Locked in the order in which they begin: what is added waits for who submits, and the other
    # way round.
    locked = (
        select(ItemList)
        .where(
            ItemList.division.in_([one for one, it in drafts.items() if isinstance(it, _Draft)]),
            ItemList.state.in_(PREPARING),
            visible(ItemList, load.actor),
        )
        .order_by(ItemList.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    begun: dict[UUID, _Draft] = {}
    for item_list in await session.scalars(locked):
        draft = drafts[item_list.division]
        if item_list.state != ItemListState.DRAFT:
            drafts[item_list.division] = ItemListInPreparation()
        elif isinstance(draft, _Draft):
            draft.item_list = item_list
            begun[item_list.id] = draft
    if begun:
        held = select(Item.item_list_id, Item.code, Item.position).where(
            Item.item_list_id.in_(begun), unscoped(Item, reason="of lists that were loaded")
        )
        for id, code, position in await session.execute(held):
            begun[id].codes.add(code)
            begun[id].last = max(begun[id].last, position)
    return drafts


async def _named(session: AsyncSession, made: Iterable[Made]) -> _Named:
    told = [one for one in made if one.holder]
    if not told:
        return _Named({}, {}, Grounds({}, {}))
    holders = sorted({str(one.holder) for one in told})
    codes = sorted({one.item["code"] for one in told})
    powers = await powers_in_force(session, Power.organisation.in_(holders), Power.code.in_(codes))
    given = []
    if deeds := sorted({one.deed for one in told if one.deed}):
        given = await entrusted(
            session, Delegation.organisation.in_(holders), Delegation.deed_no.in_(deeds)
        )
    return _Named(
        {(power.organisation, power.code): power for power in powers},
        {(one.delegation.organisation, one.delegation.deed_no): one.delegation for one in given},
        Grounds({power.id: power for power in powers}, {one.delegation.id: one for one in given}),
    )


async def write(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
    added: dict[_Draft, list[dict[str, Any]]] = {}
    for one in accepted:
        added.setdefault(one.found.draft, []).append(one.found.item)
    moment = datetime.fromisoformat(load.moment)
    begun: list[ItemList] = []
    for draft in added:
        if draft.item_list is None:
            draft.item_list = actions.begun(draft.at, load.actor, moment)
            begun.append(draft.item_list)
    session.add_all(begun)
    await session.flush()  # before the rows that point at them
    _tell(session, load, ItemListDrafted, begun)
    lines, lists = [], []
    for draft, items in added.items():
        await asyncio.sleep(0)
        assert draft.item_list is not None
        lines += _lines(draft, draft.item_list, items)
        lists.append(draft.item_list)
        _count(draft.item_list, items)
        draft.item_list.authors = sorted({*draft.item_list.authors, load.actor.sub})
        draft.item_list.updated_at = moment
    await copy_lines(session, Item, _ITEM, lines)
    await session.flush()
    _tell(session, load, ItemListChanged, lists)


def _count(item_list: ItemList, added: Sequence[Mapping[str, Any]]) -> None:
    kinds = Counter(item["kind"] for item in added)
    for kind in ItemKind:
        setattr(item_list, kind, getattr(item_list, kind) + kinds[kind])
    item_list.domains = sorted({*item_list.domains, *(d for i in added for d in i["domains"])})


def _lines(draft: _Draft, item_list: ItemList, items: Iterable[dict[str, Any]]) -> list[str]:
    lines = []
    scope = copy_line((draft.at.district, draft.at.township))
    for position, item in enumerate(items, start=draft.last + 1):
        told = copy_line(
            (
                *(new_key(), 1, "{}", item_list.id, position, item["kind"], item["power_id"]),
                *(item["delegation_id"], item["code"], item["name"], item["power_kind"]),
                *(item["domains"], item["basis"]),
            )
        )
        lines.append(f"{told}\t{scope}")
    return lines


def _tell(
    session: AsyncSession, load: Load, event: type[ItemListFact], lists: Iterable[ItemList]
) -> None:
    for item_list in lists:
        fact = actions.fact_of(event, item_list)
        publish(session, fact, at=item_list, backfill=load.backfill, actor=load.actor.sub)


KIND = Kind(
    FileKind.ITEM_LISTS,
    permission="item_list:draft",
    model=ItemRow,
    prepare=prepare,
    decide=decide,
    write=write,
)

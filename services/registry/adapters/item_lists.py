"""Items from a file, for the township item lists that are being drawn up."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import Load
from services.registry.adapters.single import one_by_one
from services.registry.delegations.rules import IN_FORCE
from services.registry.delegations.tables import Delegation
from services.registry.imports.rules import FileKind
from services.registry.item_lists import actions
from services.registry.item_lists.rules import ItemListState
from services.registry.item_lists.schemas import ItemListRequest
from services.registry.item_lists.tables import ItemList
from services.registry.items.actions import listed
from services.registry.items.rules import ItemDelegationUnknown, ItemKind, ItemPowerUnknown
from services.registry.powers.rules import CODE_PATTERN, PowerKind, PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.rules import Domain
from shared.access.visibility import unscoped, visible
from shared.files.spreadsheet import Column
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.web.schemas import Input, Line

_SEVERAL = "多项以分号分隔"
_SAID = ("code", "name", "power_kind", "domains", "basis")


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


async def act(session: AsyncSession, load: Load, rows: Sequence[ItemRow]) -> None:
    """Add items of a township to the list that is being drawn up, which begins if there is none."""
    (division,) = {row.division for row in rows}
    drafts = select(ItemList).where(
        ItemList.division == division,
        ItemList.state == ItemListState.DRAFT,
        visible(ItemList, load.actor),
    )
    draft = (await session.scalars(drafts)).one_or_none()
    held: list[dict[str, Any]] = []
    if draft is None:
        draft = await actions.prepare(session, load.actor, ItemListRequest(division=division))
    else:
        names = ("kind", "power_id", "delegation_id", *_SAID)
        held = [
            {name: getattr(item, name) for name in names} for item in await listed(session, draft)
        ]
    powers = await _powers(session, rows)
    delegations = await _delegations(session, rows)
    told = [
        {
            "kind": row.kind,
            "power_id": powers.get((row.holder, row.code)),
            "delegation_id": delegations.get((row.holder, row.deed)),
            **{name: getattr(row, name) for name in _SAID},
        }
        for row in rows
    ]
    await actions.replace(session, load.actor, draft.id, [*held, *told])


async def _powers(
    session: AsyncSession, rows: Sequence[ItemRow]
) -> dict[tuple[str | None, str], UUID]:
    named = {(row.holder, row.code) for row in rows if row.holder}
    if not named:
        return {}
    found = await session.execute(
        select(Power.organisation, Power.code, Power.id).where(
            Power.organisation.in_(sorted({holder for holder, _ in named if holder})),
            Power.code.in_(sorted({code for _, code in named})),
            Power.state == PowerState.ACTIVE,
            unscoped(Power, reason="powers in force above a township can be listed there"),
        )
    )
    powers: dict[tuple[str | None, str], UUID] = {(one, code): id for one, code, id in found}
    if not named <= powers.keys():
        raise ItemPowerUnknown
    return powers


async def _delegations(
    session: AsyncSession, rows: Sequence[ItemRow]
) -> dict[tuple[str | None, str | None], UUID]:
    """By the body that delegates and the number of its deed (委托书)."""
    named = {(row.holder, row.deed) for row in rows if row.deed}
    if not named:
        return {}
    found = await session.execute(
        select(Delegation.organisation, Delegation.deed_no, Delegation.id).where(
            Delegation.organisation.in_(sorted({holder for holder, _ in named if holder})),
            Delegation.deed_no.in_(sorted({deed for _, deed in named if deed})),
            Delegation.state.in_(IN_FORCE),
            unscoped(Delegation, reason="what is delegated to a township can be listed there"),
        )
    )
    delegations: dict[tuple[str | None, str | None], UUID] = {
        (holder, deed): id for holder, deed, id in found
    }
    if not named <= delegations.keys():
        raise ItemDelegationUnknown
    return delegations


KIND = one_by_one(
    FileKind.ITEM_LISTS,
    permission="item_list:draft",
    model=ItemRow,
    act=act,
    together=lambda row: row.division,
)

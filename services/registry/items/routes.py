"""The items of township item lists over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.item_lists import actions as item_lists
from services.registry.items import actions
from services.registry.items.schemas import (
    DiffQuery,
    ItemChange,
    ItemListDiffView,
    ItemQuery,
    ItemRequest,
    ItemsRequest,
    ItemsView,
    ItemView,
)
from services.registry.items.tables import Item
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

lists = router_of("/registry/v1/item-lists", "item lists")
items = router_of("/registry/v1/power-items", "item lists")
routers: list[APIRouter] = [lists, items]


@lists.get("/{id}/items")
async def list_items(
    session: ReadSession,
    actor: Annotated[Actor, May("item_list:read")],
    id: UUID,
    query: Annotated[ItemQuery, Query()],
) -> Page[ItemView]:
    """The items (事项) of a list, in its order; a line department sees those of its domains."""
    rows, cursor, count = await actions.page(session, actor, id, query)
    shown = [ItemView.of(row) for row in rows]
    return Page(items=shown, next_cursor=cursor, count=count)


@lists.put("/{id}/items")
async def replace_items(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], id: UUID, body: ItemsRequest
) -> ItemsView:
    """Give a draft these items, and no others."""
    told = [item.model_dump() for item in body.items]
    return ItemsView.model_validate(await item_lists.replace(session, actor, id, told))


@lists.post("/{id}/items", status_code=201)
async def add_item(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], id: UUID, body: ItemRequest
) -> ItemView:
    """Add an item at the end of a draft."""
    return ItemView.of(await item_lists.add(session, actor, id, body.model_dump()))


@lists.get("/{id}/diff")
async def compare_item_lists(
    session: ReadSession,
    actor: Annotated[Actor, May("item_list:read")],
    id: UUID,
    query: Annotated[DiffQuery, Query()],
) -> ItemListDiffView:
    """What the list adds, removes and changes against another, by the items' codes."""
    told = await actions.compare(session, actor, id, query.against)
    return ItemListDiffView(
        id=id,
        against=told.against,
        added=[ItemView.of(item) for item in told.added],
        removed=[ItemView.of(item) for item in told.removed],
        changed=[
            ItemChange(code=item.code, name=item.name, changes=changes)
            for item, changes in told.changed
        ],
    )


@items.get("/{id}")
async def get_item(
    session: ReadSession, actor: Annotated[Actor, May("item_list:read")], id: UUID
) -> ItemView:
    """One item of a list."""
    return ItemView.of(await load(session, Item, id, actor))


@items.delete("/{id}", status_code=204)
async def remove_item(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], id: UUID
) -> None:
    """Take an item out of a draft."""
    await item_lists.remove(session, actor, id)

"""Township item lists over HTTP: see `item_lists.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.item_lists import actions
from services.registry.item_lists.schemas import (
    EXPORTED,
    DecideRequest,
    EvaluateRequest,
    EvaluationQuery,
    EvaluationView,
    ItemListExport,
    ItemListQuery,
    ItemListRequest,
    ItemListView,
    PublishRequest,
    ReturnRequest,
)
from services.registry.item_lists.tables import ItemList
from services.registry.items import actions as items
from shared.access.actor import Actor, May
from shared.clock import now
from shared.db import ReadSession, Session
from shared.past import AsOfQuery
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/registry/v1/item-lists", "item lists")


async def _view(session: AsyncSession, item_list: ItemList, actor: Actor) -> ItemListView:
    unfounded = await items.unfounded(session, [item_list])
    return ItemListView.of(item_list, actor, now=now(session), unfounded=bool(unfounded))


@router.get("")
async def list_item_lists(
    session: ReadSession,
    actor: Annotated[Actor, May("item_list:read")],
    query: Annotated[ItemListQuery, Query()],
) -> Page[ItemListView]:
    """The item lists (镇街事项清单) that the caller may see; with `as_of`, those in force then."""
    rows, cursor, count = await actions.page(session, actor, query)
    past = query.as_of is not None
    unfounded = set() if past else await items.unfounded(session, rows)
    moment = now(session)
    shown = [
        ItemListView.of(row, actor, now=moment, unfounded=row.id in unfounded, past=past)
        for row in rows
    ]
    return Page(items=shown, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_item_lists(
    request: Request,
    actor: Annotated[Actor, May("item_list:read")],
    query: Annotated[ItemListExport, Query()],
) -> Response:
    """The same list as a file: all of it, with the same filters (导出)."""
    return await export(
        request,
        actor,
        query,
        list_item_lists,
        of=ItemListQuery,
        name="item-lists",
        columns=EXPORTED,
    )


@router.post("", status_code=201)
async def prepare_item_list(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], body: ItemListRequest
) -> ItemListView:
    """Begin the next list of a township, empty or with the items of another list."""
    return await _view(session, await actions.prepare(session, actor, body), actor)


@router.get("/{id}")
async def get_item_list(
    session: ReadSession,
    actor: Annotated[Actor, May("item_list:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> ItemListView:
    """One item list, without its items; with `as_of` only if it was in force that day."""
    item_list = await actions.read(session, actor, id, query.as_of)
    if query.as_of is not None:
        return ItemListView.of(item_list, actor, now=now(session), past=True)
    return await _view(session, item_list, actor)


@router.post("/{id}/submit")
async def submit_item_list(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], id: UUID
) -> ItemListView:
    """Hand the draft to legal review (合法性审核)."""
    return await _view(session, await actions.submit(session, actor, id), actor)


@router.post("/{id}/review")
async def review_item_list(
    session: Session, actor: Annotated[Actor, May("item_list:review")], id: UUID
) -> ItemListView:
    """Pass the list on to the council; never by a person who had a hand in it."""
    return await _view(session, await actions.review(session, actor, id), actor)


@router.post("/{id}/return")
async def return_item_list(
    session: Session,
    actor: Annotated[Actor, May("item_list:review")],
    id: UUID,
    body: ReturnRequest,
) -> ItemListView:
    """Send the list back as a draft, with the reason (退回); a council's decision lapses."""
    return await _view(session, await actions.send_back(session, actor, id, body.reason), actor)


@router.post("/{id}/decide")
async def record_item_list_decision(
    session: Session,
    actor: Annotated[Actor, May("item_list:publish")],
    id: UUID,
    body: DecideRequest,
) -> ItemListView:
    """Record the council's decision (会议审议决定) by its number and day."""
    return await _view(session, await actions.decide(session, actor, id, body), actor)


@router.post("/{id}/publish")
async def publish_item_list(
    session: Session,
    actor: Annotated[Actor, May("item_list:publish")],
    id: UUID,
    body: PublishRequest | None = None,
) -> ItemListView:
    """Publish the list (公布): from its day on it is in force, and the former is superseded."""
    since = body.effective_from if body else None
    return await _view(session, await actions.publish(session, actor, id, since), actor)


@router.post("/{id}/withdraw")
async def withdraw_item_list(
    session: Session, actor: Annotated[Actor, May("item_list:draft")], id: UUID
) -> ItemListView:
    """Give up a list that was not published."""
    return await _view(session, await actions.withdraw(session, actor, id), actor)


@router.post("/{id}/evaluate")
async def evaluate_item_list(
    session: Session,
    actor: Annotated[Actor, May("item_list:evaluate")],
    id: UUID,
    body: EvaluateRequest,
) -> ItemListView:
    """Record the yearly evaluation (年度评估) of a list in force; the next is due a year on."""
    return await _view(session, await actions.evaluate(session, actor, id, body), actor)


@router.get("/{id}/evaluations")
async def list_item_list_evaluations(
    session: ReadSession,
    actor: Annotated[Actor, May("item_list:read")],
    id: UUID,
    query: Annotated[EvaluationQuery, Query()],
) -> Page[EvaluationView]:
    """What the yearly evaluations of the list found."""
    rows, cursor, count = await actions.evaluations(session, actor, id, query)
    shown = [EvaluationView.model_validate(row) for row in rows]
    return Page(items=shown, next_cursor=cursor, count=count)

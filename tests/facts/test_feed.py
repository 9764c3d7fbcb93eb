"""The log as a feed: complete for those who may see it, and quick."""

import asyncio
from collections.abc import Callable

from sqlalchemy import true

from shared.db import Scope
from shared.facts.feed import FeedPage, follow, read_feed
from shared.facts.tables import EventLog
from tests.facts.world import Considered, Inspected, Node, NodeMaker, eventually

THERE = Scope(district="500106")


async def logged(node: Node, facts: int) -> None:
    async def grown() -> bool:
        return await node.count(EventLog) == facts

    await eventually(grown)


async def test_a_reader_gets_its_facts_in_order_and_where_to_go_on(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away()).start()
    for n in range(6):
        await registry.happen([n])
        await registry.happen([n], at=THERE)
    await registry.happen([6], kind=Inspected)
    await registry.happen([7], kind=Considered)
    await logged(registry, 14)
    async with registry.database.readers() as session:

        async def page(after: int, limit: int, **options: object) -> FeedPage:
            return await read_feed(
                session,
                after=after,
                limit=limit,
                criterion=EventLog.district == "500157",
                **options,  # type: ignore[arg-type]
            )

        first = await page(-1, 4)
        assert [row.log_index for row in first.rows] == [0, 2, 4, 6]
        rest = await page(first.next_after, 4)
        assert [row.log_index for row in rest.rows] == [8, 10]
        assert rest.next_after == 13
        assert await page(13, 4) == FeedPage((), 13)
        everything = await page(10, 9, audiences=["public", "internal", "audit"])
        assert [row.log_index for row in everything.rows] == [12, 13]
        internal = await page(10, 9, audiences=["public", "internal"])
        assert [row.log_index for row in internal.rows] == [13]


async def test_a_follower_is_told_at_once_in_the_leader_and_in_a_standby(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    leader = await node("registry", nats_url=away()).start()
    await leader.leads()
    standby = await node("registry", nats_url=away()).start()
    await leader.happen([0])
    await logged(leader, 1)
    for reader, soon in ((leader, 0.9), (standby, 3.0)):
        end = await leader.count(EventLog) - 1
        following = follow(reader.database, reader.spine.news, after=end, criterion=true(), idle=5)
        waiting = asyncio.create_task(anext(following))
        await asyncio.sleep(0.3)
        await leader.happen([1])
        page = await asyncio.wait_for(waiting, soon)
        assert [row.log_index for row in page.rows] == [end + 1]
        await following.aclose()


async def test_a_follower_without_facts_gets_an_empty_page_now_and_then(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away()).start()
    await registry.happen([0], at=THERE)
    await logged(registry, 1)
    following = follow(
        registry.database,
        registry.spine.news,
        after=-1,
        criterion=EventLog.district == "500157",
        idle=0.2,
    )
    assert await asyncio.wait_for(anext(following), 2) == FeedPage((), 0)
    await following.aclose()


async def test_a_follower_holds_no_connection_while_it_waits(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away()).start()
    followers = [
        asyncio.create_task(
            anext(
                follow(registry.database, registry.spine.news, after=-1, criterion=true(), idle=10)
            )
        )
        for _ in range(30)  # six times the pool
    ]
    await asyncio.sleep(0.5)
    await registry.happen([0])
    pages = await asyncio.wait_for(asyncio.gather(*followers), 5)
    assert [len(page.rows) for page in pages] == [1] * 30

"""What is due happens once, whoever runs it, and what fails for good is kept."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.clock import now
from shared.db import new_id
from shared.facts.dead_letters import waiting
from shared.facts.spine import replay
from shared.timers import Timer, Timers
from tests.facts.world import Effect, Node, NodeMaker, eventually

HOUR = timedelta(hours=1)


async def count(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    session.add(Effect(n=ref.int & 0xFFFF))


async def schedule(node: Node, ref: UUID, after: timedelta, kind: str = "count") -> None:
    async with node.database.sessions() as session:
        await timers.schedule(session, kind, ref, now(session) + after)
        await session.commit()


async def test_each_due_timer_fires_once_with_two_running(node: NodeMaker) -> None:
    notify = node("notify")
    refs = [UUID(int=n) for n in range(200)]
    async with notify.database.sessions() as session:
        for ref in refs:
            await timers.schedule(session, "count", ref, now(session))
        await session.commit()
    runners = [Timers(notify.database, "notify", {"count": count}) for _ in range(3)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]

    async def all_gone() -> bool:
        return await notify.count(Timer) == 0

    await eventually(all_gone)
    for runner in runners:
        runner.stop()
    await asyncio.gather(*tasks)
    assert sorted(await notify.effects()) == list(range(200))
    assert sum(runner.status.fired for runner in runners) == 200


async def test_a_timer_fires_when_the_services_clock_says_so(node: NodeMaker) -> None:
    notify = await node("notify", timers={"count": count}).start()
    await notify.leads()
    await schedule(notify, UUID(int=1), 2 * HOUR)
    await schedule(notify, UUID(int=2), HOUR)
    await asyncio.sleep(1.2)
    assert await notify.effects() == []
    notify.clock.offset = HOUR
    notify.spine.timers.wake()
    await notify.wait_for_effects([2], seconds=2)
    notify.clock.offset = 2 * HOUR
    await notify.wait_for_effects([2, 1], seconds=3)


async def test_scheduled_again_it_moves_and_cancelled_it_does_not_fire(node: NodeMaker) -> None:
    notify = node("notify")
    runner = Timers(notify.database, "notify", {"count": count})
    await schedule(notify, UUID(int=1), timedelta())
    await schedule(notify, UUID(int=1), HOUR)
    await schedule(notify, UUID(int=2), timedelta())
    async with notify.database.sessions() as session:
        await timers.cancel(session, "count", UUID(int=2))
        await session.commit()
    assert await runner.fire_due() == 0
    notify.clock.offset = HOUR
    assert await runner.fire_due() == 1
    assert await notify.effects() == [1]


async def test_a_handler_may_schedule_itself_again(node: NodeMaker) -> None:
    async def again(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
        session.add(Effect(n=1))
        await timers.schedule(session, "again", ref, due_at + HOUR)

    notify = node("notify")
    runner = Timers(notify.database, "notify", {"again": again})
    await schedule(notify, UUID(int=1), timedelta(), "again")
    assert await runner.fire_due() == 1
    notify.clock.offset = HOUR
    assert await runner.fire_due() == 1
    assert await notify.effects() == [1, 1]
    assert await notify.count(Timer) == 1


async def test_a_kind_that_only_a_newer_version_knows_is_left_alone(node: NodeMaker) -> None:
    notify = node("notify")
    await schedule(notify, new_id(), timedelta(), "from.the.future")
    assert await Timers(notify.database, "notify", {"count": count}).fire_due() == 0
    assert await notify.count(Timer) == 1


async def test_a_failing_timer_is_tried_five_times_then_kept_and_the_others_fire(
    node: NodeMaker,
) -> None:
    healthy = False

    async def fail(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
        session.add(Effect(n=ref.int))
        if ref.int == 1 and not healthy:
            raise ValueError("no")

    notify = node("notify", timers={"fail": fail})
    runner = notify.spine.timers
    for n in range(3):
        await schedule(notify, UUID(int=n), timedelta(), "fail")
    assert await runner.fire_due() == 3
    assert sorted(await notify.effects()) == [0, 2]
    for attempts in range(2, 6):
        assert await runner.fire_due() == 0
        notify.clock.offset += timedelta(seconds=2**attempts)
        assert await runner.fire_due() == 1
    assert await notify.count(Timer) == 0
    async with notify.database.sessions() as session:
        (letter,) = await waiting(session)
        assert (letter.kind, letter.type, letter.attempts) == ("timer", "fail", 5)
        assert letter.error == "ValueError: no"
        healthy = True
        await replay(session, notify.spine.reactions, letter.id)
        await session.commit()
        assert await waiting(session) == []
    assert await runner.fire_due() == 1
    assert sorted(await notify.effects()) == [0, 1, 2]


async def test_a_killed_handler_leaves_its_timer(node: NodeMaker) -> None:
    reached = asyncio.Event()

    async def hang(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
        session.add(Effect(n=1))
        await session.flush()
        reached.set()
        await asyncio.sleep(60)

    notify = node("notify")
    await schedule(notify, UUID(int=1), timedelta(), "hang")
    task = asyncio.create_task(Timers(notify.database, "notify", {"hang": hang}).fire_due())
    await reached.wait()
    async with notify.database.readers() as session:
        assert await session.scalar(select(func.count()).select_from(Timer)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await notify.effects() == []
    assert await Timers(notify.database, "notify", {"hang": count}).fire_due() == 1
    assert await notify.effects() == [1]

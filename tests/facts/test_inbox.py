"""From the stream to the effect: once, in order, and nobody waits behind what cannot be done."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import nats as nats_client
import pytest
from opentelemetry import trace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.embedded import Nats
from shared.db import Scope, new_id
from shared.facts import causation_id, correlation_id, publish, record
from shared.facts.bus import Bus
from shared.facts.dead_letters import waiting
from shared.facts.inbox import Fact, Gap, Reactions, react_again, react_once
from shared.facts.spine import replay
from shared.facts.tables import DeadLetter, Inbox, Outbox
from shared.refusals import NotFound
from tests.facts.world import (
    HERE,
    Answered,
    Considered,
    Effect,
    Happened,
    Node,
    NodeMaker,
    eventually,
    keep,
)


async def fact_bytes(node: Node, n: int) -> bytes:
    async with node.database.sessions() as session:
        event = record(session, Happened(thing_id=new_id(), n=n), HERE)["event"]
    assert isinstance(event, bytes)
    return event


async def letters(node: Node) -> list[DeadLetter]:
    async with node.database.readers() as session:
        return list(await waiting(session))


async def mark(node: Node) -> int | None:
    async with node.database.readers() as session:
        return await session.scalar(select(Inbox.stream_index))


async def test_the_same_fact_three_times_has_one_effect(node: NodeMaker) -> None:
    notify = node("notify")
    reactions = Reactions([(Happened, keep)])
    body = await fact_bytes(notify, 7)
    for _ in range(3):
        async with notify.database.sessions() as session:
            assert await react_once(session, reactions, "registry", [(0, body), (0, body)]) == 0
            await session.commit()
    assert await notify.effects() == [7]


async def test_a_fact_behind_a_gap_is_not_applied(node: NodeMaker) -> None:
    notify = node("notify")
    reactions = Reactions([(Happened, keep)])
    async with notify.database.sessions() as session:
        with pytest.raises(Gap):
            await react_once(session, reactions, "registry", [(1, await fact_bytes(notify, 1))])
    assert await notify.effects() == []


async def test_two_that_apply_the_same_facts_at_once_make_one_effect_each(node: NodeMaker) -> None:
    notify = node("notify")
    reactions = Reactions([(Happened, keep)])
    facts = [(n, await fact_bytes(notify, n)) for n in range(30)]

    async def apply() -> None:
        for index in range(30):
            async with notify.database.sessions() as session:
                await react_once(session, reactions, "registry", facts[: index + 1])
                await session.commit()

    await asyncio.gather(apply(), apply(), apply())
    assert await notify.effects() == list(range(30))


async def test_facts_arrive_in_order_and_go_on_behind_the_mark_after_a_restart(
    node: NodeMaker,
) -> None:
    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    for n in range(40):
        await registry.happen([n])
    await notify.wait_for_effects(range(40))
    await notify.stop()
    await registry.happen(range(40, 700))
    await registry.published(700)
    again = await node("notify", reactions=[(Happened, keep)]).start()
    await again.wait_for_effects(range(700))
    assert again.spine.status()["behind"] == {"registry": 0}


async def test_internal_facts_arrive_and_unknown_ones_move_the_mark(node: NodeMaker) -> None:
    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Considered, keep)]).start()
    await registry.happen(range(10))
    await registry.happen([10], kind=Considered)
    await registry.happen(range(11, 20))

    async def at_the_end() -> bool:
        return await mark(notify) == 19

    await eventually(at_the_end)
    assert await notify.effects() == [10]


async def test_a_poison_fact_becomes_a_dead_letter_and_those_behind_it_go_on(
    node: NodeMaker,
) -> None:
    healthy = False

    async def choke(session: AsyncSession, event: Happened, fact: Fact) -> None:
        session.add(Effect(n=event.n))
        if event.n in (3, 5) and not healthy:
            raise ValueError(f"cannot do {event.n}")

    registry = node("registry")
    await registry.happen(range(10))
    await registry.start()
    await registry.published(10)
    notify = await node("notify", reactions=[(Happened, choke)]).start()
    await notify.wait_for_effects([0, 1, 2, 4, 6, 7, 8, 9])
    found = await letters(notify)
    assert [(letter.details["stream_index"], letter.attempts) for letter in found] == [
        (3, 5),
        (5, 5),
    ]
    assert found[0].error == "ValueError: cannot do 3"
    assert found[0].type == "registry.thing.happened.v1"
    assert found[0].event_id == UUID(json.loads(found[0].body)["id"])
    assert await mark(notify) == 9

    async with notify.database.sessions() as session:
        with pytest.raises(ValueError, match="cannot do 3"):
            await replay(session, notify.spine.reactions, found[0].id)
    healthy = True
    async with notify.database.sessions() as session:
        await replay(session, notify.spine.reactions, found[0].id)
        await session.commit()
    assert await notify.effects() == [0, 1, 2, 4, 6, 7, 8, 9, 3]
    assert [letter.details["stream_index"] for letter in await letters(notify)] == [5]
    async with notify.database.sessions() as session:
        with pytest.raises(NotFound):
            await replay(session, notify.spine.reactions, found[0].id)


async def test_a_fact_that_cannot_be_read_becomes_a_dead_letter_at_once(
    node: NodeMaker,
) -> None:
    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    await registry.happen([0])
    async with registry.database.sessions() as session:
        row = record(session, Happened(thing_id=new_id(), n=1), HERE)
        assert isinstance(row["event"], bytes)
        session.add(Outbox(**{**row, "event": row["event"].replace(b'"n":1', b'"n":"many"')}))
        other = record(session, Happened(thing_id=new_id(), n=2), HERE)
        session.add(Outbox(**{**other, "event": b"not even JSON"}))
        await session.commit()
    await registry.happen([3])
    await notify.wait_for_effects([0, 3])
    first, second = await letters(notify)
    assert (first.attempts, second.attempts) == (1, 1)
    assert "n: Input should be a valid integer" in first.error and "many" not in first.error
    assert (second.event_id, second.type) == (None, "unreadable")


async def test_a_lost_database_connection_never_makes_a_dead_letter(node: NodeMaker) -> None:
    broken = 0

    async def cut_off(session: AsyncSession, event: Happened, fact: Fact) -> None:
        nonlocal broken
        session.add(Effect(n=event.n))
        await session.flush()
        if event.n == 4 and broken < 5:
            broken += 1
            connection = await session.connection()
            await connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Happened, cut_off)]).start()
    await registry.happen(range(8))
    await notify.wait_for_effects(range(8), seconds=40)
    assert broken == 5
    assert await letters(notify) == []


async def test_a_gap_in_the_stream_is_healed_from_the_owners_log(
    node: NodeMaker, nats: Nats
) -> None:
    registry = await node("registry").start()
    await registry.happen(range(30))
    await registry.published(30)
    client = await nats_client.connect(nats.url("registry"))
    for seq in (1, 11, 12, 30):
        await client.jetstream().delete_msg("XJ_REGISTRY", seq)
    await client.close()
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    await registry.happen([30])
    await notify.wait_for_effects(range(31))


async def test_a_gap_waits_for_its_owner(
    node: NodeMaker, nats: Nats, caplog: pytest.LogCaptureFixture
) -> None:
    registry = await node("registry").start()
    await registry.happen(range(6))
    await registry.published(6)
    await registry.stop()
    client = await nats_client.connect(nats.url("registry"))
    await client.jetstream().delete_msg("XJ_REGISTRY", 3)
    await client.close()
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    async with asyncio.timeout(20):
        while caplog.text.count("are missing; asking their owner") < 3:  # noqa: ASYNC110 (a log line has no event)
            await asyncio.sleep(0.01)
    assert set(await notify.effects()) <= {0, 1}  # nothing behind the gap, however facts arrived
    await node("registry").start()
    await notify.wait_for_effects(range(6))


async def test_a_stream_message_that_is_no_fact_harms_nobody(node: NodeMaker, nats: Nats) -> None:
    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Happened, keep)]).start()
    await registry.happen([0])
    await notify.wait_for_effects([0])
    client = await nats_client.connect(nats.url("registry"))
    await client.jetstream().publish("xj.registry.something.else", b"hello")
    await client.close()
    await registry.happen([1])
    await notify.wait_for_effects([0, 1])


async def test_a_reaction_knows_its_fact_and_carries_trace_and_correlation_on(
    node: NodeMaker,
) -> None:
    facts: list[Fact] = []
    traces: list[int] = []

    async def look(session: AsyncSession, event: Happened, fact: Fact) -> None:
        facts.append(fact)
        traces.append(trace.get_current_span().get_span_context().trace_id)
        publish(session, Answered(thing_id=event.thing_id), HERE)

    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Happened, look)]).start()
    with inside(0xABCDEF), correlated("outside-request-1"):
        async with registry.database.sessions() as session:
            publish(
                session,
                Happened(thing_id=new_id(), n=1),
                Scope(district="500157"),
                backfill=True,
                actor="li",
            )
            await session.commit()

    async def logged() -> bool:
        return len(await notify.log()) == 1

    await eventually(logged)
    fact = facts[0]
    assert (fact.source, fact.type) == ("registry", "registry.thing.happened.v1")
    assert fact.scope == Scope(district="500157")
    assert (fact.backfill, fact.stream_index, fact.actor) == (True, 0, "li")
    assert traces == [0xABCDEF]
    caused = json.loads((await notify.log())[0].event)
    assert caused["correlationid"] == "outside-request-1"
    assert caused["causationid"] == str(fact.id)
    assert f"{0xABCDEF:032x}" in caused["traceparent"]
    assert (correlation_id.get(), causation_id.get()) == (None, None)


@contextmanager
def inside(trace_id: int) -> Iterator[None]:
    parent = trace.SpanContext(trace_id, 1, is_remote=False, trace_flags=trace.TraceFlags(1))
    with trace.use_span(trace.NonRecordingSpan(parent)):
        yield


@contextmanager
def correlated(value: str) -> Iterator[None]:
    token = correlation_id.set(value)
    yield
    correlation_id.reset(token)


async def test_facts_that_were_passed_over_have_their_reactions_by_a_replay(
    node: NodeMaker, nats: Nats
) -> None:
    registry = await node("registry").start()
    notify = await node("notify", reactions=[(Considered, keep)]).start()
    await registry.happen(range(250))
    await registry.happen([250], kind=Considered)
    await notify.wait_for_effects([250])
    told: list[bool] = []

    async def keep_history(session: AsyncSession, event: Happened, fact: Fact) -> None:
        told.append(fact.backfill)
        await keep(session, event, fact)

    reactions = Reactions([(Happened, keep_history), (Considered, keep_history)])
    bus = Bus(nats.url("notify"), "operator")
    await bus.start()

    async def connected() -> bool:
        return bus.connected

    await eventually(connected)

    async def replayed(after: int, *kinds: str) -> list[tuple[int, int]]:
        read = partial(bus.heal, "registry")
        steps = react_again(notify.database, reactions, "registry", read, after=after, kinds=kinds)
        return [step async for step in steps]

    assert await replayed(-1, "registry.thing.happened.") == [(99, 100), (199, 100), (250, 50)]
    assert await notify.effects() == [250, *range(250)]
    assert set(told) == {True}
    assert await mark(notify) == 250
    assert await replayed(247, "") == [(250, 3)]
    assert await replayed(250, "") == []
    await bus.close()

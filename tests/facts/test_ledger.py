"""The tree grows with the log, in its transaction, and is signed: whatever stops in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import nats as nats_client
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from deploy.embedded import Nats
from shared.facts import relay
from shared.facts.ledger import growth, signing
from shared.facts.ledger.notes import Checkpoint
from shared.facts.ledger.reading import consistency, find_checkpoint, inclusion, root_at
from shared.facts.ledger.tables import LedgerCheckpoint, LedgerTile
from shared.facts.ledger.tree import SHA256, SM3, Edge, verify_consistency, verify_inclusion
from shared.facts.relay import Relay
from shared.facts.tables import EventLog, Outbox
from shared.lease import own_engine
from tests.facts import naive
from tests.facts.world import LEDGER_KEY, Inspected, Node, NodeMaker, eventually

OLD_LOG = """
INSERT INTO event_log (log_index, stream_index, event_id, type, audience, nats_subject, event,
                       leaf_hash)
SELECT n, n, gen_random_uuid(), 'registry.thing.happened.v1', 'public', 'xj.registry.old',
       convert_to(n::text, 'UTF8'), sha256('\\x00'::bytea || convert_to(n::text, 'UTF8'))
FROM generate_series(0, $1::int - 1) AS n
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each growth is signed, not one a second."""
    monkeypatch.setattr(signing, "INTERVAL_S", 0.0)


async def signed(node: Node, size: int) -> Checkpoint:
    async def done() -> bool:
        return node.spine.relay.status.signed == size

    await eventually(done)
    async with node.database.readers() as session:
        checkpoint = await find_checkpoint(session)
    assert checkpoint is not None
    checkpoint.verify_log(LEDGER_KEY.public)
    assert checkpoint.size == size
    return checkpoint


async def leaves_of(node: Node) -> list[bytes]:
    return [row.leaf_hash for row in await node.log()]


async def tiles_of(node: Node, algorithm: str = "sha256") -> list[tuple[int, int]]:
    async with node.database.readers() as session:
        found = await session.execute(
            select(LedgerTile.level, LedgerTile.n)
            .where(LedgerTile.algorithm == algorithm)
            .order_by(LedgerTile.level, LedgerTile.n)
        )
        return [(level, n) for level, n in found]


async def test_every_fact_is_under_a_signed_root_and_can_be_proved(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    registry = await node("registry", nats_url=away(), ledger_algorithms=["sm3"]).start()
    for n in range(6):
        await registry.happen(range(100))
        await registry.happen([n], kind=Inspected)
    checkpoint = await signed(registry, 606)
    leaves = await leaves_of(registry)
    assert checkpoint.root == naive.mth(leaves)
    assert await tiles_of(registry) == await tiles_of(registry, "sm3") == [(0, 0), (0, 1)]
    events = [row.event for row in await registry.log()]
    edge, _ = Edge(SM3).grow([SM3.leaf(event) for event in events])
    assert checkpoint.roots()["sm3"] == edge.root
    async with registry.database.readers() as session:
        for index in (0, 100, 255, 256, 511, 512, 605):
            proof = await inclusion(session, index, 606)
            assert proof == naive.path(index, leaves)
            verify_inclusion(
                SHA256, leaves[index], index=index, size=606, proof=proof, root=checkpoint.root
            )
        assert await root_at(session, 606, SM3) == edge.root
        kept = (await session.scalars(select(LedgerCheckpoint))).all()
        for row in kept:  # each of them, not the last alone
            assert row.root == naive.mth(leaves[: row.size])


async def test_a_checkpoint_before_a_restart_is_followed_by_one_behind_it(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    first = await node("registry", nats_url=away()).start()
    await first.happen(range(300))
    old = await signed(first, 300)
    await first.stop()
    second = await node("registry", nats_url=away()).start()
    await second.happen(range(400))
    new = await signed(second, 700)
    async with second.database.readers() as session:
        proof = await consistency(session, 300, 700)
    assert proof == naive.proof(300, await leaves_of(second))
    verify_consistency(SHA256, old=300, new=700, old_root=old.root, new_root=new.root, proof=proof)


async def test_what_was_sequenced_before_a_kill_is_signed_by_the_next(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    first = await node("registry", nats_url=away(), ledger_key=None).start()
    await first.happen(range(270))

    async def sequenced() -> bool:
        return await first.count(EventLog) == 270

    await eventually(sequenced)
    await first.stop()
    assert await first.count(LedgerCheckpoint) == 0
    second = await node("registry", nats_url=away()).start()
    assert (await signed(second, 270)).root == naive.mth(await leaves_of(second))


async def test_a_transaction_that_failed_left_nothing_in_the_log_and_nothing_in_the_tree(
    node: NodeMaker, away: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add, failed = growth._add, asyncio.Event()

    async def fail_once(*arguments: Any) -> None:
        await add(*arguments)
        if not failed.is_set():
            failed.set()
            raise OSError("the connection was lost")

    registry = node("registry", nats_url=away())
    await registry.happen(range(400))
    monkeypatch.setattr(growth, "_add", fail_once)
    await registry.start()
    checkpoint = await signed(registry, 400)
    assert failed.is_set()
    assert await registry.count(Outbox) == 0
    assert checkpoint.root == naive.mth(await leaves_of(registry))
    assert await tiles_of(registry) == [(0, 0)]


async def test_a_commit_whose_answer_was_lost_is_found_in_the_tables(
    node: NodeMaker, away: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction, failed = relay._transaction, asyncio.Event()

    @asynccontextmanager
    async def committed_and_lost(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with transaction(engine) as connection:
            yield connection
        if not failed.is_set() and await registry.count(EventLog):
            failed.set()
            raise OSError("the connection was lost")

    registry = node("registry", nats_url=away())
    await registry.happen(range(300))
    monkeypatch.setattr(relay, "_transaction", committed_and_lost)
    await registry.start()
    checkpoint = await signed(registry, 300)
    assert failed.is_set()
    assert checkpoint.root == naive.mth(await leaves_of(registry))


async def test_two_relays_in_turn_keep_one_tree(node: NodeMaker, away: Callable[[], str]) -> None:
    """Without the lease, which is what keeps them apart: each finds the other's work."""
    registry = node("registry", nats_url=away())
    engine = own_engine(registry.database, name="test")
    relays = [
        Relay(registry.database, registry.spine._bus, "registry", key=LEDGER_KEY) for _ in range(2)
    ]
    try:
        for turn, facts in enumerate((10, 300, 200, 1, 1, 300, 255, 1)):
            await registry.happen(range(facts))
            while await relays[turn % 2]._sequence(engine):
                pass
            await relays[turn % 2]._sign(engine)
        while await relays[0]._sequence(engine):
            pass
        await relays[0]._sign(engine)
    finally:
        await engine.dispose()
    leaves = await leaves_of(registry)
    async with registry.database.readers() as session:
        kept = (await session.scalars(select(LedgerCheckpoint))).all()
    assert len(leaves) == 1_068 == max(row.size for row in kept)
    for row in kept:
        assert row.root == naive.mth(leaves[: row.size])
    assert await tiles_of(registry) == [(0, n) for n in range(4)]


async def test_a_log_that_is_older_than_the_ledger_gets_its_tree_in_chunks(
    node: NodeMaker, away: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "CHUNK", 512)
    registry = node("registry", nats_url=away(), ledger_algorithms=["sm3"])
    async with registry.database.sessions() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(OLD_LOG, (1_300,))
        await connection.exec_driver_sql(
            "INSERT INTO relay_cursor (id, next_log_index, next_stream_index, published)"
            " VALUES (1, 1300, 1300, 1300)"
        )
        await session.commit()
    await registry.happen(range(20))  # these do not wait for the tree
    await registry.start()
    checkpoint = await signed(registry, 1_320)
    assert checkpoint.root == naive.mth(await leaves_of(registry))
    assert await tiles_of(registry) == await tiles_of(registry, "sm3") == [(0, n) for n in range(5)]
    assert "sm3" in checkpoint.roots()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE event_log SET leaf_hash = sha256('x') WHERE log_index = 299",
        "UPDATE ledger_tile SET hashes = decode(repeat('00', 8192), 'hex'), root = sha256('x')",
        "DELETE FROM event_log WHERE log_index = 299",
        "DELETE FROM event_log WHERE log_index >= 200; DELETE FROM ledger_tile;"
        " UPDATE relay_cursor SET next_log_index = 200",
    ],
)
async def test_a_log_that_was_changed_gets_no_signature_that_says_otherwise(
    node: NodeMaker, away: Callable[[], str], harm: str
) -> None:
    first = await node("registry", nats_url=away()).start()
    await first.happen(range(300))
    await signed(first, 300)
    await first.stop()
    for statement in harm.split(";"):
        await first.execute(statement)
    second = await node("registry", nats_url=away()).start()
    await second.happen(range(5))

    async def noticed() -> bool:
        return second.spine.relay.status.tampered

    await eventually(noticed)
    assert second.spine.status()["ledger"] == "tampered"

    async def grown() -> bool:
        return second.spine.relay.status.outbox == await second.count(Outbox) == 0

    await eventually(grown)
    kept = await second.count(LedgerCheckpoint)
    engine = own_engine(second.database, name="test")
    for _ in range(2):  # it is asked again and again
        await second.spine.relay._sign(engine)
    await engine.dispose()
    assert second.spine.relay.status.tampered
    assert await second.count(LedgerCheckpoint) == kept
    async with second.database.readers() as session:
        assert await session.scalar(select(func.max(LedgerCheckpoint.size))) == 300


async def test_behind_a_row_that_is_missing_facts_go_on_and_no_tree_grows(
    node: NodeMaker, away: Callable[[], str]
) -> None:
    first = await node("registry", nats_url=away(), ledger_algorithms=["sm3"]).start()
    await first.happen(range(300))
    await signed(first, 300)
    await first.stop()
    await first.execute("DELETE FROM event_log WHERE log_index >= 290")
    second = await node("registry", nats_url=away(), ledger_algorithms=["sm3"]).start()

    async def noticed() -> bool:
        return second.spine.relay.status.tampered

    await eventually(noticed)  # without a new fact
    engine = own_engine(second.database, name="test")
    assert not await second.spine.relay._sequence(engine), "it would never pause"
    await engine.dispose()
    await second.happen(range(300))

    async def gone_on() -> bool:
        return await second.count(EventLog) == 590

    await eventually(gone_on)
    assert (await second.log())[-1].log_index == 599
    assert await tiles_of(second) == await tiles_of(second, "sm3") == [(0, 0)]
    assert second.spine.status()["ledger"] == "tampered"
    async with second.database.readers() as session:
        assert await session.scalar(select(func.max(LedgerCheckpoint.size))) == 300


async def test_checkpoints_are_announced_beside_the_facts_and_never_among_them(
    node: NodeMaker, nats: Nats
) -> None:
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.data.decode())

    client = await nats_client.connect(nats.url("notify"))
    await client.subscribe("xj.checkpoint.registry", cb=hear)
    await client.flush()
    registry = await node("registry").start()
    await registry.published(0)
    await registry.happen(range(3))
    await registry.published(3)

    async def told() -> bool:
        return any(Checkpoint.parse(note).size == 3 for note in heard)

    await eventually(told)
    state = (await client.jetstream().stream_info("XJ_REGISTRY")).state
    assert state.messages == 3
    for note in heard:
        Checkpoint.parse(note).verify_log(LEDGER_KEY.public)
    await client.close()


async def test_a_log_is_signed_once_a_second_at_most(
    node: NodeMaker, away: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "INTERVAL_S", 3_600.0)
    registry = node("registry", nats_url=away())
    clock = registry.spine.relay._signing
    clock._at = -10_000.0  # the last one is long ago
    await registry.start()
    await registry.happen([0])
    await signed(registry, 1)
    await registry.happen([1])
    await registry.happen([2])
    assert registry.spine.relay.status.signed == 1
    clock._at -= 10_000.0  # an hour passes
    assert (await signed(registry, 3)).size == 3
    assert await registry.count(LedgerCheckpoint) == 2

"""Acts over NATS: a source publishes from its agency's account; what is sent is kept or buried."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.js.api import DiscardPolicy
from sqlalchemy import select

from deploy.embedded import Nats, Postgres
from shared.facts.tables import DeadLetter
from tests.oversight.acts import Intake, record
from tests.oversight.scene import Scene
from tests.servers import ServiceUnderTest, application, eventually, settings_for, with_agency

AGENCY, SOURCE = "agency_500157", "cq-500157-cg"
SUBJECT = f"xa.oversight.acts.{SOURCE}"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Nats]:
    """A nats-server with an account for an agency."""
    server = Nats(tmp_path / "nats", config=with_agency(tmp_path), passwords={AGENCY: "p"})
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def test_what_a_source_publishes_is_kept_worked_and_answered_for(
    oversight: ServiceUnderTest, postgres: Postgres, key_file: Path, broker: Nats
) -> None:
    settings = settings_for(postgres, "oversight", key_file, broker.url("oversight"))
    app = application(settings, "oversight")
    service = ServiceUnderTest(app, "oversight", key_file, postgres.url("xj_oversight"))
    intake = Intake(await Scene(service).told())
    source = await intake.registered(code=SOURCE, channel="nats")
    async with app.router.lifespan_context(app):
        client = await nats.connect(broker.url(AGENCY), allow_reconnect=False)
        try:

            async def acknowledged() -> bool:
                # No stream takes it until oversight leads and has made it.
                body = json.dumps(record(1)).encode()
                try:
                    answer = await client.request(SUBJECT, body, timeout=1)
                except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
                    return False
                return "seq" in json.loads(answer.data)

            await eventually(acknowledged)
            for n in range(2, 400):
                await client.publish(SUBJECT, json.dumps(record(n)).encode())
            several = "\n".join(json.dumps(record(n, kind="x")) for n in (900, 901)).encode()
            await client.request(SUBJECT, several, timeout=5)

            async def all_there() -> bool:
                page = await intake.scene.read("acts?count=exact", intake.account)
                return bool(page["count"] == 399)

            await eventually(all_there)

            async def done() -> bool:
                page = await intake.scene.read("act-batches?limit=200", intake.account)
                return {one["state"] for one in page["items"]} == {"done"} and (
                    sum(one["refused"] for one in page["items"]) == 2
                )

            await eventually(done)
            await nothing_is_left(broker)
            await intake.scene.step(
                "act-sources", source, "suspend", intake.scene.supervisor, {"reason": "停机"}
            )
            await client.request(SUBJECT, json.dumps(record(500)).encode(), timeout=5)

            async def buried() -> DeadLetter | None:
                async with service.session() as session:
                    return await session.scalar(select(DeadLetter))

            letter = await eventually(buried)
            assert (letter.kind, letter.source) == ("intake", SUBJECT)
            assert "张三丰".encode() not in letter.body
            await nothing_is_left(broker)
        finally:
            await client.close()
    await service.close()


async def nothing_is_left(broker: Nats) -> None:
    """What was taken is gone from the broker, which also bounds what it would keep."""
    client = await nats.connect(broker.url("oversight"), allow_reconnect=False)
    jetstream = client.jetstream()

    async def emptied() -> bool:
        return (await jetstream.stream_info("XJ_OVERSIGHT_INTAKE")).state.messages == 0

    await eventually(emptied)
    config = (await jetstream.stream_info("XJ_OVERSIGHT_INTAKE")).config
    assert config.max_bytes == 1024**3 and config.max_msg_size == 1024**2
    assert config.discard == DiscardPolicy.NEW
    await client.close()

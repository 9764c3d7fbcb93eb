"""Acts through the public intake: records a second in bulk and over NATS, what they cost, and
whether the warnings are what was planted.

A made-up city is known to oversight, and each round its sources send a year of acts. Plain COPY of
the same rows into the same table is the measure of the database.
"""

import asyncio
import io
import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import asyncpg
import httpx2
import nats

from deploy.acts import Supply, Year
from deploy.embedded import Nats
from deploy.seed_acts import ACCOUNT, Sending
from services.oversight.warning_rules.actions import install
from shared.access.actor import Role
from shared.access.tokens import development_token
from shared.clock import SHANGHAI
from tests.bench.figures import Figure, Goal, load
from tests.bench.imports import peak_mib
from tests.bench.load import cpu_us
from tests.bench.scene import Process, Scene
from tests.oversight import year as made
from tests.servers import eventually, with_agency

AGENCY = "agency_500157"
SOURCE = Supply("cq-500157-cg", "50", "11500228709467150P")
CHUNK = 500
PATIENCE_S = 900
_ACTS = "SELECT count(*) FROM act_key"
_UNDONE = "SELECT EXISTS (SELECT FROM act_batch WHERE state <> 'done')"


class Round(NamedTuple):
    """What a year of acts took."""

    rate: float
    """Records a second."""
    cpu_us: float
    """A record, of the service and of the processes beside it."""
    grown_mib: float
    visible_s: float
    """From sending a violation until the warning is in the list."""
    precision: float
    recall: float


async def measure(scene: Scene, *, acts: int, share: float, rounds: int) -> list[Figure]:
    """`acts` of a city of so many hundredths a round, then as many messages as its tenth."""
    oversight = await scene.service("oversight")
    await made.tell(oversight, made.city(share))
    async with oversight.session() as session:
        await install(session)
        await session.commit()
    await oversight.fire_timers()
    await oversight.close()
    connection = await asyncpg.connect(scene.postgres.url("xj_oversight"))
    broker = Nats(
        scene.folder / "agency", config=with_agency(scene.folder), passwords={AGENCY: "p"}
    )
    await asyncio.to_thread(broker.start)
    settings = {**scene.settings("oversight"), "XIEJIAN_NATS_URL": broker.url("oversight")}
    found, copied, messages, loads = [], [], [], []
    try:
        async with scene.process("service", "oversight", settings=settings) as process:
            for turn in range(rounds):
                loads.append(load())
                last = datetime.now(SHANGHAI) - timedelta(days=turn)
                year = Year(made.city(share), count=acts, last=last, each=5)
                found.append(await bulk(scene, process, connection, year))
                copied.append(await by_copy(connection))
                messages.append(await by_messages(broker, connection, year, acts // 10))
    finally:
        await asyncio.to_thread(broker.stop)
        await connection.close()
    middle = sum(loads) / len(loads)
    rates = [one.rate for one in found]
    return [
        Figure("acts_intake", "records/s", rates, (), Goal(15_000, at_least=True), middle),
        Figure("acts_intake_to_copy", "records/s", rates, copied, None, middle),
        Figure("acts_intake_cpu", "us/record", [one.cpu_us for one in found], (), None, middle),
        Figure("acts_intake_grown", "MiB", [one.grown_mib for one in found], (), None, middle),
        Figure("acts_by_nats", "events/s", messages, (), Goal(2_000, at_least=True), middle),
        Figure("warning_visible", "s", [one.visible_s for one in found], (), Goal(2), middle),
        Figure("warnings_precision", "", [r.precision for r in found], (), Goal(1, True), middle),
        Figure("warnings_recall", "", [r.recall for r in found], (), Goal(1, True), middle),
    ]


async def bulk(scene: Scene, process: Process, connection: Any, year: Year) -> Round:
    """All sources send; what is still to be worked is waited for."""
    ready = [(supply, list(year.records(supply))) for supply in year.supplies]
    records = sum(len(lines) for _, lines in ready)
    token = scene.token(Role.BUREAU_SUPERVISOR, "50")
    account = development_token(
        scene.key_file, roles=[Role.INTEGRATION], division="50", sub=ACCOUNT
    )
    url = f"http://127.0.0.1:{process.port}"
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        sending = Sending(client, token, account)
        for supply in (*year.supplies, SOURCE):
            await sending.register(supply)
        held = peak_mib(process.pid, anew=True)
        pids = process.pids
        cpu, began = _cpu(pids), time.monotonic()
        for supply, lines in ready:
            await sending.send(supply, iter(lines))
        await _done(connection)
        seconds = time.monotonic() - began
        cost = (_cpu(process.pids) - cpu) / records
        grown = peak_mib(process.pid) - held
        right = found_all = planted_all = 0
        for rule in await sending.rules():
            found, planted = await sending.warned(rule, year.prefix), year.planted.get(rule, set())
            right += len(found & planted)
            found_all, planted_all = found_all + len(found), planted_all + len(planted)
        visible = await _visible(sending, ready)
    return Round(records / seconds, cost, grown, visible, right / found_all, right / planted_all)


async def _visible(sending: Sending, ready: Sequence[tuple[Supply, list[bytes]]]) -> float:
    """Seconds until a decision without certificates stands in the list of warnings."""
    supply, lines = ready[0]
    penalties = (one for one in map(json.loads, lines) if one["kind"] == "penalty")
    told = next(one for one in penalties if "certificate_nos" in one)
    number = f"seen-{time.time_ns()}"
    record = {**told, "external_id": number, "certificate_nos": []}
    began = time.monotonic()
    await sending.send(supply, iter([json.dumps(record).encode()]))

    async def listed() -> bool:
        return number in await sending.warned("certificate-missing", "seen-")

    await eventually(listed)
    return time.monotonic() - began


async def by_copy(connection: Any) -> float:
    """Rows a second when COPY alone writes acts, with all their indexes, a chunk a transaction."""
    out = io.BytesIO()
    await connection.copy_from_query(
        "SELECT * FROM act ORDER BY changed_at DESC LIMIT 10000", output=out, format="text"
    )
    rows = out.getvalue().splitlines(keepends=True)
    await connection.execute(
        "CREATE TABLE act_month.copied (LIKE act INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
        " INCLUDING INDEXES)"
    )
    began = time.monotonic()
    for start in range(0, len(rows), CHUNK):
        chunk = io.BytesIO(b"".join(rows[start : start + CHUNK]))
        await connection.copy_to_table("copied", schema_name="act_month", source=chunk)
    seconds = time.monotonic() - began
    await connection.execute("DROP TABLE act_month.copied")
    return len(rows) / seconds


async def by_messages(broker: Nats, connection: Any, year: Year, count: int) -> float:
    """Records a second over NATS, each a message, until the last one is taken over."""
    lines = (line for supply in year.supplies for line in year.records(supply))
    told = [json.loads(line) for line in islice(lines, count)]
    bodies = [json.dumps({**one, "external_id": f"M{one['external_id']}"}).encode() for one in told]
    wanted = await connection.fetchval(_ACTS) + len({one["external_id"] for one in told})
    client = await nats.connect(broker.url(AGENCY), allow_reconnect=False)
    began = time.monotonic()
    for number, body in enumerate(bodies, start=1):
        await client.publish(f"xa.oversight.acts.{SOURCE.code}", body)
        if number % CHUNK == 0:
            await client.flush()
    await client.flush()

    async def arrived() -> bool:
        return bool(await connection.fetchval(_ACTS) >= wanted)

    await eventually(arrived, seconds=PATIENCE_S)
    await _done(connection)
    seconds = time.monotonic() - began
    await client.close()
    return count / seconds


async def _done(connection: Any) -> None:
    async def done() -> bool:
        return not await connection.fetchval(_UNDONE)

    await eventually(done, seconds=PATIENCE_S)


def _cpu(pids: Sequence[int]) -> float:
    return sum(map(cpu_us, pids))

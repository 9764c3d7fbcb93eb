"""The running system that the faults are done to, and what one scenario consists of.

A scenario writes before, during and after its fault, waits until all has converged, and compares.
The fault must be seen to have happened; a fault that did not is a failure.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import nats as nats_client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError

from deploy.embedded import Nats, Server, birth, wait_until
from deploy.local import SERVICES, Service, Stack, project_environment
from tests.faults.comparison import (
    CONVERGENCE_S,
    RAISED,
    Logs,
    behind,
    committed,
    compare,
    converge,
    dead_letters,
    fetch,
    unsettled,
)
from tests.faults.writers import PATHS, Write, Writers


@dataclass(frozen=True)
class Plan:
    """How much a scenario does."""

    rounds: int
    """Faults one after the other."""
    writes: int
    """Acknowledged before, and again after, each fault."""
    attempts: int
    """Ended while the fault lasts."""


SHORT = Plan(rounds=1, writes=24, attempts=12)
LONG = Plan(rounds=5, writes=150, attempts=60)


@dataclass
class Result:
    """A line of the report."""

    fired: bool = False
    acked: int = 0
    lost: int | None = None
    duplicated: int | None = None
    converged_s: float | None = None
    """From the end of the (slowest) fault until all that was committed by then had its effect."""


class Matrix:
    """A whole system in processes of its own, and the results so far."""

    def __init__(self, stack: Stack, plan: Plan) -> None:
        self.stack, self.plan = stack, plan
        self.urls = {name: stack.postgres.url(f"xj_{name}") for name in SERVICES}
        self.logs = Logs(self.urls)
        self.results: dict[str, Result] = {}
        self.known_dead_letters: set[UUID] = set()
        self.replicas: dict[str, list[Service]] = {
            name: [stack.services[name]] for name in SERVICES
        }
        self.tokens = {
            place: stack.token("district_supervisor", place[:6]) for place in ("500101", "500106")
        }

    @asynccontextmanager
    async def scenario(self, name: str) -> AsyncIterator["Scenario"]:
        """Writers write while the block runs; behind it everything must be there exactly once."""
        result = self.results[name] = Result()
        self.known_dead_letters |= (await dead_letters(self.urls)).keys()
        async with httpx2.AsyncClient(timeout=30) as client:
            writers = Writers(self._send(client), name)
            scenario = Scenario(self, client, writers, result)
            async with writers:
                yield scenario
        result.fired = bool(scenario.evidence)
        result.acked = len(writers.acked)
        late = await converge(unsettled, self.urls)
        difference = await compare(self.urls, name, writers.acked)
        result.lost, result.duplicated = len(difference.lost), len(difference.duplicated)
        difference.broken += late + await self.logs.broken()
        for letter, what in (await dead_letters(self.urls)).items():
            if letter not in self.known_dead_letters:
                difference.broken.append(what)
        difference.broken += writers.unlawful
        assert result.fired, "the fault did not happen"
        assert not difference, difference

    def _send(self, client: httpx2.AsyncClient) -> Any:
        async def send(write: Write, path: str, headers: dict[str, str]) -> httpx2.Response:
            processes = self.replicas[PATHS[write.kind][0]]
            # Whoever got no answer asks another replica.
            url = processes[(len(write.name) + write.attempts) % len(processes)].url
            token = self.tokens[write.body["division"][:6]]
            headers = {**headers, "Authorization": f"Bearer {token}"}
            return await client.post(url + path, json=write.body, headers=headers)

        return send

    # ------------------------------------------------------------ NATS from outside

    @asynccontextmanager
    async def jetstream(
        self, service: str, server: Nats | None = None
    ) -> AsyncIterator[JetStreamContext]:
        """As `service`, on the stack's nats-server or another one."""
        url = (
            server.url(service)
            if server
            else (self.stack.folder / "services" / service / "secrets" / "xiejian_nats_url")
            .read_text()
            .strip()
        )
        client = await nats_client.connect(url, connect_timeout=10, allow_reconnect=False)
        try:
            yield client.jetstream(timeout=10)
        finally:
            await client.close()

    async def stream(self, service: str, server: Nats | None = None) -> list[int]:
        """The stream indexes in a service's stream, in the stream's order."""
        name = f"XJ_{service.upper()}"
        async with self.jetstream(service, server) as jetstream:
            try:
                left = (await jetstream.stream_info(name)).state.messages
            except NotFoundError:
                return []
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, headers_only=True)
            reader = await jetstream.pull_subscribe(">", stream=name, config=config)
            found: list[int] = []
            while left > 0:
                messages = await reader.fetch(min(left, 500), timeout=10)
                left -= len(messages)
                found += [int((m.headers or {})["Xj-Stream-Index"]) for m in messages]
            await reader.unsubscribe()
            return found

    # ------------------------------------------------------------ services from outside

    async def command(self, service: str, *arguments: str) -> tuple[int, str]:
        """`xiejian ...` as an operator types it: exit code and what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "shared.cli", *arguments),
            env={**os.environ, **project_environment(), **self.stack.environment(service)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()


@dataclass
class Scenario:
    """What a test does its fault with."""

    matrix: Matrix
    client: httpx2.AsyncClient
    writers: Writers
    result: Result
    evidence: list[str] = field(default_factory=list)
    """What shows that the fault happened."""

    async def before(self) -> None:
        await self.writers.more(self.matrix.plan.writes)

    async def during(self) -> None:
        """While the fault lasts."""
        await self.writers.more_attempts(self.matrix.plan.attempts)

    async def healed(self) -> None:
        """The cause is gone: everything committed by now has its effect soon, unattended."""
        started = time.monotonic()
        facts = await committed(self.matrix.urls)
        late = await converge(behind, self.matrix.urls, facts)
        assert not late, f"not converged after {CONVERGENCE_S:.0f} s: {late}"
        took = round(time.monotonic() - started, 2)
        self.result.converged_s = max(took, self.result.converged_s or 0)

    async def after(self) -> None:
        await self.writers.more(self.matrix.plan.writes)

    async def readiness(self, service: Service) -> dict[str, Any]:
        answer = await self.client.get(f"{service.url}/{service.service}/health/ready")
        return {"status_code": answer.status_code, **answer.json()}

    async def is_leading(self, service: Service) -> bool:
        readiness = await self.readiness(service)
        return bool(readiness["details"]["leading"])

    async def kill(self, server: Server) -> None:
        """kill -9 of the process with everything it started."""
        self.evidence.append(await asyncio.to_thread(kill, server))

    async def restart(self, server: Server) -> None:
        port = server.port
        await asyncio.to_thread(server.start)
        assert server.port == port, "another program took the port meanwhile"


def kill(server: Server) -> str:
    """SIGKILL of a server's whole tree at once; returns what shows that it died of that."""
    births = {pid: birth(pid) for pid in server.pids}
    assert server.pid in births, f"{server.name} does not run"
    for pid in births:
        with contextlib.suppress(ProcessLookupError):  # a child of one that died just now
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: server.exit_code is not None, seconds=10)
    assert server.exit_code == -signal.SIGKILL
    assert wait_until(
        lambda: not any(born and birth(pid) == born for pid, born in births.items()), seconds=10
    )
    server.kill()  # nothing is left to kill; it gives the folder free
    return f"{server.name}: {len(births)} processes killed"


async def until(condition: Any, what: str, *, seconds: float = CONVERGENCE_S) -> None:
    """Wait for something that the test itself needs."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"after {seconds:.0f} s: {what} has not happened"
        await asyncio.sleep(0.02)


def put_back(copy: Path, store: Path) -> None:
    """Make `store` what the copy is."""
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(copy, store)


def look_at_store(nats: Nats) -> Nats:
    """A server on the stopped server's files that no service knows of; to be started."""
    return Nats(nats.folder, log=nats.log)


async def publish_again(jetstream: JetStreamContext, escalation: str, *, facts: int) -> list[int]:
    """Put facts into the stream twice more, past its own deduplication; their new sequences.

    Some from the middle of the stream: behind them the relay must find its place again.
    """
    rows = await fetch(
        escalation,
        "SELECT log_index, stream_index, event_id, nats_subject, event FROM"
        " (SELECT * FROM event_log WHERE type = $1 ORDER BY log_index DESC LIMIT 20) AS last"
        " ORDER BY log_index LIMIT $2",
        RAISED,
        facts,
    )
    sequences = []
    for turn in range(2):
        for log_index, stream_index, event_id, nats_subject, event in rows:
            headers = {"Xj-Log-Index": str(log_index), "Xj-Stream-Index": str(stream_index)}
            if turn == 0:  # and once as somebody who knows of no id
                headers["Nats-Msg-Id"] = f"{event_id}/{uuid4().hex[:8]}"
            ack = await jetstream.publish(nats_subject, event, headers=headers)
            assert not ack.duplicate
            sequences.append(ack.seq)
    return sequences

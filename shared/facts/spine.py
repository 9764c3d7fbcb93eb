"""All that a service's process runs beside its requests, started and stopped in the right order.

Every process keeps a connection to NATS, answers healing requests and competes for the lease; the
one that holds it runs the relay, the listeners and the timers.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.clock import now
from shared.db import Database
from shared.events import Event
from shared.facts import inbox, intake
from shared.facts.bus import Bus
from shared.facts.inbox import Listener, Reaction, Reactions
from shared.facts.intake import Intake, Taking
from shared.facts.ledger.notes import SigningKey
from shared.facts.messages import BusError
from shared.facts.relay import PAUSE_S, Relay
from shared.facts.tables import DeadLetter, EventLog, RelayCursor
from shared.lease import lead
from shared.refusals import NotFound
from shared.retries import Bell, end
from shared.timers import TimerHandler, Timers

log = logging.getLogger(__name__)

STANDBY_POLL_S = 1.0
STUCK_S = 60.0
"""A part that got nowhere for so long, with nothing to excuse it, is stuck."""


class Spine:
    """`start`, `stop`, `status`; `wake` goes into `Database(on_facts=…)`."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        nats_url: str,
        reactions: Iterable[tuple[type[Event], Reaction]] = (),
        timers: Mapping[str, TimerHandler] | None = None,
        take: Taking | None = None,
        metrics: CollectorRegistry | None = None,
        ledger_key: SigningKey | None = None,
        ledger_algorithms: Iterable[str] = (),
    ) -> None:
        self._database, self._service = database, service
        self._bus = Bus(nats_url, f"xiejian-{service}")
        self.relay = Relay(
            database, self._bus, service, key=ledger_key, algorithms=ledger_algorithms
        )
        self.timers = Timers(database, service, timers or {})
        """For `wake` after the clock was moved."""
        self.reactions = Reactions(reactions)
        self.listeners = {
            source: Listener(database, self._bus, service, source, self.reactions)
            for source in self.reactions.sources
        }
        self.take = take
        """What is done with what others send."""
        self.intake = None if take is None else Intake(database, self._bus, service, take)
        self.news = self.relay.sequenced
        """Rings when the log has grown, also when another process leads."""
        self._facts = Bell()
        self.leading = False
        self._led_since = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        if metrics is not None:
            metrics.register(_Measured(self))

    def wake(self) -> None:
        """A transaction that left facts has committed."""
        if self.leading:
            self.relay.wake()
        else:
            self._facts.ring()

    @property
    def connected(self) -> bool:
        """Whether NATS is reachable; without it facts wait in the log."""
        return self._bus.connected

    def status(self) -> dict[str, Any]:
        """What readiness shows; `nats` is `ok` or says what is the matter."""
        relay = self.relay.status
        if not self.connected:
            nats = "away"
        elif relay.diverged:
            nats = "ahead of the database"
        else:
            nats = "ok"
        return {
            "nats": nats,
            "leading": self.leading,
            "ledger": "tampered" if relay.tampered else "ok",
            "outbox": relay.outbox,
            "unpublished": relay.unpublished,
            "behind": {source: part.status.behind for source, part in self.listeners.items()},
            "stuck": self._stuck(),
        }

    def _stuck(self) -> list[str]:
        if not self.leading:
            return []
        turns = {
            "sequencing": self.relay.status.sequenced_at,
            "timers": self.timers.status.turned_at,
        }
        if self.connected:
            turns["publishing"] = self.relay.status.published_at
            turns |= {f"inbox {s}": part.status.turned_at for s, part in self.listeners.items()}
            if self.intake is not None:
                turns["intake"] = self.intake.turned_at
        late = time.monotonic() - STUCK_S
        return [part for part, at in turns.items() if max(at or 0, self._led_since) < late]

    async def start(self) -> None:
        """Begin; waits for neither NATS nor the lease."""
        await self._bus.heal_others(self._service, self._read_log)
        await self._bus.subscribe(f"xj.wake.{self._service}", self._on_wake)
        await self._bus.start()
        self._tasks = [
            asyncio.create_task(self._lead()),
            asyncio.create_task(self._standby()),
            asyncio.create_task(self._announce()),
        ]

    async def stop(self, grace: float = 5.0) -> None:
        """Finish what is under way (at most `grace` seconds), give the lease back, disconnect."""
        if not self._tasks:
            return
        leading, *others = self._tasks
        await end(*others)
        if self.leading:
            self.relay.stop()
            self.timers.stop()
            for listener in self.listeners.values():
                listener.stop()
            if self.intake is not None:
                self.intake.stop()
            await asyncio.wait({leading}, timeout=grace)
        await end(leading)
        await self._bus.close()

    async def _lead(self) -> None:
        await lead(
            self._database, "xiejian spine", self._run, name=f"xiejian-{self._service}-lease"
        )

    async def _run(self) -> None:
        self.leading, self._led_since = True, time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.relay.run())
                group.create_task(self.timers.run())
                for listener in self.listeners.values():
                    group.create_task(listener.run())
                if self.intake is not None:
                    group.create_task(self.intake.run())
        finally:
            self.leading = False

    async def _standby(self) -> None:
        """While another process leads, tell our own followers when its relay has sequenced."""
        seen: int | None = None
        while True:
            await asyncio.sleep(STANDBY_POLL_S)
            if self.leading:
                continue
            try:
                async with self._database.readers() as session:
                    end_now = await session.scalar(select(RelayCursor.next_log_index))
            except (SQLAlchemyError, OSError) as error:
                log.debug("the end of the log cannot be read now: %s", error)
                continue
            if end_now != seen:
                seen = end_now
                self.news.ring()

    async def _announce(self) -> None:
        """Tell the leader in another process that there are facts."""
        rings = self._facts.rings
        while True:
            if not await self._facts.after(rings, 60):
                continue
            rings = self._facts.rings
            try:
                await self._bus.send(f"xj.wake.{self._service}")
            except BusError as error:
                log.debug("the leader was not woken, it looks by itself each second: %s", error)
            # The leader pauses as long before it looks again.
            await asyncio.sleep(PAUSE_S)

    async def _on_wake(self, _: bytes) -> None:
        if self.leading:
            self.relay.wake()

    async def _read_log(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        async with self._database.readers() as session:
            found = await session.execute(
                select(EventLog.stream_index, EventLog.event)
                .where(EventLog.stream_index > after)
                .order_by(EventLog.stream_index)
                .limit(limit)
            )
            return [(index, event) for index, event in found if index is not None]


async def replay(
    session: AsyncSession, reactions: Reactions, dead_letter_id: UUID, take: Taking | None = None
) -> None:
    """Try a dead letter again; the caller commits. Raises NotFound, or what it fails with now."""
    letter = await session.get(DeadLetter, dead_letter_id, with_for_update=True)
    if letter is None:
        raise NotFound
    if letter.kind == "timer":
        await timers.revive(session, letter)
    elif letter.kind == "intake" and take is not None and letter.replayed_at is None:
        await intake.replay(session, take, letter)
        letter.replayed_at = now(session)
    else:
        await inbox.replay(session, reactions, letter)


class _Measured(Collector):
    """The spine's figures, read when they are asked for."""

    def __init__(self, spine: Spine) -> None:
        self._spine = spine

    def collect(self) -> Iterator[Metric]:
        spine, now = self._spine, time.monotonic()
        relay, inboxes = spine.relay.status, spine.listeners
        yield _gauge("leading", "1 in the process that holds the lease", int(spine.leading))
        yield _gauge("nats_connected", "1 while NATS is reachable", int(spine.connected))
        if not spine.leading:
            return  # the leader has the figures
        yield _gauge("outbox_facts", "Committed facts that are not in the log yet", relay.outbox)
        yield _gauge("log_facts", "Facts in the log", relay.next_log_index)
        yield _gauge(
            "unpublished_facts", "Facts of the log not in JetStream yet", relay.unpublished
        )
        yield _gauge("stream_missing_facts", "Facts that the stream has lost", relay.missing)
        yield _gauge("stream_diverged", "1 if the stream is ahead of the database", relay.diverged)
        yield _gauge("ledger_facts", "Facts in the ledger's tree", relay.ledger)
        yield _gauge("ledger_signed_facts", "Facts under the last checkpoint", relay.signed)
        yield _gauge("ledger_tampered", "1 if the log denies what was signed", relay.tampered)
        turned = {
            "sequencing": relay.sequenced_at,
            "publishing": relay.published_at,
            "timers": spine.timers.status.turned_at,
            **{f"inbox_{source}": part.status.turned_at for source, part in inboxes.items()},
        }
        ages = GaugeMetricFamily(
            "xiejian_idle_seconds", "Since this part last got through a turn", labels=["part"]
        )
        for part, at in turned.items():
            if at is not None:
                ages.add_metric([part], now - at)
        yield ages
        behind = GaugeMetricFamily(
            "xiejian_inbox_behind_facts", "Facts waiting in the source's stream", labels=["source"]
        )
        buried = CounterMetricFamily(
            "xiejian_dead_letters", "Dead letters since the process started", labels=["source"]
        )
        for source, listener in inboxes.items():
            behind.add_metric([source], listener.status.behind)
            buried.add_metric([source], listener.status.buried)
        buried.add_metric(["timers"], spine.timers.status.buried)
        if spine.intake is not None:
            buried.add_metric(["intake"], spine.intake.buried)
        yield behind
        yield buried
        yield CounterMetricFamily(
            "xiejian_timers_fired", "Timers that have run", value=spine.timers.status.fired
        )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"xiejian_{name}", says, value=value)

"""The only door to NATS: streams, atomic batches, ordered readers, and small core messages.

JetStream is a cache of the logs in the databases. Everything here may fail with a `BusError` at any
time and is tried again by whoever called; nothing waits without a limit.
"""

import asyncio
import contextlib
import functools
import json
import logging
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api

from shared.facts.messages import (
    DuplicateInBatch,
    End,
    Incoming,
    Outgoing,
    Unreachable,
    translated,
)
from shared.facts.reader import PULL, Reader
from shared.retries import Bell, end

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 500
"""Messages in one atomic batch; nats-server takes 1,000."""
BATCH_BYTES = 4 * 1024 * 1024
HEAL_BYTES = 512 * 1024
"""About what one answer to a healing request holds, half of nats-server's max_payload."""
PUBLISH_S = 10.0
ACK_WAIT_S = 60.0
INTAKE_S = 7 * 86_400
"""What others send is kept so long, should nobody take it."""
INTAKE_BYTES = 1024**3
"""So much of it at most: then senders are refused until some is taken."""
INTAKE_MESSAGE_BYTES = 1024**2

_TRACEPARENT = re.compile(rb'"traceparent":"([0-9a-f-]{55})"')


Handler = Callable[[bytes], Awaitable[bytes | None]]


def stream_of(service: str) -> str:
    return f"XJ_{service.upper()}"


def _while_connected(
    call: Callable[Concatenate["Bus", P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Bus", P], Coroutine[Any, Any, T]]:
    """Ends a call with Unreachable as soon as the connection is lost, on which no answer can come.

    Otherwise a broker that died under a request costs its whole time limit after it is back.
    """

    @functools.wraps(call)
    async def guarded(bus: "Bus", /, *args: P.args, **kwargs: P.kwargs) -> T:
        breaking = asyncio.create_task(bus.breaks.after(bus.breaks.rings, math.inf))
        calling = asyncio.create_task(call(bus, *args, **kwargs))
        try:
            await asyncio.wait({calling, breaking}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                raise Unreachable("the connection to NATS was lost")
            return calling.result()
        finally:
            await end(calling, breaking)

    return guarded


class Bus:
    """One connection to NATS, kept up for ever; it may be down when the process starts."""

    def __init__(self, url: str, name: str) -> None:
        """`url` may name several servers with commas between."""
        self._servers, self._name = url.split(","), name
        self._client: Client | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._subscriptions: list[tuple[str, str, Handler]] = []
        self.connections = Bell()
        """Rings each time a connection is made: positions may be wrong from then on."""
        self.breaks = Bell()
        """Rings each time a connection is lost."""

    async def start(self) -> None:
        """Begin to connect; does not wait for it."""
        self._keeper = asyncio.create_task(self._keep_connected())

    async def close(self) -> None:
        """Let what is sent arrive (at most 3 s), then disconnect."""
        if self._keeper:
            await end(self._keeper)
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(3):
                if client.is_connected:
                    await client.drain()
        except (nats.errors.Error, OSError) as error:
            log.info("NATS was not drained: %s", error)
        finally:
            if not client.is_closed:
                await client.close()

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def subscribe(self, subject: str, handler: Handler, *, queue: str = "") -> None:
        """Hand core messages to `handler` on this and every later connection.

        What it returns is the reply. With a `queue`, one subscriber of it gets each message.
        """
        self._subscriptions.append((subject, queue, handler))
        if self._client is not None:
            await self._register(self._client, subject, queue, handler)

    async def send(self, subject: str, body: bytes = b"") -> None:
        """A core message: at most once, to whoever listens now."""
        with translated():
            async with asyncio.timeout(2):
                await self._live().publish(subject, body)

    @_while_connected
    async def ensure_stream(self, service: str) -> None:
        """Create the stream of `service`, or put its settings right."""
        wanted = api.StreamConfig(
            name=stream_of(service),
            subjects=[f"xj.{service}.>", f"xi.{service}.>"],
            storage=api.StorageType.FILE,
            retention=api.RetentionPolicy.LIMITS,
            discard=api.DiscardPolicy.NEW,
            allow_atomic=True,
            allow_direct=True,
            duplicate_window=120,
            max_age=0,
        )
        with translated():
            jetstream = self._jetstream()
            try:
                found = (await jetstream.stream_info(stream_of(service))).config
            except nats.js.errors.NotFoundError:
                await jetstream.add_stream(wanted)
                log.info("stream %s made", wanted.name)
                return
            ours = ("subjects", "discard", "allow_atomic", "allow_direct", "duplicate_window")
            drifted = {
                field: getattr(wanted, field)
                for field in (*ours, "max_age")
                if (getattr(found, field) or 0) != (getattr(wanted, field) or 0)
            }
            if drifted:
                log.warning("stream %s had drifted in %s", wanted.name, ", ".join(drifted))
                await jetstream.update_stream(found.evolve(**drifted))

    @_while_connected
    async def last(self, service: str) -> End:
        """Where the stream of `service` ends. Raises StreamMissing if there is none."""
        stream = stream_of(service)
        with translated():
            jetstream = self._jetstream()
            state = (await jetstream.stream_info(stream)).state
            # Something that is not ours (an operator's `nats pub`) may stand last; look before it.
            lowest = max(state.first_seq, state.last_seq - 1_000, 1)
            for seq in range(state.last_seq, lowest - 1, -1):
                headers = await self._headers(jetstream, stream, seq)
                # A relay gives both: what lacks one was put there by somebody else.
                if "Xj-Stream-Index" in headers and "Nats-Msg-Id" in headers:
                    index = int(headers["Xj-Stream-Index"])
                    event_id = headers["Nats-Msg-Id"].partition("/")[0]
                    return End(state.last_seq, index, event_id, state.messages)
            return End(state.last_seq, -1, "", state.messages)

    @_while_connected
    async def publish_batch(
        self, messages: Sequence[Outgoing], *, expected_last_seq: int, anew: bool = False
    ) -> int:
        """Append all of `messages` (at most `BATCH`) or none; returns the stream's last sequence.

        `expected_last_seq` is where the stream must end. Raises WrongLastSequence if it does not,
        DuplicateInBatch, or Unreachable (then whether they were appended is not known). nats-server
        remembers for two minutes what it stored even if it was purged since; `anew` gets past that.
        """
        batch = uuid.uuid4().hex if len(messages) > 1 else None
        with translated():
            client = self._live()
            async with asyncio.timeout(PUBLISH_S + 2):
                for position, message in enumerate(messages, 1):
                    headers = _headers_of(message)
                    if anew:
                        headers["Nats-Msg-Id"] += f"/{uuid.uuid4().hex[:8]}"
                    if position == 1:
                        headers["Nats-Expected-Last-Sequence"] = str(expected_last_seq)
                    if batch:
                        headers["Nats-Batch-Id"] = batch
                        headers["Nats-Batch-Sequence"] = str(position)
                    if position < len(messages):
                        await client.publish(message.nats_subject, message.body, headers=headers)
                if batch:
                    headers["Nats-Batch-Commit"] = "1"
                reply = await client.request(
                    message.nats_subject, message.body, timeout=PUBLISH_S, headers=headers
                )
            answer = json.loads(reply.data)
            if "error" in answer:
                raise nats.js.errors.APIError.from_error(answer["error"])
            if answer.get("duplicate"):
                raise DuplicateInBatch(message.event_id)
            return int(answer["seq"])

    @_while_connected
    async def consume(self, source: str, listener: str, after: int) -> Reader:
        """Read the facts of `source` behind stream index `after`, in order.

        Makes the durable consumer `xj-<listener>` anew: the position is ours to say, and one that
        NATS kept may belong to another state of the stream. The start is a guess that holds while
        the stream has no hole, verified by the message before it; where it does not hold, all is
        delivered and what is known is skipped.
        """
        stream, name = stream_of(source), f"xj-{listener}"
        ended = await self.last(source)
        start = min(after + 1 + ended.seq - ended.stream_index, ended.seq + 1)
        with translated():
            jetstream = self._jetstream()
            verified = after > ended.stream_index or (
                start > 1
                and (await self._headers(jetstream, stream, start - 1)).get("Xj-Stream-Index")
                == str(after)
            )
            with contextlib.suppress(nats.js.errors.NotFoundError):
                await jetstream.delete_consumer(stream, name)
            config = api.ConsumerConfig(
                name=name,
                durable_name=name,
                deliver_policy=(
                    api.DeliverPolicy.BY_START_SEQUENCE if verified else api.DeliverPolicy.ALL
                ),
                opt_start_seq=start if verified else None,
                # One acknowledgement says what a batch's transaction said: all up to here.
                ack_policy=api.AckPolicy.ALL,
                ack_wait=ACK_WAIT_S,
                max_deliver=-1,
                max_ack_pending=4 * PULL,
            )
            await jetstream.add_consumer(stream, config)
            reader = Reader(self._live(), f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}")
            await reader.open()
            return reader

    @_while_connected
    async def take_in(self, service: str) -> Reader:
        """Read what others send to `service` and was not acknowledged yet.

        Makes the stream `<STREAM>_INTAKE` if need be: subjects `xa.<service>.>`. What is there
        names people in clear, so a message is deleted with its acknowledgement, each having its
        own; what nobody takes is kept for a week. The broker never gives one up by itself.
        """
        stream, name = f"{stream_of(service)}_INTAKE", f"xj-{service}"
        with translated():
            jetstream = self._jetstream()
            try:
                await jetstream.stream_info(stream)
            except nats.js.errors.NotFoundError:
                await jetstream.add_stream(
                    api.StreamConfig(
                        name=stream,
                        subjects=[f"xa.{service}.>"],
                        storage=api.StorageType.FILE,
                        retention=api.RetentionPolicy.WORK_QUEUE,
                        discard=api.DiscardPolicy.NEW,
                        duplicate_window=120,
                        max_age=INTAKE_S,
                        max_bytes=INTAKE_BYTES,
                        max_msg_size=INTAKE_MESSAGE_BYTES,
                    )
                )
                log.info("stream %s made", stream)
            # With one that is there, nothing changes: it keeps its place.
            config = api.ConsumerConfig(
                name=name,
                durable_name=name,
                deliver_policy=api.DeliverPolicy.ALL,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=ACK_WAIT_S,
                max_deliver=-1,
                max_ack_pending=4 * PULL,
            )
            await jetstream.add_consumer(stream, config)
            reader = Reader(self._live(), f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}")
            await reader.open()
            return reader

    @_while_connected
    async def heal(self, source: str, after: int, limit: int = BATCH) -> list[Incoming]:
        """Facts of `source` behind stream index `after`, from its own log instead of the stream."""
        request = json.dumps({"after": after, "limit": limit}).encode()
        with translated():
            reply = await self._live().request(f"xj.heal.{source}", request, timeout=5)
            lines = (line.split(b" ", 1) for line in reply.data.splitlines())
            return [Incoming(int(index), body) for index, body in lines]

    async def heal_others(
        self, service: str, read: Callable[[int, int], Awaitable[list[tuple[int, bytes]]]]
    ) -> None:
        """Answer the healing requests for `service` with what `read(after, limit)` finds."""

        async def answer(request: bytes) -> bytes:
            asked = json.loads(request)
            lines: list[bytes] = []
            size = 0
            for index, body in await read(int(asked["after"]), min(int(asked["limit"]), BATCH)):
                size += len(body)
                if lines and size > HEAL_BYTES:
                    break
                lines.append(b"%d %s" % (index, body))
            return b"\n".join(lines)

        await self.subscribe(f"xj.heal.{service}", answer, queue="heal")

    def _live(self) -> Client:
        if self._client is None or not self._client.is_connected:
            raise Unreachable("not connected to NATS")
        return self._client

    def _jetstream(self) -> JetStreamContext:
        return self._live().jetstream(timeout=5)

    @staticmethod
    async def _headers(jetstream: JetStreamContext, stream: str, seq: int) -> dict[str, str]:
        try:
            return (await jetstream.get_msg(stream, seq=seq)).headers or {}
        except nats.js.errors.NotFoundError:
            return {}  # deleted: a hole

    @staticmethod
    async def _register(client: Client, subject: str, queue: str, handler: Handler) -> None:
        async def on_message(message: Msg) -> None:
            answer = await handler(message.data)
            if answer is not None and message.reply:
                await client.publish(message.reply, answer)

        await client.subscribe(subject, queue=queue, cb=on_message)

    async def _keep_connected(self) -> None:
        # The client reconnects by itself, except after some errors of the protocol and after an
        # authorisation that was withdrawn: then it closes for good and a new one is needed.
        while True:
            client, closed = Client(), asyncio.Event()
            try:
                await self._connect(client, closed)
                for subscription in self._subscriptions:
                    await self._register(client, *subscription)
                self._client = client
                log.info("connected to NATS")
                self.connections.ring()
                await closed.wait()
            except (nats.errors.Error, OSError) as error:
                log.warning("NATS: %s", error)
            finally:
                if self._client is not client and not client.is_closed:
                    await client.close()  # stopped before the connection was ready
            await asyncio.sleep(1)

    async def _connect(self, client: Client, closed: asyncio.Event) -> None:
        complained = False

        async def on_error(error: Exception) -> None:
            nonlocal complained
            log.log(logging.DEBUG if complained else logging.WARNING, "NATS: %r", error)
            complained = True  # once an outage

        async def on_disconnected() -> None:
            self.breaks.ring()

        async def on_reconnected() -> None:
            nonlocal complained
            complained = False
            log.info("connected to NATS again")
            self.connections.ring()

        async def on_closed() -> None:
            closed.set()

        await client.connect(
            self._servers,
            name=self._name,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=3,
            # A connection that died without a word is noticed after 15 s, not after four minutes.
            ping_interval=5,
            max_outstanding_pings=2,
            flush_timeout=5,
            drain_timeout=2,
            error_cb=on_error,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            closed_cb=on_closed,
        )


def _headers_of(message: Outgoing) -> dict[str, str]:
    headers = {
        "Nats-Msg-Id": message.event_id,
        "Xj-Log-Index": str(message.log_index),
        "Xj-Stream-Index": str(message.stream_index),
        "Content-Type": "application/cloudevents+json",
    }
    # Among the first attributes of the envelope; no need to parse all of it.
    if trace := _TRACEPARENT.search(message.body, 0, 768):
        headers["traceparent"] = trace[1].decode()
    return headers

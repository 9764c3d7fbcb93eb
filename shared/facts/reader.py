"""Facts of a stream as they come."""

import asyncio
import contextlib
import json
from collections import deque

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from shared.facts.messages import Incoming, ReaderLost, Unreachable, translated
from shared.retries import Bell

PULL = 500
"""Facts asked for at a time."""
HEARTBEAT_S = 2.0


class Reader:
    """Facts of one stream as they come: one pull request at a time, renewed when it is used up.

    The `fetch` of the client library waits for a full batch once the first message is there, which
    costs its whole timeout at low rates; this one hands over what has arrived.
    """

    def __init__(self, client: Client, next_subject: str) -> None:
        self._client, self._next_subject = client, next_subject
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._arrived: deque[Incoming] = deque()
        self._bell = Bell()
        self._asked = 0
        self._lost: str | None = None
        self._heard = 0.0

    async def open(self) -> None:
        self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)

    async def fetch(self, limit: int, patience: float) -> list[Incoming]:
        """What has arrived, at most `limit`; nothing after `patience` seconds without any.

        Raises ReaderLost when nothing will come any more.
        """
        rings = self._bell.rings
        if not self._arrived:
            await self._ask()
            await self._bell.after(rings, patience)
        if not self._arrived:
            silent = asyncio.get_running_loop().time() - self._heard
            if self._lost or silent > 3 * HEARTBEAT_S:
                raise ReaderLost(self._lost or "no sign of life")
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    async def acknowledge(self, *messages: Incoming) -> None:
        """`messages` have had their effect; of a stream of facts the last one says it for all."""
        with translated():
            async with asyncio.timeout(2):
                for message in messages:
                    if message.reply:
                        await self._client.publish(message.reply)

    def interrupt(self) -> None:
        """Let a waiting `fetch` return."""
        self._bell.ring()

    async def close(self) -> None:
        if self._subscription and not self._client.is_closed:
            with contextlib.suppress(nats.errors.Error, OSError):
                async with asyncio.timeout(2):
                    await self._subscription.unsubscribe()

    async def _ask(self) -> None:
        if self._asked <= 0 and not self._lost:
            self._asked = PULL
            self._heard = asyncio.get_running_loop().time()
            request = {
                "batch": PULL,
                "expires": 30 * 10**9,
                "idle_heartbeat": int(HEARTBEAT_S * 10**9),
            }
            with translated():
                if not self._client.is_connected:
                    raise Unreachable("not connected to NATS")
                async with asyncio.timeout(2):
                    await self._client.publish(
                        self._next_subject, json.dumps(request).encode(), reply=self._inbox
                    )

    async def _on_message(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        headers = message.headers or {}
        status = headers.get("Status")
        if status is None:
            self._asked -= 1
            index = headers.get("Xj-Stream-Index")
            self._arrived.append(
                Incoming(
                    int(index) if index else None, message.data, message.reply, message.subject
                )
            )
        elif status == "100":
            return  # a heartbeat
        elif status == "408" or (status == "409" and "Batch" in headers.get("Description", "")):
            self._asked = 0  # this pull is over, the next one is due
        else:
            self._lost = f"{status} {headers.get('Description', '')}"
        self._bell.ring()

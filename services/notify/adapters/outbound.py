"""Requests to addresses that others chose: only to networks that the operator allows.

The name is resolved once. If any of its addresses is not allowed nothing is sent; else one of just
these is connected to, with the name as Host and for TLS. No redirects, no proxies, no cookies, and
nothing from the environment.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple, Self

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from services.notify.webhooks.rules import Network, is_allowed

TIMEOUT_S = 15.0
RESOLVERS = 64
"""Names that are resolved at once: a resolver that hangs for some must not keep others waiting."""
ERRORS = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
    ValueError,
)


class NotAllowed(OSError):
    """The name leads to an address that the operator does not allow."""


class Outcome(NamedTuple):
    """What came of a request."""

    status: int | None
    error: str | None
    duration_ms: int

    @property
    def arrived(self) -> bool:
        return self.error is None and self.status is not None and 200 <= self.status < 300


_resolvers = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")


async def resolved(host: str, port: int) -> Sequence[Any]:
    """What the system's resolver says. Not by the loop's own threads, which are few."""
    find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return await asyncio.get_running_loop().run_in_executor(_resolvers, find)


class _Guarded(AsyncNetworkBackend):
    """Connects to allowed addresses only."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        address = await self._address(host, port)
        return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)

    async def _address(self, host: str, port: int) -> str:
        addresses = [str(one[4][0]) for one in await resolved(host, port)]
        if not addresses:
            raise NotAllowed("the name has no address")
        for address in addresses:
            if not is_allowed(ip_address(address), self._allowed):
                raise NotAllowed("the name leads to an address that is not allowed")
        return addresses[0]

    async def connect_unix_socket(self, *args: Any, **options: Any) -> AsyncNetworkStream:
        raise NotAllowed("no sockets")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Outbound:
    """Sends, each request on a connection of its own."""

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`timeout_s` is for a request in all; without `tls`, what the system trusts."""
        self._timeout_s = timeout_s
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            # As many as who sends wants: with a limit, receivers that hang would use it up.
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=_Guarded(allowed),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """What is answered in time. The body of the answer is not read."""
        began, status, error = time.monotonic(), None, None
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._pool.stream(
                    "POST", url, headers=list(headers.items()), content=body
                ) as answer,
            ):
                status = int(answer.status)
        except TimeoutError:
            error = "timeout"
        except NotAllowed as refused:
            error = f"refused: {refused}"
        except ERRORS as failed:
            error = type(failed).__name__
        if status is not None:
            error = None  # it had answered; how the connection ended is nobody's concern
        return Outcome(status, error, round((time.monotonic() - began) * 1000))

"""How often one address may ask what is open without a token.

A moving window in the memory of each process: with several processes of a service the limit is that
of each. The storages of `limits` are not used: the one leaves every address in memory for good and
starts a thread a request, the other looks at all addresses with every request.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Depends, Request
from limits import RateLimitItem, parse

from shared.refusals import Refused
from shared.settings import Settings

KEPT = 20_000
"""Addresses remembered; beyond that, who has not asked for longest begins anew."""

Network = IPv4Network | IPv6Network


class TooManyRequests(Refused):
    """The address has used up what it may ask in the window."""

    code = "too-many-requests"
    status = 429
    zh = "请求过于频繁，请在 {retry_after_s} 秒后重试。"
    en = "Too many requests from this address; try again in {retry_after_s} s."

    def __init__(self, wait_s: float) -> None:
        self.retry_after = max(1, math.ceil(wait_s))
        super().__init__(retry_after_s=self.retry_after)


class MovingWindow:
    """Who asked when, within the last window."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._amount, self._window_s = limit.amount, limit.get_expiry()
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, address: str) -> float | None:
        """None, and it is counted; or the seconds until `address` may ask again."""
        moment = time.monotonic()
        asked = self._asked.setdefault(address, deque())
        self._asked.move_to_end(address)
        while asked and asked[0] <= moment - self._window_s:
            asked.popleft()
        if len(asked) >= self._amount:
            return asked[0] + self._window_s - moment
        asked.append(moment)
        self._forget(moment)
        return None

    def _forget(self, moment: float) -> None:
        """Drop from the front who asked last before the window, and who is too many."""
        while self._asked:
            asked = next(iter(self._asked.values()))
            if len(self._asked) <= KEPT and asked and asked[-1] > moment - self._window_s:
                break
            self._asked.popitem(last=False)


class RateLimits:
    """What a process keeps of it."""

    def __init__(self, settings: Settings) -> None:
        self._trusted = networks(settings.trusted_proxies)
        self.open = MovingWindow(parse(settings.public_rate_limit))

    def address_of(self, request: Request) -> str:
        """The caller's address: the peer's, or behind the gateway the one that it names last."""
        peer = request.client.host if request.client else ""
        if not _lies_in(peer, self._trusted):
            return _network_of(peer)
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return _network_of(named or peer)


class RateLimited:
    """The dependency behind `Limited`; the OpenAPI document tells of 429 where it finds one."""

    async def __call__(self, request: Request) -> None:
        limits: RateLimits = request.app.state.rate_limits
        wait_s = limits.open.take(limits.address_of(request))
        if wait_s is not None:
            raise TooManyRequests(wait_s)


Limited = Depends(RateLimited())
"""For what is open without a token: `dependencies=[Public, Limited]`."""


def networks(text: str) -> Sequence[Network]:
    """Addresses and networks with commas between: `127.0.0.1, 10.0.0.0/8`."""
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


def _lies_in(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _network_of(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that an IPv6 subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)

"""Sends a year of acts of the made-up city to a running system, as the agencies' systems would.

Each district's source is registered and sends its records in batches. In the end the warnings are
held against the violations that were planted: each was found, and nothing else. Nothing is planted
here of the rules that hang on what others did before: on a certificate that was suspended, a deed
that is not in force, a dispute that is pending.
"""

import asyncio
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2

from deploy import local
from deploy.acts import Supply, Year
from deploy.city import City
from deploy.seed_city import POLL_S, Loading, Stopped, ready, running_here
from shared.access.actor import Role
from shared.access.tokens import development_token
from shared.clock import SHANGHAI

ACCOUNT = "system:acts"
BATCH = 20_000
"""Records that are sent together."""
AHEAD = 3
"""Batches that may wait while another one is sent."""
PATIENCE_S = 600.0
"""For the oldest of them."""


class Sending:
    """A client of oversight: somebody of the Bureau, and the account of the sources."""

    def __init__(self, client: httpx2.AsyncClient, token: str, account: str) -> None:
        self._client = client
        self._bureau = {"Authorization": f"Bearer {token}"}
        self._account = {"Authorization": f"Bearer {account}"}
        self._waiting: deque[str] = deque()

    async def register(self, supply: Supply) -> None:
        """Let it send, unless it may already."""
        answer = await self._client.post(
            "/oversight/v1/act-sources",
            headers=self._bureau,
            json={
                "code": supply.code,
                "name": f"{supply.division} 执法办案系统",
                "organisation": supply.organisation,
                "division": supply.division,
                "divisions": [supply.division],
                "accounts": [ACCOUNT],
                "channel": "rest",
                "contact": "科技信息科",
                "basis": "数据共享协议",
            },
        )
        if answer.status_code not in (201, 409):
            raise Stopped(f"{supply.code}: {answer.status_code}: {answer.text[:400]}")

    async def send(self, supply: Supply, records: Iterator[bytes]) -> tuple[int, int]:
        """All that a source has to say; how many records, and how many of those done were refused.

        It goes on sending while a few batches wait.
        """
        sent = refused = 0
        while lines := list(islice(records, BATCH)):
            answer = await self._client.post(
                "/oversight/v1/act-batches",
                params={"source": supply.code},
                headers={**self._account, "Content-Type": "application/x-ndjson"},
                content=b"\n".join(lines),
                timeout=120,
            )
            if answer.is_error:
                raise Stopped(f"{supply.code}: {answer.status_code}: {answer.text[:400]}")
            sent += len(lines)
            self._waiting.append(answer.json()["id"])
            while len(self._waiting) > AHEAD:
                refused += await self._finished()
        return sent, refused

    async def finish(self) -> int:
        """Until all is taken over; how many records of what was left were refused."""
        refused = 0
        while self._waiting:
            refused += await self._finished()
        return refused

    async def _finished(self) -> int:
        id, until = self._waiting.popleft(), time.monotonic() + PATIENCE_S
        while True:
            view = await self._get(f"/act-batches/{id}", self._account)
            if view["state"] == "done":
                return int(view["refused"])
            if view["state"] not in ("queued", "working") or time.monotonic() > until:
                raise Stopped(f"batch {id} is {view['state']}")
            await asyncio.sleep(POLL_S)

    async def warned(self, rule: str, prefix: str) -> set[str]:
        """The numbers of the acts that are warned of, of those that begin so."""
        found: set[str] = set()
        cursor: dict[str, str] = {}
        while True:
            page = await self._get("/warnings", self._bureau, rule=rule, limit=200, **cursor)
            numbers = (row["external_id"] for row in page["items"])
            found.update(number for number in numbers if number.startswith(prefix))
            if not (following := page["next_cursor"]):
                return found
            cursor = {"cursor": following}

    async def rules(self) -> list[str]:
        """The codes of the rules that warn."""
        page = await self._get("/warning-rules", self._bureau, state="active", limit=200)
        return sorted({row["code"] for row in page["items"]})

    async def _get(self, path: str, headers: Mapping[str, str], **params: Any) -> Any:
        answer = await self._client.get(
            f"/oversight/v1{path}", headers=dict(headers), params=params, timeout=60
        )
        if answer.is_error:
            raise Stopped(f"GET {path} answered {answer.status_code}: {answer.text[:400]}")
        return answer.json()


async def run(url: str, token: str, account: str, *, count: int, seed: int, scale: float) -> bool:
    """Make the year and send it; whether the warnings are what was planted. Raises `Stopped`."""
    last = datetime.now(UTC).astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    began = time.monotonic()
    async with httpx2.AsyncClient(base_url=url) as client:
        await ready(client)
        loading = Loading(client, token, token)
        city = City(await loading.places(), seed=seed, scale=scale)
        if not (await loading.get("/subjects", q=city.bodies[-1].uscc))["items"]:
            share = "" if scale == 1 else f" --share {scale:g}"
            raise Stopped(f"there is no such city: load it with `seed --scale city{share}`")
        year = Year(city, count=count, last=last, seed=seed)
        sending = Sending(client, token, account)
        sent = refused = 0
        for supply in year.supplies:
            await sending.register(supply)
            told = await sending.send(supply, year.records(supply))
            sent, refused = sent + told[0], refused + told[1]
            print(f"{sent:>9} records up to {supply.code}", flush=True)
        refused += await sending.finish()
        took = time.monotonic() - began
        print(f"{sent} records in {took:.0f} s, {refused} refused; {sent / took:,.0f} a second")
        return await compare(sending, year)


async def compare(sending: Sending, year: Year) -> bool:
    """Print by rule what was planted, found and missed; whether all was found and nothing else."""
    planted: Mapping[str, set[str]] = defaultdict(set, year.planted)
    same = True
    print(f"{'rule':<32} planted found missed beside")
    for rule in await sending.rules():
        found, wanted = await sending.warned(rule, year.prefix), planted[rule]
        same = same and found == wanted
        missed, beside = len(wanted - found), len(found - wanted)
        print(f"{rule:<32} {len(wanted):>7} {len(found & wanted):>5} {missed:>6} {beside:>6}")
    return same


def main(url: str | None, *, count: int, seed: int, scale: float) -> int:
    """Send it to the system at `url`, or to the local one that runs."""
    try:
        url = url or running_here()
        key: Path = local.development_key_file()
        if not key.is_file():
            raise Stopped(f"there is no development key at {key}: `make run` makes one")
        token = development_token(key, roles=[Role.BUREAU_SUPERVISOR], division="50", sub="city")
        account = development_token(key, roles=[Role.INTEGRATION], division="50", sub=ACCOUNT)
        same = asyncio.run(run(url, token, account, count=count, seed=seed, scale=scale))
    except Stopped as stopped:
        print(f"xiejian: {stopped}", file=sys.stderr)
        return 1
    except httpx2.HTTPError as error:
        said = str(error) or type(error).__name__
        print(f"xiejian: {url} answers no more ({said}); run it again to go on", file=sys.stderr)
        return 1
    return 0 if same else 1

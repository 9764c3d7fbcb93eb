"""Loads the city of `deploy.city` into a running system, through its public API as anybody could.

Each kind is one CSV file, taken over as an existing register (补录); its progress is shown.
"""

import asyncio
import csv
import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from deploy import local
from deploy.city import FIRST_DAY, City, Place
from shared.access.actor import Role
from shared.access.tokens import development_token
from shared.clock import legal_day

POLL_S = 0.5
AT_ONCE = 4
"""Lists that are published at a time."""
DECIDED_ON, EFFECTIVE_FROM = "2025-06-20", "2025-07-01"
"""By when the townships' lists were to be published (渝府办发〔2025〕28号)."""
Rows = Iterator[Mapping[str, Any]]


class Stopped(Exception):
    """The registry did not take a file."""


def subjects(city: City) -> Rows:
    """The bodies as rows of an import."""
    for body in city.bodies:
        yield {
            "name": body.name,
            "uscc": body.uscc,
            "kind": "statutory",
            "division": body.division,
            "domains": ";".join(body.domains),
            "legal_basis": "《中华人民共和国行政处罚法》第十七条",
            "since": FIRST_DAY,
            "publicised_on": FIRST_DAY,
        }


def officers(city: City) -> Rows:
    """Everybody on post, with the certificate that they hold."""
    areas = {body.uscc: body.area for body in city.bodies}
    for person in city.people():
        issuer = areas[person.organisation]
        yield {
            "subject": person.organisation,
            "name": person.name,
            "identity_no": person.identity_no,
            "post": person.post,
            "staffing": person.staffing,
            "since": FIRST_DAY,
            "certificate_no": person.certificate_no,
            "issuer": None if person.certificate_no is None else issuer.replace("500000", "50"),
            "issued_on": person.issued_on,
            "valid_to": person.valid_to,
        }


def powers(city: City) -> Rows:
    """The powers of every body, in force."""
    for power in city.authorities():
        yield {
            "subject": power.organisation,
            "code": power.code,
            "name": power.name,
            "kind": power.kind,
            "domains": power.domain,
            "basis": "《中华人民共和国行政处罚法》第十七条",
            "township_allowed": "true" if power.township_allowed else "false",
            "in_force_since": FIRST_DAY,
        }


def items(city: City) -> Rows:
    """The items of the townships' lists, each by its own words."""
    for item in city.items():
        yield {
            "division": item.township,
            "kind": item.kind,
            "code": item.code,
            "name": item.name,
            "power_kind": item.power_kind,
            "domains": item.domain,
            "basis": "《中华人民共和国行政处罚法》第二十四条",
        }


FILES: Mapping[str, Callable[[City], Rows]] = {
    "subjects": subjects,
    "officers": officers,
    "powers": powers,
    "item_lists": items,
}


def csv_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as a file, the keys of the first as its header."""
    out, writer = io.StringIO(), None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row))
            writer.writeheader()
        writer.writerow(row)
    return out.getvalue().encode()


class Loading:
    """A client of the registry with the tokens of two people of the Bureau."""

    def __init__(self, client: httpx2.AsyncClient, token: str, colleague: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self._colleague = {"Authorization": f"Bearer {colleague}"}

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self._client.get(
            f"/registry/v1{path}", headers=self._headers, params=params, timeout=30
        )
        if answer.is_error:
            raise Stopped(f"GET {path} answered {answer.status_code}: {answer.text[:400]}")
        return answer.json()

    async def listed(self, path: str, **params: Any) -> list[Any]:
        """All of a list, page by page."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=200, **params, **cursor)
            found += page["items"]
            if not (following := page["next_cursor"]):
                return found
            cursor = {"cursor": following}

    async def places(self) -> list[Place]:
        """The divisions in force."""
        return [
            Place(row["code"], row["name"], row["level"], row["parent"] or "")
            for row in await self.listed("/divisions")
        ]

    async def load(self, kind: str, content: bytes) -> int:
        """Hand a file in and wait for its end; returns how many rows were loaded."""
        answer = await self._client.post(
            "/registry/v1/imports",
            params={"kind": kind, "backfill": True},
            headers={**self._headers, "Content-Type": "text/csv"},
            content=content,
            timeout=60,
        )
        if answer.is_error:
            raise Stopped(f"{kind}: {answer.status_code}: {answer.text[:400]}")
        job = answer.json()
        while job["state"] in {"queued", "checking", "applying"}:
            await asyncio.sleep(POLL_S)
            job = await self.get(f"/imports/{job['id']}")
        if job["state"] != "done":
            errors = await self.get(f"/imports/{job['id']}/errors", limit=3)
            raise Stopped(f"{kind}: {job['state']}, {job['problem'] or errors['items']}")
        return int(job["applied"])

    async def publish_lists(self) -> int:
        """Have the lists that were drawn up reviewed by a colleague, decided on and published."""
        drafts = iter(await self.listed("/item-lists", state="draft"))
        done = await asyncio.gather(*(self._publish(drafts) for _ in range(AT_ONCE)))
        return sum(done)

    async def _publish(self, drafts: Iterator[Any]) -> int:
        done = 0
        for number, draft in enumerate(drafts, start=1):
            path = f"/registry/v1/item-lists/{draft['id']}"
            decision = {"decision_no": f"{draft['division']}-1", "decided_on": DECIDED_ON}
            for step, headers, body in (
                ("submit", self._headers, None),
                ("review", self._colleague, None),
                ("decide", self._colleague, decision),
                ("publish", self._colleague, {"effective_from": EFFECTIVE_FROM}),
            ):
                answer = await self._client.post(
                    f"{path}/{step}", headers=headers, json=body, timeout=30
                )
                if answer.is_error:
                    raise Stopped(f"{path}/{step}: {answer.status_code}: {answer.text[:400]}")
            done = number
        return done


async def run(url: str, token: str, colleague: str, *, seed: int, scale: float) -> None:
    """Make the city and load it, kind by kind."""
    began = time.monotonic()
    async with httpx2.AsyncClient(base_url=url) as client:
        loading = Loading(client, token, colleague)
        city = City(await loading.places(), seed=seed, scale=scale)
        for kind, rows in FILES.items():
            content, since = csv_of(rows(city)), time.monotonic()
            loaded = await loading.load(kind, content)
            took = time.monotonic() - since
            print(
                f"{loaded:>7} {kind:<12} {len(content) / 1e6:5.1f} MB in {took:5.1f} s", flush=True
            )
        since = time.monotonic()
        lists = await loading.publish_lists()
        print(f"{lists:>7} lists published in {time.monotonic() - since:11.1f} s", flush=True)
    day = legal_day(datetime.now(UTC)).isoformat()
    print(f"The city is there as of {day}, after {time.monotonic() - began:.0f} s.")


def main(url: str | None, *, seed: int, scale: float) -> int:
    """Load it into the system at `url`, or into the local one that runs."""
    state = local.read_state()
    if url is None and state is None:
        print("xiejian: nothing runs here; start it with `make run`", file=sys.stderr)
        return 1
    key: Path = local.development_key_file()
    tokens = [
        development_token(key, roles=[Role.BUREAU_SUPERVISOR], division="50", sub=sub)
        for sub in ("city", "colleague")
    ]
    try:
        asyncio.run(run(url or str((state or {})["url"]), *tokens, seed=seed, scale=scale))
    except (Stopped, httpx2.HTTPError) as error:
        print(f"xiejian: {str(error) or type(error).__name__}", file=sys.stderr)
        return 1
    return 0

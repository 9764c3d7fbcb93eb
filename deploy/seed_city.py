"""Loads the city of `deploy.city` into a running system, through its public API as anybody could.

Each kind is one CSV file, taken over as an existing register (补录); its progress is shown. The
same city is the same files: one that was loaded already is known by its hash, so that a run which
was stopped is finished by the next, and one more has nothing to do.
"""

import asyncio
import csv
import hashlib
import io
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
PATIENCE_S = 60.0
"""For a system that is starting."""
AT_ONCE = 4
"""Lists that are published at a time."""
DECIDED_ON, EFFECTIVE_FROM = "2025-06-20", "2025-07-01"
"""By when the townships' lists were to be published (渝府办发〔2025〕28号)."""
Rows = Iterator[Mapping[str, Any]]


AT_WORK = {"queued", "checking", "applying"}
"""States of an import that goes on."""
LEFT: Mapping[str, int] = {"draft": 0, "legal_review": 1, "council": 2}
"""By a list's state which steps to its publication are behind it."""


class Stopped(Exception):
    """It does not go on; the sentence says why, and what to do."""


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

    async def load(self, kind: str, content: bytes) -> int | None:
        """Hand a file in, or find it handed in, and wait for its end.

        Returns how many rows were loaded; None if that was before. Raises `Stopped`.
        """
        digest = hashlib.sha256(content).hexdigest()
        known = [
            job
            for job in await self.listed("/imports", kind=kind)
            if job["digest"] == digest and job["state"] in {*AT_WORK, "done"} and not job["dry_run"]
        ]
        if any(job["state"] == "done" for job in known):
            return None
        job = known[0] if known else await self._hand_in(kind, content)
        while job["state"] in AT_WORK:
            await asyncio.sleep(POLL_S)
            job = await self.get(f"/imports/{job['id']}")
        if job["state"] != "done":
            errors = await self.get(f"/imports/{job['id']}/errors", limit=3)
            raise Stopped(
                f"the registry did not take the {kind}: {job['problem'] or errors['items']};"
                " a city is loaded into a system without one (`make run` with an empty var/)"
            )
        return int(job["applied"])

    async def _hand_in(self, kind: str, content: bytes) -> Any:
        answer = await self._client.post(
            "/registry/v1/imports",
            params={"kind": kind, "backfill": True},
            headers={**self._headers, "Content-Type": "text/csv"},
            content=content,
            timeout=60,
        )
        if answer.is_error:
            raise Stopped(f"{kind}: {answer.status_code}: {answer.text[:400]}")
        return answer.json()

    async def publish_lists(self, townships: Collection[str]) -> int:
        """Have the first lists of townships that were drawn up reviewed by a colleague, decided on
        and published; returns how many."""
        public = {row["division"] for row in await self.listed("/item-lists", state="published")}
        waiting = iter(
            [
                row
                for state in LEFT
                for row in await self.listed("/item-lists", state=state)
                if row["division"] in townships and row["division"] not in public
            ]
        )
        return sum(await asyncio.gather(*(self._publish(waiting) for _ in range(AT_ONCE))))

    async def _publish(self, waiting: Iterator[Any]) -> int:
        done = 0
        for done, row in enumerate(waiting, start=1):  # noqa: B007 - counted
            path = f"/registry/v1/item-lists/{row['id']}"
            decision = {"decision_no": f"{row['division']}-1", "decided_on": DECIDED_ON}
            steps = (
                ("submit", self._headers, None),
                ("review", self._colleague, None),
                ("decide", self._colleague, decision),
                ("publish", self._colleague, {"effective_from": EFFECTIVE_FROM}),
            )
            for step, headers, body in steps[LEFT[row["state"]] :]:
                answer = await self._client.post(
                    f"{path}/{step}", headers=headers, json=body, timeout=30
                )
                if answer.is_error:
                    raise Stopped(f"{path}/{step}: {answer.status_code}: {answer.text[:400]}")
        return done


async def run(url: str, token: str, colleague: str, *, seed: int, scale: float) -> None:
    """Make the city and load it, kind by kind. Raises `Stopped`."""
    began = time.monotonic()
    async with httpx2.AsyncClient(base_url=url) as client:
        await ready(client)
        loading = Loading(client, token, colleague)
        city = City(await loading.places(), seed=seed, scale=scale)
        new = 0
        for kind, rows in FILES.items():
            content, since = csv_of(rows(city)), time.monotonic()
            loaded = await loading.load(kind, content)
            if loaded is None:
                print(f"{kind}: there already", flush=True)
                continue
            new += loaded
            took = time.monotonic() - since
            print(
                f"{loaded:>7} {kind:<12} {len(content) / 1e6:5.1f} MB in {took:5.1f} s", flush=True
            )
        since = time.monotonic()
        lists = await loading.publish_lists({b.division for b in city.bodies})
        if lists:
            print(f"{lists:>7} lists published in {time.monotonic() - since:11.1f} s", flush=True)
    if not new + lists:
        print(f"The city was loaded into {url} before; there is nothing to do.")
        return
    day = legal_day(datetime.now(UTC)).isoformat()
    print(f"The city is there as of {day}, after {time.monotonic() - began:.0f} s.")


async def ready(client: httpx2.AsyncClient, *, patience_s: float = PATIENCE_S) -> None:
    """Wait until the registry answers; raises `Stopped`."""
    until, told = time.monotonic() + patience_s, False
    while True:
        try:
            answer = await client.get("/registry/health/ready", timeout=5)
        except httpx2.TransportError as error:
            found = str(error) or type(error).__name__
        else:
            if answer.is_success:
                return
            found = f"it answered {answer.status_code}"
        if time.monotonic() >= until:
            raise Stopped(
                f"the registry at {client.base_url} was not ready within {patience_s:.0f} s"
                f" ({found}): start the system with `make run`, or name its gateway with --url"
            )
        if not told:
            print(f"waiting for {client.base_url} to be ready ...", file=sys.stderr, flush=True)
            told = True
        await asyncio.sleep(POLL_S)


def running_here() -> str:
    """The address of the local system, which may be on its way up; raises `Stopped`."""
    until = time.monotonic() + PATIENCE_S
    told = False
    while (state := local.read_state()) is None:
        if not local.is_held():
            raise Stopped(
                "nothing runs here: start it with `make run`, or name a gateway with --url"
            )
        if time.monotonic() >= until:
            raise Stopped(
                f"the system here is still starting after {PATIENCE_S:.0f} s: see its output"
            )
        if not told:
            print("waiting for the system here to be up ...", file=sys.stderr, flush=True)
            told = True
        time.sleep(POLL_S)
    return str(state["url"])


def main(url: str | None, *, seed: int, scale: float) -> int:
    """Load it into the system at `url`, or into the local one that runs."""
    try:
        url = url or running_here()
        key: Path = local.development_key_file()
        if not key.is_file():
            raise Stopped(f"there is no development key at {key}: `make run` makes one")
        tokens = [
            development_token(key, roles=[Role.BUREAU_SUPERVISOR], division="50", sub=sub)
            for sub in ("city", "colleague")
        ]
        asyncio.run(run(url, *tokens, seed=seed, scale=scale))
    except Stopped as stopped:
        print(f"xiejian: {stopped}", file=sys.stderr)
    except httpx2.HTTPError as error:
        said = str(error) or type(error).__name__
        print(f"xiejian: {url} answers no more ({said}); run it again to go on", file=sys.stderr)
    else:
        return 0
    return 1

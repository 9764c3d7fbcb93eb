"""Compares what was acknowledged with what there is: rows, facts, and effects in other databases.

It looks into the databases from outside, with SQL of its own, and computes the leaf hashes itself.
"""

import asyncio
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from shared.facts.inbox import Reactions
from shared.migrations import service_of
from tests.facts import naive
from tests.faults.writers import Write

RAISED = "escalation.issue.raised.v1"
REGISTERED = "registry.subject.registered.v1"
CONVERGENCE_S = 90.0
"""Generous: on an idle machine it takes a second or two."""

Urls = Mapping[str, str]
"""Address of each service's database."""


@dataclass
class Trace:
    """What is found of one write, by its name."""

    rows: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)

    @property
    def steps(self) -> tuple[list[str], ...]:
        return self.rows, self.facts, self.effects


@dataclass
class Difference:
    """Between what was acknowledged and what there is."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Anything else that may not be: a gap in a log, a wrong hash, a write that nobody made."""

    def __bool__(self) -> bool:
        return bool(self.lost or self.duplicated or self.broken)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def fetch(url: str, sql: str, *values: Any) -> list[Any]:
    async with connected(url) as connection:
        return list(await connection.fetch(sql, *values))


async def compare(urls: Urls, prefix: str, acked: Iterable[Write]) -> Difference:
    """The writes whose names begin with `prefix`: each exactly one row, one fact, one effect."""
    traces = await _traces(urls, prefix)
    found = Difference()
    expected = {write.name: write for write in acked}
    for name, write in expected.items():
        trace = traces[name]
        missing = [
            step
            for step, there in zip(("row", "fact", "effect"), trace.steps, strict=True)
            if not there
        ]
        if missing:
            found.lost.append(f"{name}: no {', no '.join(missing)}")
        elif trace.rows != [write.acked_id]:
            found.broken.append(f"{name}: answered as {write.acked_id}, is {trace.rows}")
    for name, trace in traces.items():
        if any(len(there) > 1 for there in trace.steps):
            found.duplicated.append(f"{name}: {' '.join(str(len(step)) for step in trace.steps)}")
        if name not in expected:
            found.broken.append(f"{name}: there though it was never acknowledged")
    return found


async def _traces(urls: Urls, prefix: str) -> dict[str, Trace]:
    traces: dict[str, Trace] = defaultdict(Trace)
    like = f"{prefix} %"
    names: dict[str, str] = {}  # of facts by their id
    places: dict[tuple[str, int], str] = {}  # names of subjects by id and stream index

    # The first line of its history stands and falls with the issue.
    sql = (
        "SELECT title, issue.id::text FROM issue LEFT JOIN issue_history line"
        " ON line.issue_id = issue.id AND line.action = 'raise' WHERE title LIKE $1"
    )
    for name, id in await fetch(urls["escalation"], sql, like):
        traces[name].rows.append(id)
    for fact in await _facts(urls["escalation"], RAISED):
        if (name := fact["data"].get("title", "")).startswith(f"{prefix} "):
            traces[name].facts.append(fact["id"])
            names[fact["id"]] = name
    sql = "SELECT caused_by::text, id::text FROM message WHERE event = $1"
    for caused_by, id in await fetch(urls["notify"], sql, RAISED):
        if caused_by in names:
            traces[names[caused_by]].effects.append(id)

    sql = (
        "SELECT name, subject.id::text FROM subject LEFT JOIN subject_history line"
        " ON line.subject_id = subject.id WHERE name LIKE $1"
    )
    for name, id in await fetch(urls["registry"], sql, like):
        traces[name].rows.append(id)
    for fact in await _facts(urls["registry"], REGISTERED):
        if (name := fact["data"]["name"]).startswith(f"{prefix} "):
            traces[name].facts.append(fact["id"])
            places[fact["data"]["subject_id"], fact["stream_index"]] = name
    sql = "SELECT id::text, fact_index FROM subject_view WHERE name LIKE $1"
    for id, index in await fetch(urls["oversight"], sql, like):
        if (id, index) in places:
            traces[places[id, index]].effects.append(id)
    return traces


async def _facts(url: str, kind: str) -> list[dict[str, Any]]:
    sql = "SELECT stream_index, event FROM event_log WHERE type = $1 ORDER BY log_index"
    return [
        {**json.loads(event), "stream_index": index} for index, event in await fetch(url, sql, kind)
    ]


class Logs:
    """Looks at every log from where the last look ended."""

    def __init__(self, urls: Urls) -> None:
        self._urls = urls
        self._seen = dict.fromkeys(urls, (0, 0))
        self._leaves: dict[str, list[bytes]] = {service: [] for service in urls}

    async def broken(self) -> list[str]:
        """Gaps, wrong hashes, facts that do not parse, positions and roots that do not fit."""
        found: list[str] = []
        for service, url in self._urls.items():
            found += [f"{service}: {problem}" for problem in await self._look(service, url)]
        return found

    async def _look(self, service: str, url: str) -> list[str]:
        log_index, stream_index = self._seen[service]
        found: list[str] = []
        async with connected(url) as connection:
            sql = (
                "SELECT log_index, stream_index, audience, event_id::text, event, leaf_hash"
                " FROM event_log WHERE log_index >= $1 ORDER BY log_index"
            )
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                async for row in connection.cursor(sql, log_index):
                    if row["log_index"] != log_index:
                        found.append(f"fact {log_index} is missing before {row['log_index']}")
                    log_index = row["log_index"] + 1
                    if row["audience"] != "audit":
                        if row["stream_index"] != stream_index:
                            found.append(f"stream index {stream_index}: {row['stream_index']}")
                        stream_index += 1
                    elif row["stream_index"] is not None:
                        found.append(f"audit fact {row['log_index']} has a place in the stream")
                    if hashlib.sha256(b"\x00" + row["event"]).digest() != row["leaf_hash"]:
                        found.append(f"the leaf hash of fact {row['log_index']} is wrong")
                    self._leaves[service].append(row["leaf_hash"])
                    if json.loads(row["event"])["id"] != row["event_id"]:
                        found.append(f"fact {row['log_index']} is not what its id says")
                cursor = await connection.fetchrow(
                    "SELECT next_log_index, next_stream_index FROM relay_cursor"
                )
                signed = await connection.fetchrow(
                    "SELECT size, root FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
                )
        if cursor is not None and tuple(cursor) != (log_index, stream_index):
            found.append(f"the log ends at {log_index}, {stream_index}; its cursor says {cursor}")
        if (
            signed is not None
            and naive.mth(self._leaves[service][: signed["size"]]) != signed["root"]
        ):
            found.append(f"the ledger signed another log of {signed['size']} facts")
        self._seen[service] = log_index, stream_index
        return found


# ---------------------------------------------------------------- converging


def listeners(services: Iterable[str]) -> list[tuple[str, str]]:
    """Who listens to whom."""
    present = list(services)
    return [
        (service, source)
        for service in present
        for source in Reactions(service_of(service).all_reactions).sources
        if source in present
    ]


async def committed(urls: Urls) -> dict[str, int]:
    """Facts of each service that will stand in its stream, those still in the outbox included."""
    sql = (
        "SELECT coalesce((SELECT next_stream_index FROM relay_cursor), 0)"
        " + (SELECT count(*) FROM outbox WHERE audience <> 'audit')"
    )
    return {service: (await fetch(url, sql))[0][0] for service, url in urls.items()}


async def behind(urls: Urls, facts: Mapping[str, int]) -> list[str]:
    """Which listeners have not applied the first `facts` of a source."""
    marks = {
        (service, source): mark
        for service, url in urls.items()
        for source, mark in await fetch(url, "SELECT source, stream_index FROM inbox")
    }
    return [
        f"{service} has {marks.get((service, source), -1) + 1} of {facts[source]} of {source}"
        for service, source in listeners(urls)
        if marks.get((service, source), -1) + 1 < facts[source]
    ]


async def unsettled(urls: Urls, signing: bool = True) -> list[str]:
    """What is still on its way: facts in an outbox, not signed, not published, not applied."""
    found: list[str] = []
    ends: dict[str, int] = {}
    for service, url in urls.items():
        sql = (
            "SELECT (SELECT count(*) FROM outbox) AS waiting, next_stream_index, published,"
            " next_log_index - coalesce((SELECT max(size) FROM ledger_checkpoint), 0) AS unsigned"
            " FROM relay_cursor"
        )
        rows = await fetch(url, sql)
        waiting, ends[service], published, unsigned = rows[0] if rows else (0, 0, 0, 0)
        if unsigned and signing:
            found.append(f"{unsigned} facts of {service} are not signed")
        if waiting:
            found.append(f"{waiting} facts in the outbox of {service}")
        if published != ends[service]:
            found.append(f"{service} has published {published} of {ends[service]}")
    return found + await behind(urls, ends)


async def converge(look: Any, *arguments: Any, seconds: float = CONVERGENCE_S) -> list[str]:
    """Until `look` finds nothing more; what it still finds after `seconds`."""
    deadline = time.monotonic() + seconds
    while found := await look(*arguments):
        if time.monotonic() > deadline:
            return list(found)
        await asyncio.sleep(0.05)
    return []


async def dead_letters(urls: Urls) -> dict[UUID, str]:
    """The dead letters that wait in all services."""
    sql = "SELECT id, source, type, error FROM dead_letter WHERE replayed_at IS NULL"
    return {
        id: f"dead letter in {service}: {source} {kind}: {error}"
        for service, url in urls.items()
        for id, source, kind, error in await fetch(url, sql)
    }

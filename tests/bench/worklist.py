"""The Bureau's worklist and its counts at a million issues, over HTTP, one caller after the other.

Overdue first, by deadline: the first page, a later one, and how many wait by how their deadline
stands. The table is never read from end to end: its count of scans says so.
"""

import json
import time
from collections import defaultdict

import asyncpg

from shared.access.actor import Role
from tests.bench.figures import Figure, Goal, load
from tests.bench.load import Caller, request
from tests.bench.scene import Scene

INBOX = "/escalation/v1/inbox"
LIMIT_MS = 20
SEEN_WHOLE = 100_000
"""Rows from which on reading them all is never the better plan."""
_SCANS = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'issue'"


async def measure(scene: Scene, *, rows: int, rounds: int, count: int) -> list[Figure]:
    """`count` of each question a round; p50 and p95 of what each took."""
    escalation = await scene.service("escalation")
    await scene.load_issues(rows)
    await escalation.close()
    token = scene.token(Role.BUREAU_SUPERVISOR, "50")
    taken: dict[str, list[list[float]]] = defaultdict(list)
    loads = []
    connection = await asyncpg.connect(scene.postgres.url("xj_escalation"))
    async with scene.process(
        "service", "escalation", settings=scene.settings("escalation")
    ) as process:
        caller = await Caller.connect(process.port)

        async def ask(path: str) -> bytes:
            status, body = await caller.ask(request("GET", path, token))
            assert status == "200", body
            return body

        cursor = json.loads(await ask(f"{INBOX}?limit=50"))["next_cursor"]
        paths = {
            "worklist_first_page": f"{INBOX}?limit=50",
            "worklist_next_page": f"{INBOX}?limit=50&cursor={cursor}",
            "worklist_overdue": f"{INBOX}?limit=50&deadline_state=overdue",
            "worklist_counts": f"{INBOX}/counts",
        }
        for path in paths.values():
            await ask(path)
        before = await connection.fetchval(_SCANS)
        for _ in range(rounds):
            loads.append(load())
            for name in paths:
                taken[name].append([])
            for _ in range(count):
                for name, path in paths.items():
                    begun = time.perf_counter()
                    await ask(path)
                    taken[name][-1].append((time.perf_counter() - begun) * 1000)
        await connection.execute("SELECT pg_stat_force_next_flush()")
        scanned = await connection.fetchval(_SCANS) - before
        assert rows < SEEN_WHOLE or scanned == 0, f"the table was read whole {scanned} times"
        await caller.close()
    await connection.close()
    middle = sum(loads) / len(loads)
    figures = []
    for name, all_rounds in taken.items():
        p50, p95 = ([_part(one, part) for one in all_rounds] for part in (0.5, 0.95))
        figures.append(Figure(f"{name}_p50", "ms", p50, (), Goal(LIMIT_MS), middle))
        figures.append(Figure(f"{name}_p95", "ms", p95, (), None, middle))
    return figures


def _part(milliseconds: list[float], part: float) -> float:
    return sorted(milliseconds)[min(len(milliseconds) - 1, int(len(milliseconds) * part))]

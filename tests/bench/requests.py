"""What a request costs the server's process, against the same SQL in bare asyncpg.

The variants take turns within every round, so that what else the machine does meets them alike.
"""

import itertools
import json
import pickle
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event

from tests.bench.figures import Figure, Goal, load
from tests.bench.load import Load, ask_for, request
from tests.bench.scene import DISTRICT, TOWNSHIP, Process, Scene
from tests.bench.server import Recorded
from tests.servers import ServiceUnderTest

ISSUES = "/escalation/v1/issues"
LIST = f"{ISSUES}?division={DISTRICT}&state=handling&limit=50"
SUBJECT = "018f0000-0000-7000-8000-000000000001"
BODY = {  # fifteen fields
    "title": "镇街与区级部门对占道经营执法职责理解不一",
    "description": "赋权事项承接后,占道经营的日常巡查与处罚由谁负责,镇与区城市管理部门各执一词。",
    "kind": "dispute",
    "division": TOWNSHIP,
    "major": True,
    "source": "contact_point",
    "severity": "serious",
    "domains": ["urban_management"],
    "occurred_on": "2026-11-20",
    "place": "某某路农贸市场周边",
    "contact": "王某 12345",
    "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
    "subject_id": SUBJECT,
    "organisation": "11500228709467150P",
    "reference": "沙执监〔2026〕12号",
}
BYTES = json.dumps(BODY, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Case:
    """One kind of request."""

    name: str
    goal: Goal | None
    requests: Callable[[str], Iterator[bytes]]
    """For a token: the requests, one after the other, without an end."""
    variants: tuple[str, ...] = ("baseline", "service")


def cases(ids: list[UUID], *, leader: bool) -> list[Case]:
    """What is measured; with a `leader`, also what a write costs the process that relays it."""

    def create(token: str) -> Iterator[bytes]:
        return itertools.repeat(request("POST", ISSUES, token, BYTES))

    def create_with_key(token: str) -> Iterator[bytes]:
        while True:
            yield request("POST", ISSUES, token, BYTES, Idempotency_Key=secrets.token_hex(8))

    def get(token: str) -> Iterator[bytes]:
        return itertools.cycle([request("GET", f"{ISSUES}/{id}", token) for id in ids])

    def search(token: str) -> Iterator[bytes]:
        return itertools.repeat(request("GET", LIST, token))

    writers = ("baseline", "service", "leader") if leader else ("baseline", "service")
    return [
        Case("create_issue", Goal(6), create, writers),
        Case("create_issue_with_key", Goal(6), create_with_key),
        Case("get_issue", Goal(6), get),
        Case("list_issues", Goal(4), search),
    ]


async def record(service: ServiceUnderTest) -> dict[str, Recorded]:
    """The statements that the service makes of each request once it has warmed up."""
    sent: list[tuple[str, tuple[Any, ...]]] = []
    engine = service.app.state.database.engine.sync_engine
    token = service.token("district_supervisor", DISTRICT)

    @event.listens_for(engine, "before_cursor_execute")
    def note(conn: Any, cursor: Any, sql: str, values: Any, *_: Any) -> None:
        sent.append((sql, tuple(values)))

    async def ask(method: str, path: str, **options: Any) -> Recorded:
        for _ in range(2):
            sent.clear()
            answer = await service.request(
                method,
                path,
                as_=token,
                headers={"Idempotency-Key": secrets.token_hex(8)} if options.pop("key", 0) else {},
                **options,
            )
            assert answer.is_success, answer.text
        id = answer.json().get("id")
        return Recorded(tuple(sent), UUID(id) if id else None, frozenset({UUID(SUBJECT)}))

    created = await ask("POST", ISSUES, json=BODY)
    recorded = {
        "create_issue": created,
        "create_issue_with_key": await ask("POST", ISSUES, json=BODY, key=True),
        "get_issue": await ask("GET", f"{ISSUES}/{created.issue_id}"),
        "list_issues": await ask("GET", LIST),
    }
    event.remove(engine, "before_cursor_execute", note)
    return recorded


async def measure(
    scene: Scene, *, rows: int, rounds: int, seconds: float, leader: bool, only: str | None = None
) -> list[Figure]:
    """One figure a case; every request of it has succeeded."""
    escalation = await scene.service("escalation")
    await scene.load_issues(rows)
    recorded = scene.folder / "recorded.pickle"
    recorded.write_bytes(pickle.dumps(await record(escalation)))
    await escalation.close()
    wanted = [
        case
        for case in cases(await _ids(scene), leader=leader)
        if only is None or case.name == only
    ]
    settings = scene.settings("escalation")
    async with AsyncExitStack() as running:

        async def start(*arguments: str) -> Process:
            return await running.enter_async_context(scene.process(*arguments, settings=settings))

        processes = {"baseline": await start("baseline", str(recorded))}
        if leader:
            # The first one leads: it relays for all, as one of several replicas does.
            processes["leader"] = await start("service", "escalation")
        processes["service"] = await start("service", "escalation")
        return await _rounds(wanted, processes, scene.token(), rounds=rounds, seconds=seconds)


async def _rounds(
    wanted: list[Case],
    processes: dict[str, Process],
    token: str,
    *,
    rounds: int,
    seconds: float,
) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    loads: list[float] = []
    for number in range(rounds):
        loads.append(load())
        for case in wanted:
            order = case.variants if number % 2 else case.variants[::-1]
            for variant in order:
                process, requests = processes[variant], case.requests(token)
                await _asked(process, requests, seconds / 5)
                one = await _asked(process, requests, seconds)
                found[case.name, variant].append(one.cpu_us)
    middle = sum(loads) / len(loads)
    figures = []
    for case in wanted:
        baselines = found[case.name, "baseline"]
        figures.append(
            Figure(case.name, "us", found[case.name, "service"], baselines, case.goal, load=middle)
        )
        if "leader" in case.variants:
            values = found[case.name, "leader"]
            figures.append(Figure(f"{case.name}_and_relay", "us", values, baselines, load=middle))
    return figures


async def _asked(process: Process, requests: Iterator[bytes], seconds: float) -> Load:
    done = await ask_for(process.port, process.pid, requests, seconds=seconds)
    assert not done.refused, done.refused
    return done


async def _ids(scene: Scene) -> list[UUID]:
    connection = await asyncpg.connect(scene.postgres.url("xj_escalation"))
    try:
        rows = await connection.fetch(
            "SELECT id FROM issue WHERE district = $1 ORDER BY hashtext(number) LIMIT 500", DISTRICT
        )
    finally:
        await connection.close()
    return [row["id"] for row in rows]

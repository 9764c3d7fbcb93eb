"""Officers as a file through the importer: seconds, rows a second against inserting one by one,
memory, and what a request costs meanwhile.
"""

import asyncio
import csv
import io
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import asyncpg
import uuid_utils.compat
from stdnum.cn import ric, uscc

from shared.access.actor import Role
from tests.bench.figures import Figure, Goal, load
from tests.bench.load import Caller, request
from tests.bench.scene import Process, Scene

IMPORTS = "/registry/v1/imports"
OFFICERS_A_BODY = 40
ONE_BY_ONE = 500
ASK_S = 0.1
"""How often it is asked how far an import is. That is a part of what is measured: fifty times a
second took the service as much CPU time as the import."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华文玉萍红建国春梅志鹏宇欣怡梓涵"

_numbers = itertools.count()


class Round(NamedTuple):
    """What one file of officers took."""

    seconds: float
    cpu_s: float
    """Of the service's process."""
    grown_mib: float
    p99_ms: float
    """Of reading an import, asked for all the while."""


def identity_numbers() -> Iterator[str]:
    """All different, and formed right."""
    for number in _numbers:
        rest, order = divmod(number, 1_000)
        rest, day = divmod(rest, 28)
        years, month = divmod(rest, 12)
        body = f"500106{1960 + years}{month + 1:02d}{day + 1:02d}{order:03d}"
        yield body + ric.calc_check_digit(body + "0")


def written(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def subjects(townships: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Bodies in townships of the whole city, as publicised long ago."""
    rows = []
    for number in range(count):
        code = f"11{townships[number % len(townships)][:6]}{next(_numbers):09d}"
        rows.append(
            {
                "name": f"某某镇人民政府{number}",
                "uscc": code + uscc.calc_check_digit(code),
                "kind": "statutory",
                "division": townships[number % len(townships)],
                "domains": "comprehensive",
                "legal_basis": "《中华人民共和国行政处罚法》第二十四条",
                "head": "王某",
                "monitor_unit": "某某司法所",
                "publicised_on": "2022-07-01",
            }
        )
    return rows


def officers(codes: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Staff of these bodies, with the certificates that they hold."""
    chance = random.Random(count)
    rows = []
    for place, number in zip(range(count), identity_numbers(), strict=False):
        code = codes[place * len(codes) // count]
        rows.append(
            {
                "subject": code,
                "name": "".join(chance.choice(part) for part in (SURNAMES, GIVEN, GIVEN)),
                "identity_no": number,
                "post": "综合行政执法岗",
                "staffing": "staff",
                "since": "2022-07-01",
                "certificate_no": f"渝A-{code[2:8]}-{next(_numbers):07d}",
                "issued_on": "2022-07-15",
                "valid_to": "2031-06-30",
            }
        )
    return rows


async def measure(scene: Scene, *, rows: int, rounds: int) -> list[Figure]:
    """One file of `rows` officers a round."""
    registry = await scene.service("registry")
    await registry.close()
    found, baselines, loads = [], [], []
    async with scene.process("service", "registry", settings=scene.settings("registry")) as process:
        asking = Asking(process, scene.token(Role.BUREAU_SUPERVISOR, "50"))
        connection = await asyncpg.connect(scene.postgres.url("xj_registry"))
        townships = await connection.fetch(
            "SELECT code FROM division WHERE level = 'township' AND valid_to IS NULL ORDER BY code"
        )
        bodies = subjects([row["code"] for row in townships], max(1, rows // OFFICERS_A_BODY))
        await asking.load("subjects", written(bodies))
        for _ in range(rounds):
            loads.append(load())
            content = written(officers([body["uscc"] for body in bodies], rows))
            found.append(await asking.load("officers", content))
            baselines.append(await one_by_one(connection))
        await connection.close()
    middle = sum(loads) / len(loads)
    rates = [rows / one.seconds for one in found]
    return [
        Figure("import_officers", "rows/s", rates, baselines, Goal(5, at_least=True), middle),
        Figure(
            "import_60000_officers",
            "s",
            [60_000 * one.seconds / rows for one in found],
            (),
            Goal(8),
            middle,
        ),
        Figure("import_cpu", "us/row", [one.cpu_s / rows * 1e6 for one in found], (), None, middle),
        Figure("import_grown", "MiB", [one.grown_mib for one in found], (), None, middle),
        Figure("request_while_importing_p99", "ms", [r.p99_ms for r in found], (), None, middle),
    ]


class Asking:
    """Somebody who hands in files and asks how far they are."""

    def __init__(self, process: Process, token: str) -> None:
        self._process, self._token = process, token

    async def load(self, kind: str, content: bytes) -> Round:
        """Hand in a file and wait until all of it is loaded."""
        pid = self._process.pid
        caller = await Caller.connect(self._process.port)
        cpu, rss = cpu_s(pid), peak_mib(pid, anew=True)
        began = time.monotonic()
        path = f"{IMPORTS}?kind={kind}&accept=all_or_nothing&backfill=true"
        status, body = await caller.ask(upload(path, self._token, content))
        assert status == "201", body
        view, took = json.loads(body), []
        until = time.monotonic() + 300
        while time.monotonic() < until and view["state"] in {"queued", "checking", "applying"}:
            await asyncio.sleep(ASK_S)
            asked = time.monotonic()
            _, body = await caller.ask(request("GET", f"{IMPORTS}/{view['id']}", self._token))
            took.append((time.monotonic() - asked) * 1_000)
            view = json.loads(body)
        seconds = time.monotonic() - began
        assert view["state"] == "done", view
        assert view["applied"] == content.count(b"\n") - 1
        await caller.close()
        grown = peak_mib(pid) - rss
        return Round(seconds, cpu_s(pid) - cpu, grown, quantiles(took, n=100)[98])


async def one_by_one(connection: Any) -> float:
    """Rows a second when the same officers are inserted, each in its own transaction."""
    rows = await connection.fetch("SELECT * FROM officer LIMIT $1", ONE_BY_ONE)
    names = list(rows[0].keys())
    places = ", ".join(f"${n + 1}" for n in range(len(names)))
    statement = await connection.prepare(
        f"INSERT INTO officer ({', '.join(names)}) VALUES ({places})"
    )
    anew = [{**row, "id": uuid_utils.compat.uuid7()} for row in rows]
    for row in anew:
        row["identity_index"] = row["id"].bytes
    began = time.monotonic()
    for row in anew:
        await statement.fetch(*row.values())
    return len(anew) / (time.monotonic() - began)


def upload(path: str, token: str, content: bytes) -> bytes:
    """The bytes of a request that hands in a CSV."""
    head = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        "Content-Type: text/csv",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + content


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process and of the children that it waited for."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in stat[11:15]) / 100


def peak_mib(pid: int, *, anew: bool = False) -> float:
    """The most memory that a process has held, or with `anew` what it holds now."""
    if anew:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024

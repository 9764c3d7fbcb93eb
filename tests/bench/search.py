"""Finding by name among 60,000 officers and 1,500 subjects, over HTTP, against a scan with LIKE.

One caller who sees the whole city, which is the most there is to look at. The three take turns
question by question.
"""

import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import asyncpg
from pypinyin import Style, lazy_pinyin

from shared.access.actor import Role
from tests.bench.city import load_city
from tests.bench.figures import Figure, Goal, load
from tests.bench.load import Caller, request
from tests.bench.scene import Scene

SEARCH, OFFICERS = "/registry/v1/search?limit=20&q=", "/registry/v1/officers?limit=20&q="

# What the same question costs where nothing is indexed; initials cannot even be asked.
_SCAN = """
SELECT 'subject', id, name, uscc FROM subject
WHERE name LIKE '%' || $1 || '%' OR uscc LIKE '%' || $1 || '%'
UNION ALL
SELECT 'officer', id, name, certificate_no FROM officer
WHERE name LIKE '%' || $1 || '%' OR certificate_no LIKE '%' || $1 || '%'
ORDER BY name LIMIT 20
"""


def questions(
    subjects: Sequence[dict[str, Any]], officers: Sequence[dict[str, Any]], count: int
) -> list[str]:
    """Words that people type: most are a name or a part of one, one in nine finds nothing."""
    chance = random.Random(22)

    def cut(text: str, length: int) -> str:
        start = chance.randrange(max(1, len(text) - length + 1))
        return text[start : start + length]

    def initials(text: str) -> str:
        return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))

    asked = []
    for number in range(count):
        person, body = chance.choice(officers), chance.choice(subjects)
        asked.append(
            [
                person["name"],
                person["name"][:2],
                person["name"][0],
                cut(body["name"], 2),
                cut(body["name"], 4),
                initials(person["name"]),
                initials(cut(body["name"], 4)),
                (person["certificate_no"] or body["uscc"])[: chance.choice((6, 9, 30))],
                f"查无{chance.randrange(1000)}",
            ][number % 9]
        )
    return asked


async def measure(
    scene: Scene, *, officers: int, subjects: int, rounds: int, count: int
) -> list[Figure]:
    """`count` questions a round; p50 and p95 of what each took."""
    await (await scene.service("registry")).close()
    address = scene.postgres.url("xj_registry")
    connection = await asyncpg.connect(address)
    divisions = await connection.fetch(
        "SELECT code, name, parent FROM division WHERE valid_to IS NULL ORDER BY code"
    )
    asked = questions(
        *await load_city(address, officers=officers, subjects=subjects, divisions=divisions), count
    )
    token = scene.token(Role.BUREAU_SUPERVISOR, "50")
    taken: dict[str, list[list[float]]] = defaultdict(list)
    loads = []
    async with scene.process(
        "service", "registry", settings=scene.settings("registry")
    ) as registry:
        caller = await Caller.connect(registry.port)

        async def ask(path: str, word: str) -> None:
            status, body = await caller.ask(request("GET", path + quote(word), token))
            assert status == "200", body

        async def scan(word: str) -> None:
            await connection.fetch(_SCAN, word)

        ways: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "search": partial(ask, SEARCH),
            "officers_by_name": partial(ask, OFFICERS),
            "scan": scan,
        }
        for number in range(rounds):
            loads.append(load())
            for name in ways:
                taken[name].append([])
            for place, word in enumerate(asked[: 20 if number == 0 else 0] + asked):
                # The first of the first round warm up.
                warm = number > 0 or place >= 20
                for name, way in ways.items():
                    begun = time.perf_counter()
                    await way(word)
                    if warm:
                        taken[name][-1].append((time.perf_counter() - begun) * 1000)
        await caller.close()
    await connection.close()
    middle = sum(loads) / len(loads)
    scanned = [_part(one, 0.5) for one in taken["scan"]]
    figures = []
    for name in ("search", "officers_by_name"):
        p50, p95 = ([_part(one, part) for one in taken[name]] for part in (0.5, 0.95))
        figures.append(Figure(f"{name}_p50", "ms", p50, scanned, Goal(0.5), middle))
        figures.append(Figure(f"{name}_p95", "ms", p95, (), Goal(30), middle))
    return figures


def _part(milliseconds: list[float], part: float) -> float:
    return sorted(milliseconds)[min(len(milliseconds) - 1, int(len(milliseconds) * part))]

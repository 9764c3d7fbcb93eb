"""Coverage, annual statistics and indicators of a whole city, one question after the other.

1,500 bodies with 60,000 officers and 15,000 powers, a year of acts, and as many days of coverage
kept. The acts are told as intake tells them, as deltas, which the worker folds; the acts themselves
are not made, for nothing that is asked here reads them. Asked in the service's own process: from
the request to the whole answer.
"""

import time
from collections import defaultdict

import asyncpg

from services.oversight.act_counts import actions as counts
from services.oversight.coverage_counts import actions as coverage
from shared.access.actor import Role
from shared.clock import now
from shared.timers import schedule
from tests.bench.figures import Figure, Goal, load
from tests.bench.scene import DISTRICT, Scene

LIMIT_MS = 20
OFFICERS, POWERS = 40, 10
"""How many a body has."""
DAYS = 250
"""On which each body's coverage of acts was another."""
V1 = "/oversight/v1"

_CITY = """
WITH place AS MATERIALIZED (
    SELECT code, parent, row_number() OVER (ORDER BY code) - 1 AS nth, count(*) OVER () AS places
    FROM division WHERE level = 'township' AND valid_to IS NULL
)
INSERT INTO subject_view (id, organisation, name, kind, level, division, domains, state, fact_index,
                          told_at, district, township, parties)
SELECT gen_random_uuid(), 'B' || lpad(n::text, 17, '0'), '执法主体' || n, 'statutory', 'township',
       code, ARRAY[(ARRAY['urban_management', 'market_regulation', 'transport'])[1 + n % 3]],
       CASE WHEN n % 50 = 0 THEN 'draft' ELSE 'published' END, n, now(), parent, code, '{}'
FROM generate_series(0, $1 - 1) AS n JOIN place ON nth = n % places
"""
_OFFICERS = """
INSERT INTO officer_view (id, subject_id, organisation, name, post, staffing, state, certificate_no,
                          certificate_state, fact_index, told_at, district, township, parties)
SELECT gen_random_uuid(), id, organisation, '张某', '执法岗', 'staff', 'on_post', NULL,
       CASE WHEN n % 20 = 0 THEN 'expired' ELSE 'active' END, n, now(), district, township, '{}'
FROM subject_view, generate_series(1, $1) AS n
"""
_POWERS = """
INSERT INTO power_view (id, subject_id, organisation, code, name, kind, domains, state, fact_index,
                        told_at, district, township, parties)
SELECT gen_random_uuid(), id, organisation, 'CQ-' || n, '对占道经营的处罚',
       (ARRAY['penalty', 'permit', 'coercion', 'check'])[1 + n % 4], domains,
       CASE WHEN n = 1 THEN 'draft' ELSE 'active' END, n, now(), district, township, '{}'
FROM subject_view, generate_series(1, $1) AS n
"""
# Of each body and month the kinds and results that occur, at the stages that they reach.
_DELTAS = """
INSERT INTO act_delta (stage, month, place, organisation, kind, result, domains, acts, fine_fen,
                       confiscated_fen)
SELECT stage, make_date(extract(year FROM now())::int, month, 1), township, organisation,
       done.kind, result, domains, $1, CASE WHEN stage = 'decided' THEN 20000 * $1 ELSE 0 END, 0
FROM subject_view, generate_series(1, 12) AS month,
     (VALUES ('penalty', 'fine'), ('penalty', 'warning'), ('permit', 'granted'),
             ('check', 'compliant')) AS done(kind, result),
     unnest(ARRAY['reported', 'filed', 'decided', 'served', 'published', 'closed']) AS stage
"""
_HISTORY = """
INSERT INTO coverage_share (kind, unit, since, until, organisation, domains, covered, in_order,
                            total, district, township, parties)
SELECT 'acts', unit, today - n, today - n + 1, unit, domains, $1 - n, $1 - n, $1, district,
       township, '{}'
FROM (SELECT *, since AS today FROM coverage_share WHERE kind = 'acts' AND until IS NULL) AS shares,
     generate_series(1, $1) AS n
"""


async def measure(scene: Scene, *, acts: int, bodies: int, rounds: int, count: int) -> list[Figure]:
    """`count` of each question a round; p50 and p95 of what each took."""
    oversight = await scene.service("oversight")
    each = max(1, acts // (bodies * 12 * 4))
    connection = await asyncpg.connect(scene.postgres.url("xj_oversight"))
    for statement, number in (
        (_CITY, bodies),
        (_OFFICERS, OFFICERS),
        (_POWERS, POWERS),
        (_DELTAS, each),
    ):
        await connection.execute(statement, number, timeout=600)
    async with oversight.session() as session:
        await schedule(session, counts.FOLD, counts.ALL, now(session))
        await coverage.install(session)
        await session.commit()
    await oversight.fire_timers()
    await connection.execute(_HISTORY, DAYS, timeout=600)
    await connection.execute("VACUUM (ANALYZE)", timeout=600)
    await connection.close()
    year, day = oversight.today().year, oversight.today().replace(day=1)
    paths = {
        "coverage_city": f"{V1}/coverage",
        "coverage_by_district": f"{V1}/coverage?by=district",
        "coverage_as_of": f"{V1}/coverage?as_of={day}",
        "coverage_gaps": f"{V1}/coverage/gaps?kind=officers&limit=50",
        "statistics_city": f"{V1}/statistics?year={year}",
        "statistics_by_district": f"{V1}/statistics?year={year}&by=district",
        "statistics_of_a_district": f"{V1}/statistics?year={year}&division={DISTRICT}",
        "statistics_of_bodies": f"{V1}/statistics/bodies?year={year}&limit=50",
        "indicators_of_a_district": f"{V1}/indicators?division={DISTRICT}",
        "indicators_city": f"{V1}/indicators",
    }
    token = scene.token(Role.BUREAU_SUPERVISOR, "50")
    taken: dict[str, list[list[float]]] = defaultdict(list)
    loads = []

    async def ask(path: str) -> None:
        answer = await oversight.get(path, as_=token)
        assert answer.status_code == 200, answer.text

    for path in paths.values():
        await ask(path)
    for _ in range(rounds):
        loads.append(load())
        for name in paths:
            taken[name].append([])
        for _ in range(count):
            for name, path in paths.items():
                begun = time.perf_counter()
                await ask(path)
                taken[name][-1].append((time.perf_counter() - begun) * 1000)
    await oversight.close()
    middle = sum(loads) / len(loads)
    figures = []
    for name, all_rounds in taken.items():
        p50, p95 = ([_part(one, part) for one in all_rounds] for part in (0.5, 0.95))
        goal = None if name.startswith("indicators") else Goal(LIMIT_MS)
        figures.append(Figure(f"{name}_p50", "ms", p50, (), goal, middle))
        figures.append(Figure(f"{name}_p95", "ms", p95, (), None, middle))
    return figures


def _part(milliseconds: list[float], part: float) -> float:
    return sorted(milliseconds)[min(len(milliseconds) - 1, int(len(milliseconds) * part))]

"""`python -m tests.bench` (`make bench`): all benchmarks, or some of them; see `--help`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import (
    acts,
    documents,
    events,
    figures,
    imports,
    ledger,
    requests,
    search,
    statistics,
    worklist,
)
from tests.bench.scene import scene


async def measure(given: argparse.Namespace, folder: Path) -> list[figures.Figure]:
    found: list[figures.Figure] = []
    quick = given.quick
    async with scene(folder, fsync=True) as stage:
        if given.part in (None, "events"):
            found += await events.measure(
                stage, rounds=1 if quick else 5, scale=0.1 if quick else 1.0
            )
        if given.part in (None, "requests"):
            found += await requests.measure(
                stage,
                rows=20_000 if quick else given.rows,
                rounds=1 if quick else given.rounds,
                seconds=0.5 if quick else 2.0,
                leader=True,
                only=given.only,
            )
        if given.part in (None, "ledger"):
            found += await ledger.measure(
                stage,
                rounds=1 if quick else 7,
                facts=2_000 if quick else 10_000,
                log=20_000 if quick else 1_000_000,
            )
        if given.part in (None, "search"):
            found += await search.measure(
                stage,
                officers=6_000 if quick else 60_000,
                subjects=1_500,
                rounds=1 if quick else 5,
                count=90 if quick else 450,
            )
    if given.part in (None, "worklist"):
        async with scene(folder / "worklist", fsync=True) as stage:
            found += await worklist.measure(
                stage,
                rows=20_000 if quick else given.rows,
                rounds=1 if quick else given.rounds,
                count=20 if quick else 200,
            )
    if given.part in (None, "statistics"):
        async with scene(folder / "statistics", fsync=True) as stage:
            found += await statistics.measure(
                stage,
                acts=100_000 if quick else 2_000_000,
                bodies=100 if quick else 1_500,
                rounds=1 if quick else given.rounds,
                count=5 if quick else 50,
            )
    if given.part in (None, "imports"):
        async with scene(folder / "imports", fsync=True) as empty:
            found += await imports.measure(
                empty, rows=6_000 if quick else 60_000, rounds=1 if quick else 3
            )
    if given.part in (None, "acts"):
        async with scene(folder / "acts", fsync=True) as empty:
            found += await acts.measure(
                empty,
                acts=5_000 if quick else given.acts,
                share=0.05,
                rounds=1 if quick else 3,
            )
    if given.part in (None, "documents"):
        found += await documents.measure(count=20 if quick else 1_000, rounds=1 if quick else 3)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=[
            "requests",
            "events",
            "ledger",
            "search",
            "imports",
            "acts",
            "documents",
            "worklist",
            "statistics",
        ],
    )
    parser.add_argument("--quick", action="store_true", help="one short round; nothing is judged")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=1_000_000, help="issues in the table")
    parser.add_argument("--acts", type=int, default=100_000, help="acts a round")
    parser.add_argument("--only", help="one kind of request")
    parser.add_argument("--keep", action="store_true", help="leave results.json as it is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiejian-bench-") as folder:
        found = asyncio.run(measure(given, Path(folder)))
    print(figures.table(found))
    if not given.quick and not given.keep:
        figures.write(found)
    return 1 if any(figure.met is False for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())

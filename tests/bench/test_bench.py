"""The benchmarks run, and nothing that they send is refused. How fast it went is not asked here."""

import json
from pathlib import Path

import pytest

from tests.bench import imports, ledger, requests, search, worklist
from tests.bench.figures import RESULTS, Figure, Goal, table, write
from tests.bench.scene import scene


async def test_the_request_benchmarks_bring_a_figure_for_each_kind_of_request(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, fsync=False) as stage:
        found = await requests.measure(stage, rows=2_000, rounds=1, seconds=0.2, leader=False)
    assert [figure.name for figure in found] == [
        "create_issue",
        "create_issue_with_key",
        "get_issue",
        "list_issues",
    ]
    assert all(figure.value > 0 and figure.ratio for figure in found)
    results = tmp_path / "results.json"
    write(found, results)
    written = json.loads(results.read_text())
    assert {"value", "unit", "baseline", "ratio", "spread", "rounds"} <= set(written["get_issue"])
    assert "not judged" in table(found)  # a single round shows no spread


async def test_the_search_benchmark_brings_its_figures(tmp_path: Path) -> None:
    async with scene(tmp_path, fsync=False) as stage:
        found = await search.measure(stage, officers=600, subjects=150, rounds=1, count=18)
    assert [figure.name for figure in found] == [
        "search_p50",
        "search_p95",
        "officers_by_name_p50",
        "officers_by_name_p95",
    ]
    assert all(figure.value > 0 for figure in found)


async def test_the_worklist_benchmark_brings_its_figures(tmp_path: Path) -> None:
    async with scene(tmp_path, fsync=False) as stage:
        found = await worklist.measure(stage, rows=20_000, rounds=1, count=3)
    names = ("first_page", "next_page", "overdue", "counts")
    parts = [f"worklist_{name}_{part}" for name in names for part in ("p50", "p95")]
    assert [figure.name for figure in found] == parts
    assert all(figure.value > 0 for figure in found)


async def test_the_import_benchmark_loads_all_it_hands_in(tmp_path: Path) -> None:
    async with scene(tmp_path, fsync=False) as stage:
        found = await imports.measure(stage, rows=2_000, rounds=1)
    assert [figure.name for figure in found] == [
        "import_officers",
        "import_60000_officers",
        "import_cpu",
        "import_grown",
        "request_while_importing_p99",
    ]
    assert all(figure.value > 0 for figure in found if figure.name != "import_grown")
    assert found[0].ratio


async def test_the_ledger_benchmark_brings_its_figures(tmp_path: Path) -> None:
    async with scene(tmp_path, fsync=False) as stage:
        found = await ledger.measure(stage, rounds=1, facts=600, log=2_000)
    assert [figure.name for figure in found] == [
        "ledger_append",
        "ledger_sequencing_a_fact",
        "ledger_relaying_a_fact",
        "ledger_relaying_a_lone_fact",
        "ledger_catch_up",
        "ledger_proof_p50",
        "ledger_proof_p99",
        "ledger_verification",
    ]
    assert all(figure.value > 0 for figure in found)
    assert found[1].ratio and found[2].ratio


@pytest.mark.parametrize(
    ("values", "judged", "met"),
    [
        ([400, 500, 600], True, True),
        ([600, 700, 800], True, False),
        ([200, 500, 600], False, None),
        ([500], False, None),
    ],
)
def test_rounds_that_disagree_are_not_judged(
    values: list[float], judged: bool, met: bool | None
) -> None:
    figure = Figure("any", "us", values, [100] * len(values), Goal(6))
    assert (figure.judged, figure.met) == (judged, met)


def test_a_ratio_is_that_of_the_same_round() -> None:
    # The machine was half as fast in the second round, for both.
    figure = Figure("any", "us", [500, 1_000], [100, 200], Goal(6))
    assert figure.ratio == 5
    assert figure.spread == 0


def test_the_committed_results_are_of_a_whole_run() -> None:
    results = json.loads(RESULTS.read_text())
    for name in ("create_issue", "get_issue", "list_issues", "relay_drain", "effect_at_500_p99"):
        assert results[name]["rounds"] >= 5
        assert results[name]["unit"]

"""One system in processes of its own for all faults; it ends with the last of them."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import Stack
from tests.faults.matrix import LONG, SHORT, Matrix

REPORT = Path(__file__).parent / "report.json"


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the full edition was asked for (`make faults`)."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def matrix(long: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """The system, and the plan for what is done to it; the full edition writes the report."""
    with Stack(tmp_path_factory.mktemp("faults")) as stack:
        made = Matrix(stack, LONG if long else SHORT)
        yield made
    if long:
        results = {name: dataclasses.asdict(result) for name, result in made.results.items()}
        REPORT.write_text(json.dumps(results, indent=2) + "\n")

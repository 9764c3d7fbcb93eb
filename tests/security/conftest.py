"""The edition that runs, and the report of the long one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ServiceUnderTest

REPORT = Path(__file__).parent / "report.json"


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the full edition was asked for (`make security`)."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def tallies(long: bool) -> Iterator[dict[str, Any]]:
    """How much was tried, by test; the full edition writes it down."""
    found: dict[str, Any] = {}
    yield found
    if long:
        REPORT.write_text(json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


@pytest.fixture
def service(request: pytest.FixtureRequest, name: str) -> ServiceUnderTest:
    """The service that the parameter `name` names."""
    found: ServiceUnderTest = request.getfixturevalue(name)
    return found

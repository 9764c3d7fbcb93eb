"""Nothing outside the caller's division is visible: every route, to every kind of stranger.

The routes are those of the OpenAPI documents. A route, a parameter or a field that nobody has
declared in `probes` fails, so what is built later cannot be forgotten here.
"""

import sys
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import literal_column

from shared.access import visibility
from tests.security.operations import operations
from tests.security.people import CASES, TOWNSHIP, Case
from tests.security.probes import Prober, undeclared
from tests.security.rows import make_rows
from tests.servers import SERVICES, ServiceUnderTest

WORLDS = [
    pytest.param(service, case, id=f"{service}, {case.name}")
    for case in CASES
    for service in SERVICES
    if not case.concealed or service == "oversight"
]


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_is_declared(name: str, applications: dict[str, FastAPI]) -> None:
    assert undeclared(operations(applications[name], name)) == []


@pytest.mark.parametrize(("name", "case"), WORLDS)
async def test_strangers_learn_nothing(
    service: ServiceUnderTest, case: Case, long: bool, tallies: dict[str, Any]
) -> None:
    rows = await make_rows(service, case)
    prober = Prober(service, rows, thorough=long)
    callers = [*case.foreigners, *(case.more if long else ())]
    # The callers of the other places are much the same people, one step up or down.
    assert await prober.leaks(callers, share=2 if case.place == TOWNSHIP else 6) == []
    # Had the rows not been there, nothing could have been found.
    seen = await prober.shown(case.natives)
    assert prober.scoped_readings - seen == set()
    tallies[f"{service.name}, {case.name}"] = dict(prober.tally)


@pytest.mark.parametrize("name", SERVICES)
async def test_the_probes_find_it_when_everything_is_let_through(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in CASES if case.place == TOWNSHIP)
    rows = await make_rows(service, case)
    for told in ("visible", "scoped_by"):
        real = getattr(visibility, told)
        for module in list(sys.modules.values()):
            if getattr(module, told, None) is real:
                monkeypatch.setattr(module, told, _everything)
    prober = Prober(service, rows)
    found = await prober.leaking(case.foreigners)
    # What waits for a level is also compared with the caller's own division.
    assert prober.scoped_readings - found <= {"GET /escalation/v1/inbox"}


def _everything(table: type[Any], _: object) -> Any:
    return literal_column(f"true /*visible {table.__tablename__}*/")

"""docs/notice.csv is true: what it names exists, and the notice is there row by row."""

import ast
import csv
import re
from pathlib import Path
from typing import Any

import pytest

from shared.events import published
from tests.servers import SERVICES

ROOT = Path(__file__).parent.parent
NOTICE = ROOT / "services/registry/programmes/data/notice.zh.txt"
# The whole text of a row that the notice has no sentence for, but the letter's head and foot.
SAID_ELSEWHERE = {0}


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs/notice.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = rows()
SERVED = [row for row in ROWS if row["operation"]]


def test_no_row_of_the_notice_is_dropped() -> None:
    assert [int(row["row"]) for row in ROWS] == list(range(59))
    assert list(ROWS[0]) == ["row", "clause", "service", "operation", "event", "test"]
    for row in ROWS:
        assert row["clause"]
        assert set(row["service"].split("+")) <= set(SERVICES)


def test_each_clause_is_in_the_notice() -> None:
    """Of what a clause names, most stands in the notice's own words."""
    text = NOTICE.read_text(encoding="utf-8")
    for row in ROWS:
        if int(row["row"]) in SAID_ELSEWHERE:
            continue
        words = re.split(r"[、,,。;:()()“”]|^[一二三四五]", row["clause"])
        parts = [part for part in words if len(part) >= 4]
        found = [part for part in parts if part[:4] in text]
        assert len(found) * 2 >= len(parts), row["clause"]


@pytest.mark.parametrize("row", SERVED, ids=[row["row"] for row in SERVED])
def test_what_a_served_row_names_exists(row: dict[str, str], applications: dict[str, Any]) -> None:
    for named in row["operation"].split():
        service, operation = named.split(".")
        assert service in row["service"].split("+")
        document = applications[service].openapi()
        operations = {
            o["operationId"] for path in document["paths"].values() for o in path.values()
        }
        assert operation in operations
    if row["event"]:
        assert row["event"] in published(row["event"].split(".")[0])
    assert row["test"]
    for named in row["test"].split():
        path, _, test = named.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        tests = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert test in tests


def test_an_unserved_row_claims_nothing() -> None:
    for row in ROWS:
        if not row["operation"]:
            assert not row["event"], row["row"]
            assert not row["test"], row["row"]

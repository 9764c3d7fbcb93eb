"""The contracts are what the frozen files say, and a published fact changes only by addition."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from shared.events import Event, published
from tests.contracts.write import HERE, frozen
from tests.servers import SERVICES


def test_the_frozen_contracts_are_current(applications: dict[str, FastAPI]) -> None:
    """`make contracts` rewrites them; read the difference before you keep it."""
    files = frozen(applications)
    stale = [
        str(path.name)
        for path, content in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    assert stale == []
    known = {path.name for path in files}
    assert [path.name for path in (HERE / "events").glob("*.json") if path.name not in known] == []


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a reader of `old` would miss or trip over in `new`."""
    found = []
    for field, was in old.get("properties", {}).items():
        now = new.get("properties", {}).get(field)
        if now is None:
            found.append(f"{field} is gone")
        elif _meaning(was) != _meaning(now):
            found.append(f"{field} changed")
        elif field in old.get("required", []) and field not in new.get("required", []):
            found.append(f"{field} may be missing now")
    for name, was in old.get("$defs", {}).items():
        found += [f"{name}: {text}" for text in breaks(was, new.get("$defs", {}).get(name, {}))]
    return found


def _meaning(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in schema if key not in {"description", "title", "examples"}}


EVENTS = [(service, type) for service in SERVICES for type in published(service)]


@pytest.mark.parametrize(("service", "type"), EVENTS, ids=[type for _, type in EVENTS])
def test_a_published_fact_changes_only_by_addition(service: str, type: str) -> None:
    frozen_schema = json.loads((HERE / "events" / f"{type}.json").read_text(encoding="utf-8"))
    assert breaks(frozen_schema, published(service)[type].model_json_schema()) == []


def test_what_would_break_a_listener_is_found() -> None:
    class Before(Event):
        id: int
        name: str

    class Added(Before):
        note: str | None = None

    class Renamed(Event):
        id: int
        title: str

    class Retyped(Event):
        id: str
        name: str

    old = Before.model_json_schema()
    assert breaks(old, Added.model_json_schema()) == []
    assert breaks(old, Renamed.model_json_schema()) == ["name is gone"]
    assert breaks(old, Retyped.model_json_schema()) == ["id changed"]


def test_every_type_says_its_service_entity_event_and_version() -> None:
    for service, type in EVENTS:
        parts = type.split(".")
        assert parts[0] == service
        assert len(parts) == 4
        assert parts[3].removeprefix("v").isdecimal()

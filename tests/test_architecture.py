"""House rules that a machine can check; import rules are import-linter's."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from shared.access.actor import Public
from shared.migrations import service_of
from shared.web.openapi import permission_of
from tests.servers import SERVICES

ROOT = Path(__file__).parent.parent
ROOMS = {"tables.py", "schemas.py", "rules.py", "actions.py", "routes.py", "reactions.py"}
SERVICE_FILES = {
    *("app.py", "db.py", "settings.py", "permissions.py", "figures.py"),
    *("README.md", "__init__.py"),
}
NO_TOKEN = {"live", "ready", "metrics", "openapi_document", "docs_page", "list_vocabulary"}


def capabilities() -> Iterator[Path]:
    for service in SERVICES:
        for folder in sorted((ROOT / "services" / service).iterdir()):
            if folder.is_dir() and folder.name not in {"migrations", "adapters", "__pycache__"}:
                yield folder


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (
            path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts
        )


@pytest.mark.parametrize(
    "folder", list(capabilities()), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_capability_has_only_the_six_files(folder: Path) -> None:
    names = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert names <= ROOMS | {"__init__.py", "data"}
    assert "tables.py" in names or "routes.py" in names or "reactions.py" in names


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_only_its_files_and_capabilities(service: str) -> None:
    files = {path.name for path in (ROOT / "services" / service).iterdir() if path.is_file()}
    assert files <= SERVICE_FILES
    assert {"app.py", "db.py", "permissions.py", "README.md"} <= files


@cache
def nodes(path: Path) -> list[ast.AST]:
    """What a file consists of, read once for all rules."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_across_capabilities_only_tables_rules_and_actions_are_used() -> None:
    """Adapters stand at the edge, as routes do: they read what comes in by the schemas."""
    wrong = []
    for path in python_files("services"):
        parts = path.relative_to(ROOT).parts
        if len(parts) != 4 or parts[2] == "adapters":
            continue
        _, service, capability, _ = parts
        for name in imports(path):
            found = re.match(rf"services\.{service}\.(\w+)\.(routes|schemas|reactions)\b", name)
            if found and found[1] != capability:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_nobody_swallows_every_exception() -> None:
    """`except Exception` stands only where work in the background is kept alive."""
    allowed = {
        "shared/facts/bus.py",
        "shared/facts/reader.py",
        "shared/facts/inbox.py",
        "shared/facts/intake.py",
        "shared/facts/relay.py",
        "shared/facts/spine.py",
        "shared/lease.py",
        "shared/timers.py",
        "shared/retries.py",
        "shared/operations.py",
        "shared/beside.py",
    }
    found = {
        str(path.relative_to(ROOT))
        for path in python_files("shared", "services")
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    }
    assert found <= allowed


def test_no_file_has_outgrown_its_room() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files("shared", "services")
        if "versions" not in path.parts
        and "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert long == {}


def routes_of(service: str, application: Any) -> Iterator[tuple[str, APIRoute]]:
    for context in iter_route_contexts(application.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            yield f"{sorted(route.methods or ())} {context.path_format}", route


@pytest.mark.parametrize("service", SERVICES)
def test_each_route_names_its_permission_or_says_public(service: str, applications: Any) -> None:
    table = service_of(service).all_permissions
    used = set()
    for name, route in routes_of(service, applications[service]):
        permission = permission_of(route)
        if permission is None:
            public = Public in route.dependencies or route.name in NO_TOKEN
            assert public, f"{name} names no permission"
        else:
            used.add(permission.permission)
            assert table.get(permission.permission), f"nobody holds {permission.permission}"
    assert set(table) - used <= {"event:audit"} | OPTIONAL_PERMISSIONS[service]


# Permissions that no route names because an action asks for them itself.
OPTIONAL_PERMISSIONS: dict[str, set[str]] = {
    "registry": {"subject:change"},
    "oversight": set(),
    "escalation": set(),
    "notify": set(),
}


@pytest.mark.parametrize("service", SERVICES)
def test_each_operation_is_documented(service: str, applications: Any) -> None:
    for name, route in routes_of(service, applications[service]):
        if route.include_in_schema:
            assert route.endpoint.__doc__, f"{name} has no docstring"
    operations = [route.name for _, route in routes_of(service, applications[service])]
    assert len(operations) == len(set(operations)), "operation ids must be unique in a service"


def test_codes_of_refusals_are_unique_and_speak_both_languages() -> None:
    for service in SERVICES:
        importlib.import_module(f"services.{service}.app")
    from shared.refusals import Refused

    def below(kind: type[Refused]) -> Iterator[type[Refused]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    kinds = {kind for kind in below(Refused) if not kind.__module__.startswith("tests")}
    codes: dict[tuple[str, str], type[Refused]] = {}
    for kind in kinds:
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", kind.code), kind
        home = (
            kind.__module__.split(".")[:2] if kind.__module__.startswith("services") else ["shared"]
        )
        same = codes.setdefault((".".join(home), kind.code), kind)
        assert same is kind, f"{kind} and {same} share a code"
        assert (".".join(home) == "shared") or ("shared", kind.code) not in codes, kind
        assert re.search(r"[一-鿿]", kind.zh), kind
        assert kind.en.endswith("."), kind

"""Every state machine of oversight is walked: see `tests/walks.py`."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from shared.law.lifecycle import Lifecycle
from shared.migrations import service_of

HERE = Path(__file__).parent


def walked(service: str) -> Iterator[int]:
    """The state machines, by identity, that a test of the service gives to a walk."""
    for file in sorted((HERE / service).glob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if "from tests.walks import" not in text:
            continue
        module = import_module(f"tests.{service}.{file.stem}")
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call):
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                names = [one.id for one in given if isinstance(one, ast.Name)]
                values = [getattr(module, name, None) for name in names]
                yield from (id(value) for value in values if isinstance(value, Lifecycle))


def test_every_lifecycle_of_oversight_is_walked() -> None:
    found = set(walked("oversight"))
    lifecycles = service_of("oversight").lifecycles
    missing = {name for name, lifecycle in lifecycles.items() if id(lifecycle) not in found}
    assert missing == set()

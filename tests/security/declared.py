"""What a capability's operations are about, for the attack tests: one `Declared` a capability."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.security.rows import Maker


@dataclass(frozen=True)
class Declared:
    """Paths with an id and lists by the kind of row they show, and what makes such rows.

    The fields stand for the tables of the same names in `probes`; `rows` makes at least one row of
    each kind at the case's place, with `make.rows.word()` in its texts.
    """

    rows: Callable[[Maker], Awaitable[None]]
    resources: Mapping[str, str] = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    unscoped: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()
    free: Mapping[str, str | None] = field(default_factory=dict)


def declared(service: str) -> list[Declared]:
    """What the modules of `tests/security/<service>` declare, each as `DECLARED`."""
    home = import_module(f"tests.security.{service}")
    names = sorted(module.name for module in iter_modules(home.__path__))
    return [import_module(f"{home.__name__}.{name}").DECLARED for name in names]

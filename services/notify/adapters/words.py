"""Words with blanks to fill in: Jinja2 in its sandbox, without loops, calls and other files.

A template can name what it is given, ask whether, and use a few filters. It cannot make itself
longer than it is written: no loops, no repetition, and a length that is the most.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 20_000
FILTERS = ("default", "e", "length", "lower", "trim", "truncate", "upper")
REFUSED = (
    nodes.For,
    nodes.Macro,
    nodes.CallBlock,
    nodes.Call,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
    nodes.Extends,
    nodes.Block,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.FilterBlock,
    nodes.Mul,
    nodes.Pow,
    nodes.Mod,
    nodes.Concat,
    nodes.Add,
)


class BrokenWords(Exception):
    """A template that cannot be used; says why."""


_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
_environment.globals.clear()
_environment.filters = {name: _environment.filters[name] for name in FILTERS}


class Words(NamedTuple):
    """A title and a text with blanks."""

    title: str
    text: str

    def render(self, told: Mapping[str, Any]) -> tuple[str, str]:
        """Title (one line) and text; `BrokenWords` if a blank has nothing to fill it."""
        title, text = (_rendered(one, told) for one in self)
        return " ".join(title.split()), text.strip() + "\n"


@lru_cache(maxsize=256)
def compiled(source: str) -> Template:
    """A template that says no more than it may; `BrokenWords` if it does."""
    try:
        tree = _environment.parse(source)
        for refused in tree.find_all(REFUSED):
            raise BrokenWords(f"{type(refused).__name__} is not allowed")
        return _environment.from_string(source)
    except TemplateError as error:
        raise BrokenWords(str(error)) from None


def _rendered(source: str, told: Mapping[str, Any]) -> str:
    template = compiled(source)
    try:
        text = template.render(told)
    except (TemplateError, TypeError, ValueError) as error:
        raise BrokenWords(str(error)) from None
    if len(text) > LONGEST:
        raise BrokenWords("it is too long")
    return text

"""The published language: one module (or package) a publishing service, one class a fact.

A fact says what happened, in the past tense, with ids and what a listener needs; never identity
numbers, phones or complainants. A breaking change is a new class with the next version.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import walk_packages
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Audience = Literal["public", "internal", "audit"]


class Event(BaseModel):
    """The `data` of a CloudEvent."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    type: ClassVar[str]
    """`<service>.<entity>.<event>.v<n>`; on the wire with `xiejian.` before it."""
    subject_field: ClassVar[str]
    """The field that holds the id of the thing the fact is about (CloudEvents `subject`)."""
    audience: ClassVar[Audience] = "public"
    """public: to everybody who may see the division. internal: to our own services only. audit:
    stays in the log, for the auditor."""

    @property
    def told_to(self) -> Audience:
        """The audience of this one fact: a public type may keep some internal by what they say."""
        return self.audience


def published(service: str) -> dict[str, type[Event]]:
    """The facts that a service publishes, by type."""
    home = f"shared.events.{service}"
    if find_spec(home):
        for module in walk_packages(getattr(import_module(home), "__path__", []), f"{home}."):
            import_module(module.name)
    found: dict[str, type[Event]] = {}
    waiting = [Event]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if f"{kind.__module__}.".startswith(f"{home}.") and "type" in kind.__dict__:
            found[kind.type] = kind
    return dict(sorted(found.items()))

"""Checks of conduct."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class ConductCheckFact(Event):
    """A check of conduct as it stands."""

    subject_field: ClassVar[str] = "conduct_check_id"

    conduct_check_id: UUID
    inspection_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    officer_id: UUID | None
    observed_on: date
    violations: int
    failed: list[str]
    """The items that failed, in the checklist's words."""
    finding_ids: list[UUID]
    division: str
    state: str
    authority_level: Level
    """Whose body checks and decides."""


class ConductChecked(ConductCheckFact):
    """It was written down, and another decides on it."""

    type: ClassVar[str] = "oversight.conduct.checked.v1"


class ConductPassed(ConductCheckFact):
    type: ClassVar[str] = "oversight.conduct.passed.v1"


class ConductViolated(ConductCheckFact):
    """There is a violation, and a finding for each kind of it."""

    type: ClassVar[str] = "oversight.conduct.violated.v1"


class ConductCheckVoided(ConductCheckFact):
    """It does not count."""

    type: ClassVar[str] = "oversight.conduct.voided.v1"

"""Facts of programmes."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from shared.events import Event


class Participant(BaseModel):
    """A division that takes part in a programme."""

    division: str
    kind: str
    """`pilot` or `voluntary`."""


class ProgrammeFact(Event):
    """A programme and who takes part."""

    subject_field: ClassVar[str] = "programme_id"

    programme_id: UUID
    code: str
    title: str
    starts_on: date
    ends_on: date
    state: str
    participants: list[Participant]
    """Who takes part now."""
    closed_on: date | None = None


class ProgrammeOpened(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.opened.v1"


class ProgrammeChanged(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.changed.v1"


class ProgrammeClosed(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.closed.v1"

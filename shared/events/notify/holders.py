"""Facts of the directory of role holders: counts and places, never who or how to reach them."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class DirectoryLoaded(Event):
    """A directory said who holds which role."""

    type: ClassVar[str] = "notify.directory.loaded.v1"
    subject_field: ClassVar[str] = "load_id"
    audience: ClassVar[Audience] = "internal"

    load_id: UUID
    source: str
    division: str
    """Whose office or system loaded it."""
    named: int
    joined: int
    left: int


class VacancyFact(Event):
    """A role in a division or body, seen no lower than the role is."""

    subject_field: ClassVar[str] = "vacancy_id"
    audience: ClassVar[Audience] = "internal"

    vacancy_id: UUID
    reach: str
    role: str | None
    division: str
    organisation: str | None


class VacancyFound(VacancyFact):
    """Something was addressed to it, and nobody is known to hold it."""

    type: ClassVar[str] = "notify.vacancy.found.v1"


class VacancyFilled(VacancyFact):
    type: ClassVar[str] = "notify.vacancy.filled.v1"

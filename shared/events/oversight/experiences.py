"""Experiences that others can copy."""

from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class ExperienceFact(Event):
    """An experience as it stands."""

    subject_field: ClassVar[str] = "experience_id"

    experience_id: UUID
    division: str
    level: Level
    """Of the division that submitted it."""
    title: str
    tags: list[str]
    state: str


class ExperienceSubmitted(ExperienceFact):
    """For the first time, or again after it was returned."""

    type: ClassVar[str] = "oversight.experience.submitted.v1"


class ExperienceChanged(ExperienceFact):
    type: ClassVar[str] = "oversight.experience.changed.v1"


class ExperienceAccepted(ExperienceFact):
    type: ClassVar[str] = "oversight.experience.accepted.v1"


class ExperienceReturned(ExperienceFact):
    """To be improved and submitted again."""

    type: ClassVar[str] = "oversight.experience.returned.v1"


class ExperiencePublished(ExperienceFact):
    """Told to the whole city: every division may adopt it."""

    type: ClassVar[str] = "oversight.experience.published.v1"


class ExperienceAdopted(ExperienceFact):
    """Told at the division that adopted it."""

    type: ClassVar[str] = "oversight.experience.adopted.v1"

    adopted_by_division: str


class ExperienceRecalled(ExperienceFact):
    """Told at each division that adopted it: the Bureau took it back."""

    type: ClassVar[str] = "oversight.experience.recalled.v1"

    adopted_by_division: str


class ExperienceWithdrawn(ExperienceFact):
    """By the division that submitted it, or by the Bureau after it was published."""

    type: ClassVar[str] = "oversight.experience.withdrawn.v1"

"""Facts of pilot townships."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class PilotTownshipFact(Event):
    """A township that a pilot district designated."""

    subject_field: ClassVar[str] = "designation_id"

    designation_id: UUID
    programme_id: UUID
    division: str
    """The pilot district, by its code of the day."""
    township: str
    designated_on: date
    ended_on: date | None = None
    """Its last day as a pilot."""
    state: str


class PilotTownshipDesignated(PilotTownshipFact):
    """Filed late, it may have ended already."""

    type: ClassVar[str] = "registry.pilot_township.designated.v1"


class PilotTownshipEnded(PilotTownshipFact):
    type: ClassVar[str] = "registry.pilot_township.ended.v1"

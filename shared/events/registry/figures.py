"""Facts of what the registry counts."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events import Event


class FiguresFrozen(Event):
    """What was counted for a division in a period; cited by its id, it never changes."""

    type: ClassVar[str] = "registry.figures.frozen.v1"
    subject_field: ClassVar[str] = "frozen_figure_id"

    frozen_figure_id: UUID
    division: str
    level: Literal["city", "district", "township"]
    first_day: date
    last_day: date
    """Both legal days are in the period."""
    figures: dict[str, int]
    """Measure → value in the period, or at its end."""
    coverages: dict[str, tuple[int, int]]
    """Kind of coverage → numerator and denominator on the last day."""
    labels: dict[str, str] = Field(default_factory=dict)
    """What each measure is called."""
    coverage_labels: dict[str, str] = Field(default_factory=dict)
    """What each kind of coverage is called."""

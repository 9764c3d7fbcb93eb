"""What is not covered, found and closed: one fact a body (or division), kind and at most 500."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event


class GapTold(BaseModel):
    """A gap by what it is of."""

    gap_id: UUID
    ref: str = Field(
        description="Id of the power, body or officer; the domain; of an act its source and number"
    )
    reason: str


class CoverageFact(Event):
    """Gaps of one kind of a body, of domains those of a division."""

    subject_field: ClassVar[str] = "unit"

    unit: str = Field(description="Credit code of the body; of domains the code of the division")
    coverage_kind: str = Field(description="powers, domains, subjects, officers or acts")
    organisation: str | None
    subject_id: UUID | None
    subject_name: str | None
    division: str
    gaps: list[GapTold] = Field(max_length=500)
    gap_count: int = Field(description="How many gaps this fact names")


class CoverageGapFound(CoverageFact):
    """They were not there before."""

    type: ClassVar[str] = "oversight.coverage.gap_found.v1"


class CoverageGapClosed(CoverageFact):
    """What was missing is covered, or need not be any more."""

    type: ClassVar[str] = "oversight.coverage.gap_closed.v1"

"""Annual statistics on their way to publication."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class AnnualStatisticsFact(Event):
    """The statistics of a division and year as they stand."""

    subject_field: ClassVar[str] = "statistics_id"

    statistics_id: UUID
    division: str
    year: int
    edition: int
    state: str
    digest: str
    """SHA-256 of what they say."""
    due_on: date
    """The last day on which they are published in time."""


class AnnualStatisticsCompiled(AnnualStatisticsFact):
    """Drawn up, or drawn up anew."""

    type: ClassVar[str] = "oversight.annual_statistics.compiled.v1"


class AnnualStatisticsConfirmed(AnnualStatisticsFact):
    type: ClassVar[str] = "oversight.annual_statistics.confirmed.v1"


class AnnualStatisticsReturned(AnnualStatisticsFact):
    type: ClassVar[str] = "oversight.annual_statistics.returned.v1"

    compiled_by: str


class AnnualStatisticsPublished(AnnualStatisticsFact):
    """For everybody; an earlier edition of the year holds no longer."""

    type: ClassVar[str] = "oversight.annual_statistics.published.v1"

    published_on: date
    corrects: UUID | None
    """The edition that it takes the place of."""


class AnnualStatisticsDue(Event):
    """A division has not published last year's statistics, and the last day is near or over."""

    type: ClassVar[str] = "oversight.annual_statistics.due.v1"
    subject_field: ClassVar[str] = "division"

    division: str
    division_name: str
    year: int
    due_on: date
    overdue: bool

"""Facts of papers on what the pilot showed; the words stay with those who read the row."""

from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.escalation import Level


class RecommendationFact(Event):
    """A paper as it stands."""

    subject_field: ClassVar[str] = "recommendation_id"

    recommendation_id: UUID
    number: str | None
    """Once it is issued."""
    title: str
    programme_id: UUID
    division: str
    level: Level
    """Whose it is."""
    state: str


class RecommendationDrafted(RecommendationFact):
    """Compiled from data; nothing is recommended yet."""

    type: ClassVar[str] = "escalation.recommendation.drafted.v1"


class RecommendationChanged(RecommendationFact):
    type: ClassVar[str] = "escalation.recommendation.changed.v1"


class RecommendationSubmitted(RecommendationFact):
    """Another person of the level approves or returns it."""

    type: ClassVar[str] = "escalation.recommendation.submitted.v1"


class RecommendationReturned(RecommendationFact):
    type: ClassVar[str] = "escalation.recommendation.returned.v1"


class RecommendationApproved(RecommendationFact):
    type: ClassVar[str] = "escalation.recommendation.approved.v1"


class RecommendationIssued(RecommendationFact):
    """It never changes again."""

    type: ClassVar[str] = "escalation.recommendation.issued.v1"

    level_above: Level
    """Who learns of it; of the Bureau's the Bureau itself."""
    addressed_to: list[str]
    recommended: int
    """So many items."""
    digest: str
    """SHA-256 of what was issued."""


class RecommendationWithdrawn(RecommendationFact):
    type: ClassVar[str] = "escalation.recommendation.withdrawn.v1"

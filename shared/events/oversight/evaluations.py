"""Evaluations of pilots."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class EvaluationFact(Event):
    """An evaluation as it stands."""

    subject_field: ClassVar[str] = "evaluation_id"

    evaluation_id: UUID
    programme_id: UUID
    programme_title: str
    division: str
    title: str
    state: str
    evaluators: list[str]
    """Keys of those who give scores: pilot, bureau, and credit codes."""
    co_evaluators: list[str] = Field(default_factory=list)
    """The credit codes among them."""


class EvaluationDrafted(EvaluationFact):
    type: ClassVar[str] = "oversight.evaluation.drafted.v1"


class EvaluationChanged(EvaluationFact):
    type: ClassVar[str] = "oversight.evaluation.changed.v1"


class EvaluationStarted(EvaluationFact):
    """All who are named are asked for their scores and opinions."""

    type: ClassVar[str] = "oversight.evaluation.started.v1"


class EvaluationScored(EvaluationFact):
    """One of the evaluators has given theirs; the scores are told once it is completed."""

    type: ClassVar[str] = "oversight.evaluation.scored.v1"

    evaluator: str
    missing: int
    """How many have not yet."""


class EvaluationCompleted(EvaluationFact):
    type: ClassVar[str] = "oversight.evaluation.completed.v1"

    score: str
    grade: str
    completed_on: date


class EvaluationCancelled(EvaluationFact):
    type: ClassVar[str] = "oversight.evaluation.cancelled.v1"

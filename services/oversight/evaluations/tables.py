"""Evaluations of pilots, and the programmes whose pilots they are of."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.evaluations.rules import (
    EvaluationExists,
    EvaluationGrade,
    EvaluationState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes

_JSON = JSONB(none_as_null=True)


class ProgrammeView(Base):
    """A pilot programme as the registry's facts tell of it; it rests on a public notice."""

    __tablename__ = "programme_view"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    title: Mapped[str]
    ends_on: Mapped[date]
    participants: Mapped[list[dict[str, Any]]]
    """`{division, kind}` each, who takes part."""
    fact_index: Mapped[int] = mapped_column(BigInteger)
    """Stream index of the fact it shows: an older one, replayed late, changes nothing."""


class Evaluation(Versioned, Scoped, Base):
    """The evaluation of a pilot by the Bureau and others (跟踪评估), seen by all who take part."""

    __tablename__ = "evaluation"
    __table_args__ = (
        *scope_indexes("evaluation"),
        Index(
            "uq_evaluation_pilot",
            *("programme_id", "division"),
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
            info={"refusal": EvaluationExists},
        ),
        CheckConstraint(one_of("state", EvaluationState), name="state"),
        CheckConstraint(one_of("grade", EvaluationGrade), name="grade"),
        CheckConstraint("NOT (started_by = ANY (authors))", name="two_hands"),
        CheckConstraint(
            "state <> 'completed' OR num_nulls(score, grade, completed_on) = 0", name="completed"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme_view.id"))
    programme_title: Mapped[str]
    division: Mapped[str]
    """The pilot, by the code of its day."""
    answerable: Mapped[str]
    """Whose district office speaks for it: its own, or that of its successor."""
    title: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]]
    """`{code, name, weight}` each."""
    evaluators: Mapped[list[dict[str, Any]]]
    """`{key, name, weight}` each: the pilot, the Bureau, and co-evaluators by credit code."""
    entries: Mapped[dict[str, Any]]
    """Key → `{scores: {code: points}, sum, opinion, by, on}`."""
    state: Mapped[str]
    authors: Mapped[list[str]]
    started_by: Mapped[str | None]
    score: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    grade: Mapped[str | None]
    means: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """Points of each criterion by the weights of the evaluators, once completed."""
    conclusion: Mapped[str | None]
    completed_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was cancelled."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

"""Appraisals: one of a subject by the scheme of a year."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.appraisals.rules import AppraisalExists, AppraisalGrade, AppraisalState
from services.oversight.db import AboutSubject, Base, one_of
from shared.db import Versioned, new_id, scope_indexes

_JSON = JSONB(none_as_null=True)


class Appraisal(AboutSubject, Versioned, Base):
    """The appraisal of a subject (评议考核), from the scores it gives itself to their use."""

    __tablename__ = "appraisal"
    __table_args__ = (
        *scope_indexes("appraisal"),
        Index(
            "uq_appraisal_subject",
            *("subject_id", "scheme_division", "year"),
            unique=True,
            postgresql_where=text("state <> 'dropped'"),
            info={"refusal": AppraisalExists},
        ),
        Index("ix_appraisal_scheme_id", "scheme_id", "standing", "id"),
        Index("ix_appraisal_organisation", "organisation"),
        Index("ix_appraisal_domains", "domains", postgresql_using="gin"),
        Index("ix_appraisal_state", "state", "id"),
        CheckConstraint(one_of("state", AppraisalState), name="state"),
        CheckConstraint(one_of("grade", AppraisalGrade), name="grade"),
        CheckConstraint(
            "state NOT IN ('published', 'used')"
            " OR num_nulls(score, standing, grade, reviewed_by, published_by, published_at) = 0",
            name="published",
        ),
        CheckConstraint(
            "state IN ('opened', 'self_scored', 'dropped')"
            " OR num_nulls(results, vetoed, score, standing, grade, reviewed_by, reviewed_at) = 0",
            name="reviewed",
        ),
        CheckConstraint("published_by <> reviewed_by", name="two_hands"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_scheme.id"))
    scheme_title: Mapped[str]
    scheme_division: Mapped[str]
    year: Mapped[int]
    organisation: Mapped[str]
    """Credit code of the subject."""
    indicators: Mapped[list[dict[str, Any]]]
    """Of the edition by which it was opened."""
    vetoes: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    """Of what the subject may do now: score itself, object."""
    self_scores: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """Code → `{points, reason}`."""
    self_statement: Mapped[str | None]
    self_scored_by: Mapped[str | None]
    self_scored_at: Mapped[datetime | None]
    results: Mapped[list[dict[str, Any]] | None] = mapped_column(_JSON)
    """`{code, name, weight, points, value, why}` each, as reviewed and heard."""
    vetoed: Mapped[list[dict[str, Any]] | None] = mapped_column(_JSON)
    """`{code, name, why}` each, that it fell under."""
    score: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    full_score: Mapped[Decimal] = mapped_column(Numeric(7, 2))
    standing: Mapped[int | None]
    """What the ranking sorts by: hundredths of points, below zero for who fell under a veto."""
    grade: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    objection: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """`{points: [{code, reason}], by, at}`."""
    hearing: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """`{heard_on, opinion, changed: [{code, before, after, reason}], lifted}`."""
    heard_by: Mapped[str | None]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    published_on: Mapped[date | None]
    use: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """`{purposes, note, by, on}`."""
    reason: Mapped[str | None]
    """Why it was dropped."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def credit_code(self) -> str:
        return self.organisation

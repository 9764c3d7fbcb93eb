"""Appraisals: one of a subject, or of a government below, by the scheme of a year."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.appraisal_schemes.rules import Appraised
from services.oversight.appraisals.rules import AppraisalExists, AppraisalGrade, AppraisalState
from services.oversight.db import Base, InHands, one_of
from shared.db import Versioned, new_id, scope_indexes
from shared.law.places import CITY

_JSON = JSONB(none_as_null=True)


class Appraisal(InHands, Versioned, Base):
    """An appraisal (评议考核), from the scores that the appraised gives itself to their use.

    The appraised is a subject, or the government of the row's own division. A government's
    supervisors speak for it, and no column names it to `visible` but the place.
    """

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
        Index(
            "uq_appraisal_government",
            *("division", "scheme_division", "year"),
            unique=True,
            postgresql_where=text("subject_id IS NULL AND state <> 'dropped'"),
            info={"refusal": AppraisalExists},
        ),
        Index("ix_appraisal_scheme_id", "scheme_id", "standing", "id"),
        Index("ix_appraisal_organisation", "organisation"),
        Index("ix_appraisal_domains", "domains", postgresql_using="gin"),
        Index("ix_appraisal_state", "state", "id"),
        CheckConstraint(one_of("state", AppraisalState), name="state"),
        CheckConstraint(one_of("grade", AppraisalGrade), name="grade"),
        CheckConstraint(one_of("appraised", Appraised), name="appraised"),
        CheckConstraint(
            "num_nulls(subject_id, organisation)"
            " = CASE appraised WHEN 'subjects' THEN 0 ELSE 2 END",
            name="party",
        ),
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
    appraised: Mapped[str] = mapped_column(server_default=Appraised.SUBJECTS)
    """The kind of those that the scheme is for."""
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject_view.id"))
    subject_name: Mapped[str]
    """Of the subject, or of the division whose government it is, as it was called then."""
    organisation: Mapped[str | None]
    """Credit code of the subject."""
    indicators: Mapped[list[dict[str, Any]]]
    """Of the edition by which it was opened."""
    vetoes: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    """Of what the appraised may do now: score itself, object."""
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
    def credit_code(self) -> str | None:
        return self.organisation

    @property
    def government(self) -> str:
        """Whole code of the division, where it lies now, whose government is appraised."""
        return self.township or self.district or CITY

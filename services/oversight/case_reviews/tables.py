"""Reviews of case files. Until it is announced a review belongs to the reviewing body alone: no
column names the subject to `visible`."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.case_reviews.rules import CaseReviewExists, CaseReviewState
from services.oversight.db import AboutSubject, Base, one_of
from shared.db import Versioned, new_id, scope_indexes

_JSON = JSONB(none_as_null=True)
_POINTS = Numeric(7, 2)


class CaseReview(AboutSubject, Versioned, Base):
    """A review of sampled case files of a subject (案卷评查), within an inspection of files."""

    __tablename__ = "case_review"
    __table_args__ = (
        *scope_indexes("case_review"),
        Index(
            "uq_case_review_inspection_id",
            "inspection_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
            info={"refusal": CaseReviewExists},
        ),
        Index("ix_case_review_subject_id", "subject_id", "id"),
        Index("ix_case_review_organisation", "organisation"),
        Index("ix_case_review_domains", "domains", postgresql_using="gin"),
        Index("ix_case_review_scorers", "scorers", postgresql_using="gin"),
        CheckConstraint(one_of("state", CaseReviewState), name="state"),
        CheckConstraint(
            "announced_at IS NOT NULL OR"
            " (township IS NULL AND organisation IS NULL AND domains = '{}')",
            name="concealed",
        ),
        CheckConstraint("NOT (announced_by = ANY (scorers))", name="two_hands"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    uscc: Mapped[str]
    """Credit code of the subject."""
    organisation: Mapped[str | None]
    """The same once the subject may see it."""
    title: Mapped[str]
    population: Mapped[list[str]]
    """Numbers of all files that the sample was drawn from."""
    digest: Mapped[str]
    seed: Mapped[str]
    sample_size: Mapped[int]
    weights: Mapped[dict[str, Any]]
    """Points of each class of errors, by the rule of the day on which it was sampled."""
    gap: Mapped[int]
    """By how much reviewers may differ without an arbiter, likewise."""
    state: Mapped[str]
    reviewers: Mapped[list[dict[str, Any]]]
    """`{sub, name, organisation}` of the two."""
    arbiter: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    scorers: Mapped[list[str]]
    """`sub` of the reviewers and the arbiter."""
    open_files: Mapped[int]
    """Files without a score yet; counted once both reviewers are in."""
    score: Mapped[Decimal | None] = mapped_column(_POINTS)
    """The mean of the files."""
    due_at: Mapped[datetime | None]
    """Of an objection."""
    objection: Mapped[list[dict[str, Any]] | None] = mapped_column(_JSON)
    """`{case_file_id, reason}` each."""
    decision: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """`{opinion, adjusted: [{case_file_id, before, after, reason}]}`."""
    reason: Mapped[str | None]
    """Why it was cancelled."""
    announced_by: Mapped[str | None]
    announced_at: Mapped[datetime | None]
    concluded_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def credit_code(self) -> str:
        return self.uscc

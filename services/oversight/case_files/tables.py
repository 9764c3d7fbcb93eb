"""Drawn case files. Until its review is announced a file belongs to the reviewing body alone: no
column names the subject to `visible`. A sheet is read through its file, by its author alone until
both reviewers have handed theirs in; the first one changes nothing else."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.case_files.rules import CaseFileState, SheetExists, SheetRole
from services.oversight.db import AboutSubject, Base, one_of
from shared.db import Versioned, new_id, scope_indexes

_POINTS = Numeric(7, 2)


class CaseFile(AboutSubject, Versioned, Base):
    """A file that was drawn, and its score once it is settled."""

    __tablename__ = "case_file"
    __table_args__ = (
        *scope_indexes("case_file"),
        Index("uq_case_file_number", "review_id", "number", unique=True),
        Index("ix_case_file_organisation", "organisation"),
        Index("ix_case_file_domains", "domains", postgresql_using="gin"),
        CheckConstraint(one_of("state", CaseFileState), name="state"),
        CheckConstraint("state IN ('sampled', 'disputed') OR score IS NOT NULL", name="score"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("case_review.id"))
    uscc: Mapped[str]
    organisation: Mapped[str | None]
    number: Mapped[str]
    state: Mapped[str]
    score: Mapped[Decimal | None] = mapped_column(_POINTS)
    errors: Mapped[list[dict[str, Any]]]
    """`{error_class, points, description}` each: of both reviewers, or of the arbiter."""
    finding_id: Mapped[UUID | None] = mapped_column(ForeignKey("finding.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def credit_code(self) -> str:
        return self.uscc


class CaseSheet(Base):
    """What one person gave a file (评查表); handed in once and for good."""

    __tablename__ = "case_sheet"
    __table_args__ = (
        Index(
            "uq_case_sheet_scorer",
            *("case_file_id", "scorer"),
            unique=True,
            info={"refusal": SheetExists},
        ),
        CheckConstraint(one_of("role", SheetRole), name="role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_file_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"))
    scorer: Mapped[str]
    role: Mapped[str]
    errors: Mapped[list[dict[str, Any]]]
    score: Mapped[Decimal] = mapped_column(_POINTS)
    opinion: Mapped[str]
    handed_in_at: Mapped[datetime]

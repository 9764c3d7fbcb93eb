"""Who answers for what in a subject, version by version."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.responsibilities.rules import (
    DraftExists,
    OneInForce,
    ResponsibilityState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Responsibility(Versioned, Scoped, Base):
    """One version of a subject's post-duty matrix (执法责任制: 岗位职责分解)."""

    __tablename__ = "responsibility"
    __table_args__ = (
        *scope_indexes("responsibility"),
        UniqueConstraint("subject_id", "edition"),
        Index(
            "uq_responsibility_draft",
            "subject_id",
            unique=True,
            postgresql_where=text("state IN ('drafted', 'approved')"),
            info={"refusal": DraftExists},
        ),
        Index(
            "uq_responsibility_in_force",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
            info={"refusal": OneInForce},
        ),
        Index("ix_responsibility_organisation", "organisation"),
        CheckConstraint(one_of("state", ResponsibilityState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    division: Mapped[str]
    edition: Mapped[int]
    """Counts the subject's versions."""
    entries: Mapped[list[dict[str, Any]]]
    """Post, duties, codes of powers, officer or person, basis."""
    state: Mapped[str]
    created_by: Mapped[str]
    in_force_on: Mapped[date | None]
    replaced_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was sent back, while that lasts, or withdrawn."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

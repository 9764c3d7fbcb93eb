"""Commendations of bodies and of their officers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.commendations.rules import (
    CommendationExists,
    CommendationKind,
    CommendationState,
)
from services.oversight.db import AboutSubject, Base, one_of
from shared.db import Versioned, new_id, scope_indexes

_LIVE = text("state NOT IN ('rejected', 'revoked')")


class Commendation(AboutSubject, Versioned, Base):
    """A title for a body or an officer (表彰), from the nomination on."""

    __tablename__ = "commendation"
    __table_args__ = (
        *scope_indexes("commendation"),
        Index(
            "uq_commendation_collective",
            *("subject_id", "title", "year"),
            unique=True,
            postgresql_where=text(f"{_LIVE.text} AND officer_id IS NULL"),
            info={"refusal": CommendationExists},
        ),
        Index(
            "uq_commendation_person",
            *("officer_id", "title", "year"),
            unique=True,
            postgresql_where=text(f"{_LIVE.text} AND officer_id IS NOT NULL"),
            info={"refusal": CommendationExists},
        ),
        Index("ix_commendation_organisation", "organisation"),
        Index("ix_commendation_domains", "domains", postgresql_using="gin"),
        Index("ix_commendation_state", "state", "id"),
        CheckConstraint(one_of("kind", CommendationKind), name="kind"),
        CheckConstraint(one_of("state", CommendationState), name="state"),
        CheckConstraint("(kind = 'person') = (officer_id IS NOT NULL)", name="nominee"),
        CheckConstraint("vetted_by <> nominated_by", name="two_hands"),
        CheckConstraint(
            "granted_by <> nominated_by AND granted_by <> vetted_by", name="three_hands"
        ),
        CheckConstraint(
            "state NOT IN ('granted', 'revoked') OR granted_on IS NOT NULL", name="granted"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    title: Mapped[str]
    """What it is called: 行政执法先进集体."""
    year: Mapped[int]
    organisation: Mapped[str]
    """Credit code of the subject."""
    officer_id: Mapped[UUID | None]
    officer_name: Mapped[str | None]
    merits: Mapped[str]
    state: Mapped[str]
    nominated_by: Mapped[str]
    checks: Mapped[list[dict[str, Any]]]
    """`{bar, found, source}` each, as those asked said."""
    vetted_by: Mapped[str | None]
    vetted_at: Mapped[datetime | None]
    publicised_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    """The end of the time of publicity."""
    concerns: Mapped[list[dict[str, Any]]]
    """`{number, text, from, state, outcome, at}` each: what was said against it meanwhile."""
    granted_by: Mapped[str | None]
    granted_on: Mapped[date | None]
    document_no: Mapped[str | None]
    revoked_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was rejected or revoked."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def credit_code(self) -> str:
        return self.organisation

"""Supervision officers: who supervises enforcement for a legal office."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.supervision_officers.rules import (
    IN_HAND,
    CardNumberTaken,
    Degree,
    QualificationInconsistent,
    QualificationNumberTaken,
    SupervisionOfficerState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level
from shared.search import Searched, search_index


class SupervisionOfficer(Searched, Versioned, Scoped, Base):
    """An official of a legal office who supervises (行政执法监督人员), or is about to."""

    __tablename__ = "supervision_officer"
    __table_args__ = (
        *scope_indexes("supervision_officer"),
        search_index("supervision_officer"),
        Index(
            "uq_supervision_officer_card_no",
            "card_no",
            unique=True,
            postgresql_where=text(one_of("state", IN_HAND)),
            info={"refusal": CardNumberTaken},
        ),
        Index(
            "uq_supervision_officer_legal_qualification_no",
            "legal_qualification_no",
            unique=True,
            postgresql_where=text(one_of("state", IN_HAND)),
            info={"refusal": QualificationNumberTaken},
        ),
        Index("ix_supervision_officer_division", "division", "state"),
        CheckConstraint(one_of("state", SupervisionOfficerState), name="state"),
        CheckConstraint(one_of("degree", Degree), name="degree"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint(
            "legal_qualification OR"
            " num_nonnulls(legal_qualification_no, legal_qualification_since) = 0",
            name="qualification",
            info={"refusal": QualificationInconsistent},
        ),
        CheckConstraint("num_nulls(card_no, card_valid_to) <> 1", name="card"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    office: Mapped[str]
    division: Mapped[str]
    level: Mapped[str]
    post: Mapped[str]
    degree: Mapped[str]
    experience_years: Mapped[int]
    legal_qualification: Mapped[bool]
    legal_qualification_no: Mapped[str | None]
    legal_qualification_since: Mapped[date | None]
    card_no: Mapped[str | None]
    card_valid_to: Mapped[date | None]
    """The last day on which the supervision card is good."""
    state: Mapped[str]
    nominated_by: Mapped[str]
    appointed_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why one without the qualification came first, or why somebody left."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.card_no

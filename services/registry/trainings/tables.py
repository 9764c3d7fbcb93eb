"""Trainings, and who was enrolled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.trainings.rules import (
    AlreadyEnrolled,
    Audience,
    PersonKind,
    TrainingKind,
    TrainingState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level
from shared.reversals import STANDS, Reversible, reversal_check


class Training(Versioned, Scoped, Base):
    """A course for those who enforce or supervise (培训). Whose people are enrolled is a party."""

    __tablename__ = "training"
    __table_args__ = (
        *scope_indexes("training"),
        CheckConstraint(one_of("state", TrainingState), name="state"),
        CheckConstraint(one_of("kind", TrainingKind), name="kind"),
        CheckConstraint(one_of("audience", Audience), name="audience"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("hours > 0", name="hours"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str]
    kind: Mapped[str]
    audience: Mapped[str]
    hours: Mapped[int]
    trainer: Mapped[str]
    division: Mapped[str]
    level: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day; its year is the one that the hours count for."""
    exam: Mapped[bool]
    state: Mapped[str]
    enrolled: Mapped[int] = mapped_column(default=0)
    attended: Mapped[int] = mapped_column(default=0)
    """How many attended at least an hour."""
    completed: Mapped[int] = mapped_column(default=0)
    held_on: Mapped[date | None]
    """The last day on which it was held."""
    reason: Mapped[str | None]
    """Why it was cancelled."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TrainingEnrolment(Reversible, Scoped, Base):
    """Somebody in a training. It belongs where the person did when they were enrolled."""

    __tablename__ = "training_enrolment"
    __table_args__ = (
        *scope_indexes("training_enrolment"),
        Index(
            "uq_training_enrolment_person",
            "training_id",
            "person_id",
            unique=True,
            postgresql_where=text(STANDS),
            info={"refusal": AlreadyEnrolled},
        ),
        Index("ix_training_enrolment_training_id", "training_id", "id"),
        Index("ix_training_enrolment_person_id", "person_id"),
        CheckConstraint(one_of("person_kind", PersonKind), name="person_kind"),
        CheckConstraint(
            "(person_kind = 'officer') = (officer_id IS NOT NULL)"
            " AND (person_kind = 'supervision_officer') = (supervision_officer_id IS NOT NULL)"
            " AND person_id = coalesce(officer_id, supervision_officer_id)",
            name="person",
        ),
        CheckConstraint("hours >= 0", name="hours"),
        reversal_check(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    training_id: Mapped[UUID] = mapped_column(ForeignKey("training.id"))
    person_kind: Mapped[str]
    person_id: Mapped[UUID]
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officer.id"))
    supervision_officer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("supervision_officer.id")
    )
    organisation: Mapped[str | None]
    """Credit code of an officer's subject."""
    name: Mapped[str]
    hours: Mapped[int] = mapped_column(default=0)
    """How many were attended."""
    score: Mapped[int | None]
    passed: Mapped[bool | None]
    completed: Mapped[bool | None]
    """Known when the training is closed."""
    enrolled_at: Mapped[datetime]

"""Continuing training of officers: each course, and the sum on the officer's row."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.officer_trainings.rules import (
    OfficerTrainingState,
    TrainingAlreadyRecorded,
)
from shared.db import new_id


class OfficerTraining(Base):
    """One course that an officer attended. Read through the officer only, who is scoped."""

    __tablename__ = "officer_training"
    __table_args__ = (
        Index(
            "uq_officer_training_once",
            "officer_id",
            "held_on",
            "course",
            unique=True,
            postgresql_where=text("state = 'recorded'"),
            info={"refusal": TrainingAlreadyRecorded},
        ),
        Index("ix_officer_training_officer_id", "officer_id", "id"),
        CheckConstraint("hours > 0", name="hours"),
        CheckConstraint(one_of("state", OfficerTrainingState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officer.id"))
    year: Mapped[int]
    course: Mapped[str]
    hours: Mapped[int]
    held_on: Mapped[date]
    """The day on which it ended."""
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it was withdrawn."""
    recorded_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

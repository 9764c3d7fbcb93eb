"""Pilot programmes, who takes part, and what each concentrates on."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.programmes.rules import (
    AlreadyParticipant,
    ParticipantKind,
    ProgrammeCodeTaken,
    ProgrammeState,
    TaskState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Programme(Versioned, Base):
    """A programme (试点工作) by a notice that was made public: everybody may read it."""

    __tablename__ = "programme"
    __table_args__ = (
        Index("uq_programme_code", "code", unique=True, info={"refusal": ProgrammeCodeTaken}),
        CheckConstraint(one_of("state", ProgrammeState), name="state"),
        CheckConstraint("ends_on >= starts_on", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    title: Mapped[str]
    document_no: Mapped[str]
    issuer: Mapped[str]
    issued_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day."""
    state: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProgrammeParticipant(Base):
    """A division that takes part, by the code of its day."""

    __tablename__ = "programme_participant"
    __table_args__ = (
        Index(
            "uq_programme_participant_division",
            "programme_id",
            "division",
            unique=True,
            info={"refusal": AlreadyParticipant},
        ),
        CheckConstraint(one_of("kind", ParticipantKind), name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    division: Mapped[str]
    kind: Mapped[str]
    joined_on: Mapped[date]


class FocusTask(Versioned, Scoped, Base):
    """A focus task (重点任务) of a participant, seen by the participant and the Bureau."""

    __tablename__ = "focus_task"
    __table_args__ = (
        *scope_indexes("focus_task"),
        Index("ix_focus_task_programme_id", "programme_id", "id"),
        Index("ix_focus_task_division", "division", "id"),
        CheckConstraint(one_of("state", TaskState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    division: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

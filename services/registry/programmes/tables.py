"""Pilot programmes, who takes part, and what each concentrates on."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.programmes.rules import (
    AlreadyParticipant,
    ParticipantKind,
    ProgrammeCodeTaken,
    ProgrammeState,
)
from shared.db import Versioned, new_id


class Programme(Versioned, Base):
    """A programme (试点工作) by a notice that was made public: everybody may read it."""

    __tablename__ = "programme"
    __table_args__ = (
        Index("uq_programme_code", "code", unique=True, info={"refusal": ProgrammeCodeTaken}),
        CheckConstraint(one_of("state", ProgrammeState), name="state"),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_on"),
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
    closed_on: Mapped[date | None]
    """The day that was the last one indeed."""
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
            postgresql_where=text("left_on IS NULL"),
            info={"refusal": AlreadyParticipant},
        ),
        CheckConstraint(one_of("kind", ParticipantKind), name="kind"),
        CheckConstraint("left_on IS NULL OR kind = 'voluntary'", name="left_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    division: Mapped[str]
    kind: Mapped[str]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    left_reason: Mapped[str | None]

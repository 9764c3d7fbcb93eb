"""Programmes and who takes part in which, as the registry's facts say."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base


class Participant(Base):
    """A division in a programme. A closed programme keeps its participants: what the pilot took
    on goes on after it."""

    __tablename__ = "participant"
    __table_args__ = (Index("ix_participant_division", "division"),)

    programme_id: Mapped[UUID] = mapped_column(primary_key=True)
    division: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """`pilot`, or `voluntary` for those that follow the notice unasked."""
    programme: Mapped[str]
    """Code of the programme."""


class Programme(Base):
    """A programme (试点) as it stands."""

    __tablename__ = "programme"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str]

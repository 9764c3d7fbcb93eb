"""The one team of a township, and who was assigned to it from when until when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.teams.rules import OfficerInTeam, TeamExists, TeamState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Team(Versioned, Scoped, Base):
    """A township's one team (一支队伍管执法)."""

    __tablename__ = "team"
    __table_args__ = (
        *scope_indexes("team"),
        Index(
            "uq_team_live_division",
            "division",
            unique=True,
            postgresql_where=text("state <> 'dissolved'"),
            info={"refusal": TeamExists},
        ),
        Index("ix_team_organisation", "organisation"),
        Index("ix_team_subject_id", "subject_id"),
        CheckConstraint(one_of("state", TeamState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    """In whose name it enforces."""
    organisation: Mapped[str]
    """Credit code of the subject."""
    division: Mapped[str]
    name: Mapped[str]
    leader: Mapped[str | None]
    domains: Mapped[list[str]]
    units: Mapped[list[dict[str, Any]]]
    """The units that were merged: `subject_id` (or none) and `name`."""
    state: Mapped[str]
    created_by: Mapped[str]
    formed_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was last reorganised, or dissolved."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TeamAssignment(Base):
    """That an officer serves in a team (下沉). Read through the team only, which is scoped."""

    __tablename__ = "team_assignment"
    __table_args__ = (
        # Two teams at once ask for the same officer: one gets them, whoever looked before.
        Index(
            "uq_team_assignment_officer",
            "officer_id",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
            info={"refusal": OfficerInTeam},
        ),
        Index("ix_team_assignment_team_id", "team_id", "id"),
        CheckConstraint("ended_on >= from_on", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officer.id"))
    home_subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    """Whose officer it was when they were assigned."""
    home_unit: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    """The last day that was agreed on; none: until recalled."""
    ended_on: Mapped[date | None]
    """The first day on which they were not in the team any more."""
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

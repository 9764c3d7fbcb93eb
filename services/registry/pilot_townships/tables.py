"""The townships in which a pilot district tries what its programme is about."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.pilot_townships.rules import AlreadyDesignated, PilotTownshipState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class PilotTownship(Versioned, Scoped, Base):
    """A township (`township`) that a pilot district designated, and how long it was one."""

    __tablename__ = "pilot_township"
    __table_args__ = (
        *scope_indexes("pilot_township"),
        # Two designations at once: the second is refused, whoever checked before.
        Index(
            "uq_pilot_township_live",
            "programme_id",
            "township",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
            info={"refusal": AlreadyDesignated},
        ),
        Index("ix_pilot_township_division", "division", "id"),
        CheckConstraint(one_of("state", PilotTownshipState), name="state"),
        CheckConstraint("ended_on >= designated_on", name="period"),
        CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name="ended_on"),
        CheckConstraint("township IS NOT NULL", name="township"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    division: Mapped[str]
    """The pilot district, by its code of the day; the township may lie elsewhere today."""
    designated_on: Mapped[date]
    ended_on: Mapped[date | None]
    """Its last day as a pilot."""
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it ended before the programme did."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

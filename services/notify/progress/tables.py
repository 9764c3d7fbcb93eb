"""What the registry told of the pilot's progress: figures that it froze, tasks as they stand."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base
from shared.db import Scoped, scope_indexes


class KnownFigures(Scoped, Base):
    """What was counted for a division in a period. Never changed."""

    __tablename__ = "known_figures"
    __table_args__ = (
        *scope_indexes("known_figures"),
        Index("ix_known_figures_period", "first_day", "last_day", "division"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """As the registry calls it."""
    fact_id: Mapped[UUID]
    """What is cited."""
    division: Mapped[str]
    level: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    figures: Mapped[dict[str, Any]]
    coverages: Mapped[dict[str, Any]]


class KnownTask(Scoped, Base):
    """A focus task of the pilot, as it was last told of."""

    __tablename__ = "known_task"
    __table_args__ = scope_indexes("known_task")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    division: Mapped[str]
    state: Mapped[str]
    stalled: Mapped[bool] = mapped_column(default=False)
    """Nothing was reported for too long, and nothing since."""
    overdue: Mapped[list[str]] = mapped_column(default=list)
    """Ids of its milestones whose day is over and that are not reached."""

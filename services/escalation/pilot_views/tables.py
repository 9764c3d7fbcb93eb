"""What the registry tells of focus tasks and of frozen figures, for those who cite them."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base


class FocusTaskView(Base):
    """A focus task (重点任务) as it stands."""

    __tablename__ = "focus_task_view"
    __table_args__ = (Index("ix_focus_task_view_programme_id", "programme_id", "division"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[UUID]
    division: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    state_name: Mapped[str]
    percent: Mapped[int | None]


class FrozenFigureView(Base):
    """What was counted for a division in a period; it never changes."""

    __tablename__ = "frozen_figure_view"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    division: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    figures: Mapped[dict[str, Any]]
    """Measure → value."""
    labels: Mapped[dict[str, Any]]
    coverages: Mapped[dict[str, Any]]
    """Kind of coverage → numerator and denominator."""
    coverage_labels: Mapped[dict[str, Any]]

"""Figures as they stood when they were frozen: one row a division and period."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.frozen_figures.rules import FiguresAlreadyFrozen
from shared.db import Scoped, new_id, scope_indexes
from shared.law.divisions import Level


class FrozenFigure(Scoped, Base):
    """What was counted for a division in a period, to be cited (固化统计数据).

    Triggers refuse to change or delete it; only its place follows a township that moves.
    """

    __tablename__ = "frozen_figure"
    __table_args__ = (
        *scope_indexes("frozen_figure"),
        Index(
            "uq_frozen_figure_period",
            "division",
            "first_day",
            "last_day",
            unique=True,
            info={"refusal": FiguresAlreadyFrozen},
        ),
        Index("ix_frozen_figure_last_day", "last_day", "id"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("first_day <= last_day", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    level: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    """The last legal day of the period; what is as of its end is as of this day."""
    figures: Mapped[dict[str, Any]]
    """Measure → value in the period, and in the one before."""
    coverages: Mapped[dict[str, Any]]
    """Kind → numerator and denominator on the last day."""
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[str]

"""What enforcement bodies ask of each other (执法协作)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.cooperations.rules import CooperationGround, CooperationState, CostBearer
from services.escalation.db import Base, one_of
from services.escalation.matters.rules import REMINDER
from services.escalation.matters.tables import Matter
from shared.db import scope_indexes


class Cooperation(Matter, Base):
    """A request for assistance; `sender` is always a body."""

    __tablename__ = "cooperation"
    clock = Clock("cooperation.due", "cooperation.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("cooperation"),
        CheckConstraint(one_of("state", CooperationState), name="state"),
        CheckConstraint(one_of("bearer", CostBearer), name="bearer"),
        CheckConstraint(one_of("refusal_ground", CooperationGround), name="refusal_ground"),
        Index("uq_cooperation_number", "number", unique=True),
        Index("ix_cooperation_due_at", "due_at", "id"),
        Index("ix_cooperation_created_at", "created_at"),
    )

    request: Mapped[str]
    """What is asked."""
    basis: Mapped[str]
    bearer: Mapped[str]
    needed_by: Mapped[date]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None]
    refusal_ground: Mapped[str | None]
    result: Mapped[str | None]
    urges: Mapped[int] = mapped_column(default=0)

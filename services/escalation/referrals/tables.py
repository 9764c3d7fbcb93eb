"""Referrals to other supervisors (移送衔接)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.db import Base, one_of
from services.escalation.matters.rules import REMINDER
from services.escalation.matters.tables import Matter
from services.escalation.referrals.rules import ReferralOrgan, ReferralState
from shared.db import scope_indexes


class Referral(Matter, Base):
    """Something that a supervision office hands to another supervisor."""

    __tablename__ = "referral"
    clock = Clock("referral.due", "referral.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("referral"),
        CheckConstraint(one_of("state", ReferralState), name="state"),
        CheckConstraint(one_of("organ", ReferralOrgan), name="organ"),
        Index("uq_referral_number", "number", unique=True),
        Index("ix_referral_due_at", "due_at", "id"),
        Index("ix_referral_created_at", "created_at"),
    )

    organ: Mapped[str]
    """What the receiver is."""
    facts: Mapped[str]
    proposal: Mapped[str | None]
    """What the receiver is asked to do."""
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None]
    team: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """The joint team: side, name, post of each."""
    completed_on: Mapped[date | None]
    result: Mapped[str | None]

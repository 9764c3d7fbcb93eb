"""Proposals that somebody be called to account (查处问责)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.accountability.rules import (
    REMINDER,
    TERMS,
    AccountabilityGround,
    AccountabilityOutcome,
    AccountabilityState,
    OrganKind,
    Suggestion,
    TargetKind,
)
from services.escalation.clocks.tables import Clock, Clocked
from services.escalation.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as

TARGET = "accountability.target"
"""What whoever is proposed is sealed for."""

IS_WAITING = f"state in ({', '.join(repr(state.value) for state in TERMS)})"


class Accountability(Versioned, Scoped, Clocked, Base):
    """A proposal of a level. Its scope is that of the level and not where it happened: no office
    below learns of it. Who is proposed is sealed and shown for a reason only."""

    __tablename__ = "accountability"
    clock = Clock("accountability.due", "accountability.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("accountability"),
        CheckConstraint(one_of("state", AccountabilityState), name="state"),
        CheckConstraint(one_of("target_kind", TargetKind), name="target_kind"),
        CheckConstraint(one_of("ground", AccountabilityGround), name="ground"),
        CheckConstraint(one_of("suggestion", Suggestion), name="suggestion"),
        CheckConstraint(one_of("organ_kind", OrganKind), name="organ_kind"),
        CheckConstraint(one_of("outcome", AccountabilityOutcome), name="outcome"),
        Index("uq_accountability_number", "number", unique=True),
        Index("ix_accountability_due_at", "due_at", "id", postgresql_where=text(IS_WAITING)),
        Index("ix_accountability_proposed_at", "proposed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    """For people: 渝问责〔2026〕3号."""
    division: Mapped[str]
    """Where it happened."""
    level: Mapped[str]
    """Who proposes."""
    target_kind: Mapped[str]
    target: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as(TARGET))
    """Sealed: who is proposed, and of which body."""
    target_digest: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed hash of the body's credit code: its own people have no part in it."""
    ground: Mapped[str]
    facts: Mapped[str]
    legal_basis: Mapped[list[str]]
    suggestion: Mapped[str]
    evidence: Mapped[list[dict[str, Any]]]
    """`{title, number, sha256}` each. No words of these name who is proposed."""
    state: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    remarks: Mapped[str | None]
    """What was said of it last, within the level."""
    decided_by: Mapped[str | None]
    """Who approved or rejected it."""
    decided_at: Mapped[datetime | None]
    organ: Mapped[str | None]
    """Credit code of the organ that has it; it is a party."""
    organ_name: Mapped[str | None]
    organ_kind: Mapped[str | None]
    document_number: Mapped[str | None]
    """Of the letter that it was sent with."""
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    declined: Mapped[str | None]
    """Why the organ before has not the authority."""
    urges: Mapped[int] = mapped_column(SmallInteger, default=0)
    message: Mapped[str | None]
    """What the level said to the organ last."""
    outcome: Mapped[str | None]
    outcome_text: Mapped[str | None]
    outcome_number: Mapped[str | None]
    """Of the organ's document."""
    outcome_on: Mapped[date | None]
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]

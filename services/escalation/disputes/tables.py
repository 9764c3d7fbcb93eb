"""Disputes between enforcement bodies (执法争议), and their parties."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock, Clocked
from services.escalation.db import Base, one_of
from services.escalation.disputes.rules import (
    PENDING,
    REMINDER,
    DisputeKind,
    DisputeRefusalGround,
    DisputeState,
)
from services.escalation.ladder.rules import IssueLevel
from shared.db import Scoped, Versioned, new_id, scope_indexes

IS_PENDING = f"state in ({', '.join(repr(state.value) for state in PENDING)})"


class Dispute(Versioned, Scoped, Clocked, Base):
    """What bodies dispute. Its scope is where it arose; its parties are `parties`, with the
    divisions that they belong to, and all of them see it from the start."""

    __tablename__ = "dispute"
    clock = Clock("dispute.due", "dispute.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("dispute"),
        CheckConstraint(one_of("state", DisputeState), name="state"),
        CheckConstraint(one_of("kind", DisputeKind), name="kind"),
        CheckConstraint(one_of("level", IssueLevel), name="level"),
        CheckConstraint(one_of("refusal_ground", DisputeRefusalGround), name="refusal_ground"),
        Index("uq_dispute_number", "number", unique=True),
        Index("ix_dispute_due_at", "due_at", "id", postgresql_where=text(IS_PENDING)),
        Index("ix_dispute_opened_at", "opened_at"),
        Index("ix_dispute_decided_at", "decided_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    """For people: 渝争〔2026〕3号."""
    kind: Mapped[str]
    title: Mapped[str]
    facts: Mapped[str]
    """What happened and what is disputed: said to all parties."""
    division: Mapped[str]
    """Where it arose."""
    level: Mapped[str]
    """Who coordinates: the common superior of the parties."""
    item_codes: Mapped[list[str]] = mapped_column(default=list)
    """Codes of the powers or items that are disputed; none: all that the parties do there."""
    domains: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    changed_at: Mapped[datetime]
    terms: Mapped[str | None]
    """What a party proposes to agree on (协商方案)."""
    application: Mapped[str | None]
    """What the applicant asks for and why; the others see it once it is forwarded."""
    negotiation: Mapped[str | None]
    """How the negotiation went, in the applicant's words."""
    documents: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[str | None]
    refusal_ground: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was refused or withdrawn."""
    forwarded_at: Mapped[datetime | None]
    exchanged_at: Mapped[datetime | None]
    """Since when the parties see each other's replies: the coordination began."""
    interim_measures: Mapped[list[str]] = mapped_column(default=list)
    """What holds for all until it is decided (临时措施)."""
    lead: Mapped[str | None]
    """Credit code of the party that leads (牵头单位): meanwhile, then as it was decided."""
    safety_actions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """What a party did alone for the safety of the public or of a person."""
    opinion: Mapped[str | None]
    """A draft until `opined_at` is set."""
    competent: Mapped[list[str]] = mapped_column(default=list)
    """Credit codes of the parties that have what was disputed."""
    proposed_lead: Mapped[str | None]
    """Who leads by the draft."""
    proposed_by: Mapped[str | None]
    remarks: Mapped[str | None]
    """Why the draft was returned."""
    opined_at: Mapped[datetime | None]
    opined_by: Mapped[str | None]
    objection: Mapped[str | None]
    objected_by: Mapped[str | None]
    """Credit code of the party that objects."""
    submission: Mapped[str | None]
    """Why the government is asked to rule."""
    ruling: Mapped[str | None]
    ruling_number: Mapped[str | None]
    ruled_on: Mapped[date | None]
    ruling_authority: Mapped[str | None]
    outcome: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    execution: Mapped[str | None]
    """How the decision was carried out."""
    closed_at: Mapped[datetime | None]


class DisputeParty(Base):
    """A body that is party to a dispute; seen with the dispute, its reply once exchanged."""

    __tablename__ = "dispute_party"

    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    """0: who opened it, the applicant."""
    name: Mapped[str]
    division: Mapped[str]
    consented_at: Mapped[datetime | None]
    """To the terms as they are."""
    consented_by: Mapped[str | None]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[str | None]

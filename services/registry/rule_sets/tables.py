"""Proposals to change the rules of law; the rules themselves are `shared.law.tables.RuleSet`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.rule_sets.rules import ProposalKind, ProposalState, RuleProposedAlready
from shared.db import Versioned, new_id


class RuleProposal(Versioned, Base):
    """A rule that is to hold from a day on, or the end of one; enacted by another person."""

    __tablename__ = "rule_proposal"
    __table_args__ = (
        Index(
            "uq_rule_proposal_open",
            "code",
            "effective_from",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
            info={"refusal": RuleProposedAlready},
        ),
        Index("ix_rule_proposal_code", "code", "effective_from"),
        CheckConstraint(one_of("kind", ProposalKind), name="kind"),
        CheckConstraint(one_of("state", ProposalState), name="state"),
        CheckConstraint("effective_to > effective_from", name="period"),
        CheckConstraint("(kind = 'close') = (effective_to IS NOT NULL)", name="effective_to"),
        CheckConstraint("article IS NULL OR policy_id IS NOT NULL", name="article"),
        # Two pairs of eyes, whatever the code above forgets.
        CheckConstraint("state <> 'enacted' OR decided_by <> proposed_by", name="decided_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    code: Mapped[str]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    """Of a closing: the first day without the rule."""
    legal_basis: Mapped[str]
    """Of the rule, or of its end."""
    provisional: Mapped[bool]
    value: Mapped[dict[str, Any]]
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy.id"))
    article: Mapped[str | None]
    state: Mapped[str]
    proposed_by: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was withdrawn."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

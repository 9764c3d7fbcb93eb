"""Delegations of enforcement: who has whom enforce, from when to when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    JSONB,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.delegations.rules import (
    PUBLIC_BODIES,
    REGISTERED_BY_MARKET_REGULATION,
    DeedNumberTaken,
    DelegationState,
    TrusteeNotPublicBody,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.calendar import last_day_of
from shared.past import Dated, keep_past
from shared.search import Searched, search_index


class Delegation(Dated, Searched, Versioned, Scoped, Base):
    """Powers that a subject has another body exercise in its name (委托执法)."""

    __tablename__ = "delegation"
    __table_args__ = (
        *scope_indexes("delegation"),
        search_index("delegation"),
        Index("ix_delegation_organisation", "organisation"),
        Index("ix_delegation_domains", "domains", postgresql_using="gin"),
        Index("ix_delegation_power_ids", "power_ids", postgresql_using="gin"),
        Index("ix_delegation_delegator_id", "delegator_id", "id"),
        Index("ix_delegation_trustee_id", "trustee_id", "id"),
        Index("ix_delegation_trustee_code", "trustee_code", "id"),
        Index("ix_delegation_state", "state", "id"),
        Index(
            "uq_delegation_deed_no",
            "deed_by",
            "deed_no",
            unique=True,
            info={"refusal": DeedNumberTaken},
        ),
        CheckConstraint(one_of("state", DelegationState), name="state"),
        # Whatever is checked before: no company and no person gets past the table.
        CheckConstraint(
            f"{one_of('trustee_kind', PUBLIC_BODIES)}"
            f" AND left(trustee_code, 1) <> '{REGISTERED_BY_MARKET_REGULATION}'",
            name="trustee",
            info={"refusal": TrusteeNotPublicBody},
        ),
        CheckConstraint(
            "(trustee_kind = 'subject') = (trustee_id IS NOT NULL)", name="trustee_subject"
        ),
        CheckConstraint("trustee_code <> organisation", name="another_body"),
        CheckConstraint("valid_to >= valid_from", name="period"),
        CheckConstraint("cardinality(power_ids) > 0", name="powers"),
        CheckConstraint("cardinality(basis) > 0", name="basis"),
        CheckConstraint(
            "num_nonnulls(deed_no, deed_by, deed_signed_on, deed_sha256, filing_due_at) IN (0, 5)",
            name="deed",
        ),
        CheckConstraint("filed_on IS NULL OR deed_no IS NOT NULL", name="filed"),
        CheckConstraint(
            "state NOT IN ('published', 'active', 'expiring', 'expired')"
            " OR num_nulls(filed_on, published_on, published_in) = 0",
            name="published",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delegator_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str]
    """Credit code of the delegator, in whose name the trustee enforces."""
    trustee_kind: Mapped[str]
    trustee_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    trustee_name: Mapped[str]
    trustee_code: Mapped[str]
    power_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    domains: Mapped[list[str]]
    """Those of its powers."""
    division: Mapped[str]
    """Where the trustee enforces."""
    authority: Mapped[str]
    """What the trustee may do and decide (权限)."""
    basis: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The last day."""
    authors: Mapped[list[str]]
    """Who had a hand in the draft, and so neither evaluates nor approves it."""
    evaluation: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    evaluated_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    deed_no: Mapped[str | None]
    deed_by: Mapped[str | None]
    """Credit code of the delegator that signed it, which numbers its deeds: a successor's are its
    own."""
    deed_signed_on: Mapped[date | None]
    deed_sha256: Mapped[str | None]
    filing_due_at: Mapped[datetime | None]
    filed_on: Mapped[date | None]
    published_on: Mapped[date | None]
    published_in: Mapped[str | None]
    """Where the deed can be read."""
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it was sent back, refused or revoked."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.trustee_name, self.trustee_code, self.deed_no

    @property
    def filed_late(self) -> bool:
        if self.filed_on is None or self.filing_due_at is None:
            return False
        return self.filed_on > last_day_of(self.filing_due_at)


keep_past(Base, Delegation)

"""Provisions: what enforcement and its supervision are provided with."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.provisions.rules import ARRIVED, ProvisionKind, ProvisionState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level

MONEY = Numeric(16, 2)


class Provision(Versioned, Scoped, Base):
    """An entry of the ledger of provisions (保障措施) of a division or body."""

    __tablename__ = "provision"
    __table_args__ = (
        *scope_indexes("provision"),
        Index("ix_provision_organisation", "organisation"),
        Index("ix_provision_division", "division", "kind", "year"),
        CheckConstraint(one_of("state", ProvisionState), name="state"),
        CheckConstraint(one_of("kind", ProvisionKind), name="kind"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("quantity > 0 AND amount >= 0", name="amounts"),
        CheckConstraint("delivered_quantity BETWEEN 1 AND quantity", name="delivered"),
        CheckConstraint(
            f"(delivered_quantity IS NOT NULL) = ({one_of('state', ARRIVED)})", name="arrived"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    division: Mapped[str]
    level: Mapped[str]
    organisation: Mapped[str | None]
    """Credit code of the body; none where it is the division's as a whole."""
    year: Mapped[int]
    name: Mapped[str]
    quantity: Mapped[int]
    unit: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    delivered_quantity: Mapped[int | None]
    document_no: Mapped[str | None]
    """Number of the approval."""
    state: Mapped[str]
    planned_by: Mapped[str]
    """Who planned it, or changed it last."""
    delivered_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it was retired or cancelled."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

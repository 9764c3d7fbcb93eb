"""What acts refer to beside subjects, officers and powers; nothing here is entered by hand."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from shared.db import Scoped, scope_indexes


class DelegationView(Scoped, Base):
    """A delegation (委托执法) as the registry's facts tell of it."""

    __tablename__ = "delegation_view"
    __table_args__ = (
        *scope_indexes("delegation_view"),
        Index("ix_delegation_view_organisation", "organisation"),
        Index("ix_delegation_view_trustee_code", "trustee_code"),
        Index("ix_delegation_view_deed_no", "deed_no"),
        Index("ix_delegation_view_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delegator_id: Mapped[UUID]
    organisation: Mapped[str]
    """Credit code of the delegator."""
    trustee_kind: Mapped[str]
    trustee_id: Mapped[UUID | None]
    trustee_code: Mapped[str]
    trustee_name: Mapped[str]
    power_codes: Mapped[list[str]]
    domains: Mapped[list[str]]
    division: Mapped[str]
    """Where the trustee enforces."""
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The last day."""
    ended_on: Mapped[date | None]
    """The first day on which it did not hold any more, ended early."""
    deed_no: Mapped[str | None]
    state: Mapped[str]
    fact_index: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime]


class ListedItemView(Base):
    """An item of a township's published list: what it may exercise from a day to a day.

    Published to everybody by law, so not scoped.
    """

    __tablename__ = "listed_item_view"
    __table_args__ = (
        Index("ix_listed_item_view_code", "code", "division"),
        Index("ix_listed_item_view_division", "division"),
    )

    item_list_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    division: Mapped[str]
    """The township."""
    kind: Mapped[str]
    """`statutory`, `empowered` or `entrusted`."""
    power_kind: Mapped[str]
    power_id: Mapped[UUID | None]
    delegation_id: Mapped[UUID | None]
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    """The first day on which another list is in force."""

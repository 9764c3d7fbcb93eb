"""The items of township item lists."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.items.rules import ItemCodeRepeated, ItemKind
from services.registry.powers.rules import PowerKind
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Item(Versioned, Scoped, Base):
    """An item (事项) of a list; once that is no draft, a trigger holds it as it is."""

    __tablename__ = "item"
    __table_args__ = (
        *scope_indexes("item"),
        Index(
            "uq_item_code", "item_list_id", "code", unique=True, info={"refusal": ItemCodeRepeated}
        ),
        Index("ix_item_item_list_id", "item_list_id", "position"),
        Index("ix_item_power_id", "power_id", "id"),
        Index("ix_item_delegation_id", "delegation_id", "id"),
        CheckConstraint(one_of("kind", ItemKind), name="kind"),
        CheckConstraint(one_of("power_kind", PowerKind), name="power_kind"),
        CheckConstraint("cardinality(basis) > 0", name="basis"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_list_id: Mapped[UUID] = mapped_column(ForeignKey("item_list.id"))
    position: Mapped[int]
    kind: Mapped[str]
    power_id: Mapped[UUID | None] = mapped_column(ForeignKey("power.id"))
    """The power, where it is registered."""
    delegation_id: Mapped[UUID | None] = mapped_column(ForeignKey("delegation.id"))
    """By which an entrusted item is exercised."""
    code: Mapped[str]
    name: Mapped[str]
    power_kind: Mapped[str]
    domains: Mapped[list[str]]
    basis: Mapped[list[str]]
    power_ended_on: Mapped[date | None]
    """The day since which the power that it names is repealed; the list stays as it was decided."""

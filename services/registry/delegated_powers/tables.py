"""What each delegation claims: a power, at a place, for a period."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import DATERANGE, INT8MULTIRANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base
from services.registry.delegated_powers.rules import DelegationOverlaps
from shared.db import new_id


class DelegatedPower(Base):
    """One power of a delegation, with the place and the days that it is claimed for.

    Read through its delegation only, which is scoped. A delegation claims its powers from the draft
    on; what ends early gives the rest back, so that two never held one power at one place and time.
    """

    __tablename__ = "delegated_power"
    __table_args__ = (
        ExcludeConstraint(
            ("power_id", "="),
            ("area", "&&"),
            ("period", "&&"),
            using="gist",
            name="ex_delegated_power_overlap",
            info={"refusal": DelegationOverlaps},
        ),
        Index("uq_delegated_power_delegation", "delegation_id", "power_id", unique=True),
        Index("ix_delegated_power_power_id", "power_id", "delegation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delegation_id: Mapped[UUID] = mapped_column(ForeignKey("delegation.id"))
    power_id: Mapped[UUID] = mapped_column(ForeignKey("power.id"))
    area: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    """The codes of the division and of those that lay below it; the whole city is everything."""
    period: Mapped[Any] = mapped_column(DATERANGE)

"""Disputes between enforcement bodies as escalation tells of them; nothing here is entered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class DisputeSpan(Base):
    """A time during which a dispute is pending and the same body leads: from when to when.

    Read by the rules that judge acts only, never through a request.
    """

    __tablename__ = "dispute_span"
    __table_args__ = (
        Index("ix_dispute_span_organisations", "organisations", postgresql_using="gin"),
    )

    dispute_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]
    """The first moment at which it is not so any more."""
    organisations: Mapped[list[str]]
    """Credit codes of the parties."""
    item_codes: Mapped[list[str]]
    """What is disputed; none: all that the parties do there."""
    domains: Mapped[list[str]]
    division: Mapped[str]
    lead: Mapped[str | None]
    """Who acts meanwhile."""
    number: Mapped[str]
    fact_index: Mapped[int] = mapped_column(BigInteger)
    """Stream index of the fact that was told last: one that is replayed changes nothing."""


class SafetyAction(Base):
    """An act that a party did alone, while a dispute was pending, for somebody's safety."""

    __tablename__ = "safety_action"

    dispute_id: Mapped[UUID] = mapped_column(primary_key=True)
    act_number: Mapped[str] = mapped_column(primary_key=True)
    """Number of a document of the act."""

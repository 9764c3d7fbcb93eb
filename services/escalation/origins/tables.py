"""Contact points and lay monitors, as the registry's facts tell of them."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base


class ContactPointView(Base):
    """A grassroots contact point (基层行政执法联系点)."""

    __tablename__ = "contact_point_view"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    host: Mapped[str]
    division: Mapped[str]
    state: Mapped[str]


class LayMonitorView(Base):
    """A lay monitor (行政执法监督员)."""

    __tablename__ = "lay_monitor_view"
    __table_args__ = (Index("ix_lay_monitor_view_account", "account"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    account: Mapped[str | None]
    """`sub` of the monitor."""
    division: Mapped[str]
    state: Mapped[str]
    term_from: Mapped[date | None]
    term_to: Mapped[date | None]

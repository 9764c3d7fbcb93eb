"""When acts are looked at again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class WarningWatch(Base):
    """An act of which a rule may say something else from a moment on, with nothing new told."""

    __tablename__ = "warning_watch"
    __table_args__ = (Index("ix_warning_watch_look_at", "look_at"),)

    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_code: Mapped[str] = mapped_column(primary_key=True)
    look_at: Mapped[datetime]

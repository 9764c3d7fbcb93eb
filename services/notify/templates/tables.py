"""Editions of the words that go out beside the inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base, one_of
from services.notify.templates.rules import TemplateState
from shared.db import Versioned, new_id


class Template(Versioned, Base):
    """One edition, for one channel. The installation's, no division's."""

    __tablename__ = "template"
    __table_args__ = (
        Index("uq_template_edition", "name", "channel", "edition", unique=True),
        Index(
            "uq_template_active",
            "name",
            "channel",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        CheckConstraint(one_of("state", TemplateState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    edition: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    state: Mapped[str]
    written_by: Mapped[str]
    activated_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

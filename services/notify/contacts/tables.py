"""How a person is reached beside the inbox, and what the person wants to be sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.contacts.rules import ContactState, ContactThere
from services.notify.db import Base, one_of
from shared.db import Versioned, new_id
from shared.sealing import sealed_as


class Contact(Versioned, Base):
    """An address that a person has registered. Nobody else sees it."""

    __tablename__ = "contact"
    __table_args__ = (
        Index(
            "uq_contact_channel",
            "sub",
            "channel",
            unique=True,
            postgresql_where=text("state <> 'removed'"),
            info={"refusal": ContactThere},
        ),
        CheckConstraint(one_of("state", ContactState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sub: Mapped[str]
    channel: Mapped[str]
    address: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("contact.address"))
    """Sealed."""
    state: Mapped[str]
    code: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Keyed hash of the code that was sent to the address."""
    code_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    """At the code."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Preference(Versioned, Base):
    """What a person wants to be sent; without a row, what the roles get by default."""

    __tablename__ = "preference"

    sub: Mapped[str] = mapped_column(primary_key=True)
    subscriptions: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """NULL: by the roles."""
    quiet: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """NULL: as by default."""
    updated_at: Mapped[datetime]

"""Who holds which role where, and the roles that nobody holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base
from services.notify.messages.tables import Addressed
from shared.db import Scoped, new_id, scope_indexes
from shared.sealing import sealed_as


class Holder(Scoped, Base):
    """A person with a role in a division or a body, as a directory or the own token says."""

    __tablename__ = "holder"
    __table_args__ = (
        Index("uq_holder_role", "sub", "role", "division", "organisation", unique=True),
        Index(
            "ix_holder_keys",
            "keys",
            postgresql_using="gin",
            postgresql_where=text("left_at IS NULL"),
        ),
        *scope_indexes("holder"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sub: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    division: Mapped[str]
    organisation: Mapped[str]
    """Credit code, or empty."""
    keys: Mapped[list[str]]
    """Those of every addressee that the person is by this role."""
    email: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as("holder.email"))
    """Sealed, as the phone is."""
    phone: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as("holder.phone"))
    source: Mapped[str]
    """The directory that named the person, or `self`: the own token did."""
    seen_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Vacancy(Addressed, Base):
    """A role in a place or body that was addressed while nobody was known to hold it."""

    __tablename__ = "vacancy"
    __table_args__ = (
        Index("uq_vacancy_addressee", "addressee", unique=True),
        *scope_indexes("vacancy"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    messages: Mapped[int]
    """How many, since it was found."""
    filled_at: Mapped[datetime | None]

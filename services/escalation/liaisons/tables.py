"""Standing liaison of the petition office with police, procuratorate, courts and justice."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.db import Base, one_of
from services.escalation.liaisons.rules import LiaisonEntryKind, LiaisonOrgan, LiaisonState
from services.escalation.matters.rules import REMINDER
from services.escalation.matters.tables import Stepped
from shared.db import new_id, scope_indexes
from shared.sealing import sealed_as

CONTACT = "liaison.contact"
"""What a telephone number is sealed for."""


class Liaison(Stepped, Base):
    """A line of the roster: two authorities, and who speaks for each."""

    __tablename__ = "liaison"
    clock = Clock("liaison.due", "liaison.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("liaison"),
        CheckConstraint(one_of("state", LiaisonState), name="state"),
        CheckConstraint(one_of("organ", LiaisonOrgan), name="organ"),
        CheckConstraint(one_of("partner", LiaisonOrgan), name="partner"),
        Index("ix_liaison_due_at", "due_at", "id"),
    )

    division: Mapped[str]
    organ: Mapped[str]
    organ_name: Mapped[str]
    liaison_officer: Mapped[str]
    """Who speaks for it."""
    partner: Mapped[str]
    partner_name: Mapped[str]
    partner_body: Mapped[str | None]
    """Credit code of the partner, if it uses the system: it is a party."""
    partner_officer: Mapped[str]
    partner_post: Mapped[str | None]
    partner_phone: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as(CONTACT))
    """Sealed."""
    duties: Mapped[str]
    state: Mapped[str]
    contacts: Mapped[int] = mapped_column(default=0)
    """How many are in the log."""
    last_contact_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    confirmed_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class LiaisonEntry(Base):
    """A line of the log. Who sees the liaison sees it."""

    __tablename__ = "liaison_entry"
    __table_args__ = (
        CheckConstraint(one_of("kind", LiaisonEntryKind), name="kind"),
        Index("ix_liaison_entry_liaison_id", "liaison_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    liaison_id: Mapped[UUID] = mapped_column(ForeignKey("liaison.id"))
    kind: Mapped[str]
    held_on: Mapped[date]
    topic: Mapped[str]
    participants: Mapped[list[str]]
    outcome: Mapped[str]
    follow_up: Mapped[str | None]
    logged_at: Mapped[datetime]
    logged_by: Mapped[str]

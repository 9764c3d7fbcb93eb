"""Packages: what was handed over, to whom, and whether it arrived."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.db import Base, one_of
from services.escalation.matters.rules import REMINDER, MatterKind
from services.escalation.matters.tables import Stepped, acts_for
from services.escalation.packages.rules import PackagePurpose, PackageState
from shared.access.actor import Actor
from shared.db import scope_indexes


class Package(Stepped, Base):
    """Documents on their way, with a manifest. What was sent never changes."""

    __tablename__ = "package"
    clock = Clock("package.due", "package.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("package"),
        Index("ix_package_matter_id", "matter_id", "id"),
        Index("ix_package_due_at", "due_at"),
        CheckConstraint(one_of("matter", MatterKind), name="matter"),
        CheckConstraint(one_of("purpose", PackagePurpose), name="purpose"),
        CheckConstraint(one_of("state", PackageState), name="state"),
    )

    matter: Mapped[str]
    """Which kind of matter it belongs to."""
    matter_id: Mapped[UUID]
    matter_number: Mapped[str]
    matter_title: Mapped[str]
    purpose: Mapped[str]
    division: Mapped[str]
    sender: Mapped[str | None]
    """Credit code; None: the office of the division."""
    sender_name: Mapped[str]
    receiver: Mapped[str | None]
    """Credit code; None: it does not use the system."""
    receiver_name: Mapped[str]
    receiver_division: Mapped[str | None]
    """Whose office receives it, if one does."""
    documents: Mapped[list[dict[str, Any]]]
    """Of each: id, kind, name, media_type, size, sha256; in the order of the manifest."""
    manifest: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the manifest."""
    signature: Mapped[str | None]
    """The signature line; None where the installation signs nothing."""
    fact_id: Mapped[UUID | None]
    """The fact in the ledger that says that it was sent."""
    state: Mapped[str]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    links: Mapped[int] = mapped_column(default=0)
    """How many links were made; only the last one is good."""
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    """`sub`, or None of whoever came by the link or by an event."""
    received_by: Mapped[str | None]
    """Name of who took it in."""
    receipt_way: Mapped[str | None]
    receipt_no: Mapped[str | None]
    remarks: Mapped[str | None]

    @property
    def note(self) -> str:
        """The manifest with its signature."""
        return f"{self.manifest}\n{self.signature}" if self.signature else self.manifest

    @property
    def outside(self) -> bool:
        """Whether the receiver does not use the system."""
        return self.receiver is None and self.receiver_division is None

    def is_receiver(self, actor: Actor) -> bool:
        """Whether the caller acts for the receiver."""
        return acts_for(actor, self.receiver, self.receiver_division)

    def is_sender(self, actor: Actor) -> bool:
        """Whether the caller acts for the sender."""
        return acts_for(actor, self.sender, self.division)

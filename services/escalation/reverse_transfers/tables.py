"""Cases that a judicial organ hands back to an enforcement body (反向移送)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.db import Base, one_of
from services.escalation.matters.rules import REMINDER
from services.escalation.matters.tables import Matter
from services.escalation.reverse_transfers.rules import JudicialOrgan, ReverseTransferState
from shared.db import scope_indexes


class ReverseTransfer(Matter, Base):
    """A case without criminal liability; `sender` is the organ, `receiver` always a body."""

    __tablename__ = "reverse_transfer"
    clock = Clock("reverse_transfer.due", "reverse_transfer.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("reverse_transfer"),
        CheckConstraint(one_of("state", ReverseTransferState), name="state"),
        CheckConstraint(one_of("organ", JudicialOrgan), name="organ"),
        Index("uq_reverse_transfer_number", "number", unique=True),
        Index("ix_reverse_transfer_due_at", "due_at", "id"),
        Index("ix_reverse_transfer_created_at", "created_at"),
    )

    organ: Mapped[str]
    """What the sender is."""
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("transfer.id"))
    """The transfer that it comes back from, if it is one of ours."""
    document_no: Mapped[str]
    """Of the letter that it came with."""
    facts: Mapped[str]
    opinion: Mapped[str | None]
    """What the organ proposes (检察意见)."""
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    result: Mapped[str | None]
    replied_at: Mapped[datetime | None]

    @property
    def office(self) -> str | None:
        """None: an organ outside the system acts through nobody here."""
        return None

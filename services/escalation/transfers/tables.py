"""Transfers of suspected crimes to the police (两法衔接)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clock
from services.escalation.db import Base, one_of
from services.escalation.matters.rules import REMINDER, Side
from services.escalation.matters.tables import Matter
from services.escalation.transfers.rules import Standing, TransferState
from shared.db import scope_indexes


class Transfer(Matter, Base):
    """A case that an enforcement body hands to the police; `sender` is always a body."""

    __tablename__ = "transfer"
    clock = Clock("transfer.due", "transfer.due_soon", REMINDER)
    __table_args__ = (
        *scope_indexes("transfer"),
        CheckConstraint(one_of("state", TransferState), name="state"),
        Index("uq_transfer_number", "number", unique=True),
        Index("ix_transfer_due_at", "due_at", "id"),
        Index("ix_transfer_created_at", "created_at"),
    )

    offence: Mapped[str]
    """涉嫌罪名."""
    facts: Mapped[str]
    case_number: Mapped[str | None]
    """Of the administrative case."""
    investigators: Mapped[list[dict[str, Any]]]
    """Who verified it: name, certificate_no."""
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    absent: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Materials that do not exist, and why."""
    goods: Mapped[bool] = mapped_column(default=False)
    """Whether there are goods to hand over once it is filed."""
    goods_sent_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    procuratorate: Mapped[str | None]
    """Credit code of the one asked to supervise; it is a party."""
    procuratorate_name: Mapped[str | None]
    concluded_at: Mapped[datetime | None]

    @property
    def outside(self) -> frozenset[Side]:
        """The sides that do not use the system: what they answer the sender records."""
        third = {Side.THIRD} if self.procuratorate is None else set()
        return super().outside | third

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            created_by=self.created_by,
            due_at=self.due_at,
            goods_left=self.goods and self.goods_sent_at is None,
            outside=self.outside,
        )

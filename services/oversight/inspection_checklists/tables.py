"""The checklists of an inspection and their results: read through it, which is scoped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.inspection_checklists.rules import ChecklistTaken, Outcome
from shared.db import Versioned, new_id


class InspectionChecklist(Versioned, Base):
    """A checklist that an inspection is held by, as it was when it was chosen."""

    __tablename__ = "inspection_checklist"
    __table_args__ = (
        Index(
            "uq_inspection_checklist",
            "inspection_id",
            "template_id",
            unique=True,
            info={"refusal": ChecklistTaken},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    template_id: Mapped[UUID] = mapped_column(ForeignKey("checklist.id"))
    code: Mapped[str]
    edition: Mapped[int]
    title: Mapped[str]
    items: Mapped[list[dict[str, Any]]]
    batches: Mapped[int] = mapped_column(default=0)
    """Uploads that brought something new."""
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[str]


class ChecklistResult(Base):
    """The result of one item; one that was corrected stays."""

    __tablename__ = "checklist_result"
    __table_args__ = (
        Index("uq_checklist_result_client", "checklist_id", "client_id", unique=True),
        Index(
            "uq_checklist_result_item",
            "checklist_id",
            "item",
            unique=True,
            postgresql_where=text("replaced_by IS NULL"),
        ),
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("inspection_checklist.id"))
    client_id: Mapped[str]
    item: Mapped[str]
    outcome: Mapped[str]
    note: Mapped[str | None]
    inspector: Mapped[str]
    recorded_at: Mapped[datetime]
    """On the device."""
    replaces: Mapped[str | None]
    replaced_by: Mapped[str | None]
    """`client_id` of its correction."""
    received_at: Mapped[datetime]
    received_by: Mapped[str]

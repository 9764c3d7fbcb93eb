"""Checks of conduct."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.conduct_checks.rules import ConductCheckState
from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.inspections.tables import Inspection
from shared.db import Versioned, new_id, scope_indexes


class ConductCheck(AboutSubject, Versioned, Base):
    """How officers looked and behaved, by the checklist of the day (执法风纪检查)."""

    __tablename__ = "conduct_check"
    __table_args__ = (
        *scope_indexes("conduct_check"),
        CheckConstraint(one_of("state", ConductCheckState), name="state"),
        Index("ix_conduct_check_inspection_id", "inspection_id", "id"),
        Index("ix_conduct_check_subject_id", "subject_id", "id"),
        Index("ix_conduct_check_organisation", "organisation"),
        Index("ix_conduct_check_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    officer_id: Mapped[UUID | None]
    officer_name: Mapped[str | None]
    observed_on: Mapped[date]
    place: Mapped[str]
    edition: Mapped[int]
    """Of the checklist."""
    items: Mapped[list[dict[str, Any]]]
    """`{code, label, finding, passed, note}` each, as the checklist had them."""
    violations: Mapped[int]
    state: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was voided."""
    finding_ids: Mapped[list[str]] = mapped_column(default=list)

    @property
    def credit_code(self) -> str:
        return self.organisation


class Checked(NamedTuple):
    """A check, and the inspection that it is part of."""

    check: ConductCheck
    inspection: Inspection

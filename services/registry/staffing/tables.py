"""Staffing plans: how many posts a division's bodies have in a year."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.staffing.rules import (
    STANDING,
    BodyKind,
    StaffingPlanExists,
    StaffingState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level


class StaffingPlan(Versioned, Scoped, Base):
    """The headcount (编制) of one kind of body in a division and year."""

    __tablename__ = "staffing_plan"
    __table_args__ = (
        *scope_indexes("staffing_plan"),
        Index(
            "uq_staffing_plan_year",
            "division",
            "body_kind",
            "year",
            unique=True,
            postgresql_where=text(one_of("state", STANDING)),
            info={"refusal": StaffingPlanExists},
        ),
        CheckConstraint(one_of("state", StaffingState), name="state"),
        CheckConstraint(one_of("body_kind", BodyKind), name="body_kind"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("headcount > 0", name="headcount"),
        CheckConstraint(
            f"{one_of('state', (StaffingState.FILED, StaffingState.WITHDRAWN))} OR"
            " num_nulls(approval_no, approved_on) = 0",
            name="approved",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    level: Mapped[str]
    body_kind: Mapped[str]
    year: Mapped[int]
    headcount: Mapped[int]
    approval_no: Mapped[str | None]
    """Number of the staffing office's (机构编制部门) decision."""
    approved_on: Mapped[date | None]
    state: Mapped[str]
    filed_by: Mapped[str]
    """Who filed it, or changed it last."""
    reason: Mapped[str | None]
    short_since: Mapped[datetime | None]
    """When it was told that posts are vacant; none while they are filled."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

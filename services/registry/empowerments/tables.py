"""Powers that townships exercise in the place of a district's body."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.empowerments.rules import ENDED, EmpowermentExists, EmpowermentState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.past import Dated, keep_past

_JSON = JSONB(none_as_null=True)


class Empowerment(Dated, Versioned, Scoped, Base):
    """A power handed down to a township from a day on (赋权)."""

    __tablename__ = "empowerment"
    __table_args__ = (
        *scope_indexes("empowerment"),
        # A township has a power once, whoever checked before.
        Index(
            "uq_empowerment_live",
            "power_id",
            "division",
            unique=True,
            postgresql_where=text(f"NOT ({one_of('state', ENDED)})"),
            info={"refusal": EmpowermentExists},
        ),
        Index("ix_empowerment_power_id", "power_id", "id"),
        Index("ix_empowerment_grantor_id", "grantor_id", "id"),
        Index("ix_empowerment_subject_id", "subject_id", "id"),
        Index("ix_empowerment_organisation", "organisation"),
        Index("ix_empowerment_domains", "domains", postgresql_using="gin"),
        Index("ix_empowerment_state", "state", "id"),
        CheckConstraint(one_of("state", EmpowermentState), name="state"),
        CheckConstraint("township = division", name="township"),
        CheckConstraint("cardinality(basis) > 0", name="basis"),
        CheckConstraint(
            "effective_on >= decision_published_on AND decision_published_on >= decided_on",
            name="decision",
        ),
        CheckConstraint(
            "state NOT IN ('in_force', 'withdrawn')"
            " OR num_nulls(capacity, training, handover, taken_over_on, began_on) = 0",
            name="prepared",
        ),
        CheckConstraint("taken_by <> handed_by", name="two_hands"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    power_id: Mapped[UUID] = mapped_column(ForeignKey("power.id"))
    grantor_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    grantor_organisation: Mapped[str]
    grantor_district: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    """The township's subject, which has the power from the day on."""
    organisation: Mapped[str]
    """Credit code of the township's subject."""
    division: Mapped[str]
    domains: Mapped[list[str]]
    decision_no: Mapped[str]
    decided_by: Mapped[str]
    decided_on: Mapped[date]
    decision_published_on: Mapped[date]
    decision_published_in: Mapped[str]
    basis: Mapped[list[str]]
    effective_on: Mapped[date]
    """The first day, unless the preparations take longer."""
    authors: Mapped[list[str]]
    """Who had a hand in the proposal, and so does not check the capacity."""
    capacity: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    training: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    handover: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """The running cases as the grantor handed them over."""
    handed_by: Mapped[str | None]
    taken_over_on: Mapped[date | None]
    taken_by: Mapped[str | None]
    began_on: Mapped[date | None]
    evaluation: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """The last one; those before are in what was true before."""
    evaluation_due_at: Mapped[datetime | None]
    handback: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    """The running cases that went back to the grantor."""
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it was taken back or dropped."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


keep_past(Base, Empowerment)

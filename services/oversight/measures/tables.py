"""Measures of supervision (监督处理)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.measures.rules import (
    ENDED,
    Executor,
    MeasureExists,
    MeasureKind,
    MeasureState,
    Standing,
)
from shared.db import Versioned, new_id, scope_indexes


class Measure(AboutSubject, Versioned, Base):
    """What a supervising body does about a confirmed finding."""

    __tablename__ = "measure"
    __table_args__ = (
        *scope_indexes("measure"),
        CheckConstraint(one_of("state", MeasureState), name="state"),
        CheckConstraint(one_of("kind", MeasureKind), name="kind"),
        CheckConstraint(one_of("executor", Executor), name="executor"),
        Index(
            "uq_measure_live",
            "finding_id",
            "kind",
            unique=True,
            postgresql_where=text(f"NOT {one_of('state', ENDED)}"),
            info={"refusal": MeasureExists},
        ),
        Index("ix_measure_finding_id", "finding_id", "id"),
        Index("ix_measure_subject_id", "subject_id", "id"),
        Index("ix_measure_officer_id", "officer_id", "id"),
        Index("ix_measure_organisation", "organisation"),
        Index("ix_measure_due_at", "due_at", "id"),
        Index("ix_measure_decided_at", "decided_at"),
        Index("ix_measure_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    kind: Mapped[str]
    ground: Mapped[str]
    legal_basis: Mapped[list[str]]
    """Of the rule in force, and what its author added."""
    reasons: Mapped[str]
    requirement: Mapped[str | None]
    executor: Mapped[str]
    officer_id: Mapped[UUID | None]
    officer_name: Mapped[str | None]
    act_number: Mapped[str | None]
    act_on: Mapped[date | None]
    state: Mapped[str]
    period: Mapped[dict[str, Any] | None]
    """The `Deadline` that it was decided with."""
    due_at: Mapped[datetime | None]
    """The first moment that is too late; set with the decision."""
    due_provisional: Mapped[bool] = mapped_column(default=False)
    overdue_at: Mapped[datetime | None]
    """When it last became overdue."""
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision: Mapped[str | None]
    """Why it was decided, declined or revoked."""
    executed_at: Mapped[datetime | None]
    executed_by: Mapped[str | None]
    execution: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[str | None]
    reports: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{report, evidence_ids, evidence_seal_id, references, reported_at, reported_by, late,
    verdict, note, judged_at, judged_by}` each."""
    verified_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    issuer_answer: Mapped[dict[str, Any] | None]
    """What the issuer of the certificate answered: `{request_id, result, reason, answered_at}`."""

    @property
    def credit_code(self) -> str:
        return self.organisation

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            executor=self.executor,
            proposed_by=self.proposed_by,
            decided_by=self.decided_by,
            reported_by=self.reported_by,
        )

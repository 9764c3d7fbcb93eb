"""The register of rectifications (整改台账)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base
from services.oversight.rectifications.rules import ExtensionUsed, RectificationExists, Standing
from shared.db import Versioned, new_id, scope_indexes


class Rectification(AboutSubject, Versioned, Base):
    """An order to correct a finding within a deadline."""

    __tablename__ = "rectification"
    __table_args__ = (
        *scope_indexes("rectification"),
        Index("ix_rectification_ordered_at", "ordered_at"),
        Index("ix_rectification_verified_at", "verified_at"),
        Index(
            "uq_rectification_finding_id",
            "finding_id",
            unique=True,
            postgresql_where=text("state <> 'revoked'"),
            info={"refusal": RectificationExists},
        ),
        Index("ix_rectification_due_at", "due_at", "id"),
        Index("ix_rectification_subject_id", "subject_id", "id"),
        Index("ix_rectification_organisation", "organisation"),
        Index("ix_rectification_domains", "domains", postgresql_using="gin"),
        # Two approvals at once cannot both count, whatever the code above them does.
        CheckConstraint(
            "extensions_granted BETWEEN 0 AND extensions_allowed",
            name="extensions",
            info={"refusal": ExtensionUsed},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    code: Mapped[str]
    """Of the finding, from the code book."""
    severity: Mapped[str]
    legal_basis: Mapped[list[str]]
    requirement: Mapped[str]
    period: Mapped[dict[str, Any]]
    """The `Deadline` that it was ordered with."""
    state: Mapped[str]
    due_at: Mapped[datetime]
    """The first moment that is too late."""
    due_provisional: Mapped[bool]
    """A day was counted whose calendar is not announced yet."""
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[str]
    received_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None]
    submissions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{report, evidence_ids, evidence_seal_id, references, submitted_at, submitted_by, late,
    verdict, note, judged_at, judged_by}` each."""
    plans: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{measures, responsible, steps: [{what, by}], planned_at, planned_by}` each, the last one in
    force."""
    percent: Mapped[int | None]
    """As the subject reported last."""
    progressed_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """When it last became overdue."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoke_reason: Mapped[str | None]
    extensions_granted: Mapped[int] = mapped_column(default=0)
    extensions_allowed: Mapped[int]
    """By the rule in force when it was ordered."""
    extension: Mapped[dict[str, Any] | None]
    """The last request: `{state, days, reason, requested_at, requested_by, decision, decided_at,
    decided_by, due_at_before}`."""

    @property
    def credit_code(self) -> str:
        return self.organisation

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            due_at=self.due_at,
            extension=self.extension["state"] if self.extension else None,
            extensions_granted=self.extensions_granted,
            extensions_allowed=self.extensions_allowed,
            ordered_by=self.ordered_by,
            submitted_by=self.submitted_by,
        )


class RectificationProgress(Base):
    """What the subject reported on the way; read through its rectification only."""

    __tablename__ = "rectification_progress"
    __table_args__ = (
        Index("ix_rectification_progress_rectification_id", "rectification_id", "id"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    percent: Mapped[int]
    note: Mapped[str]
    references: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    reported_at: Mapped[datetime]
    reported_by: Mapped[str]

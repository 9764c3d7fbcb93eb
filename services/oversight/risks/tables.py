"""The register of risks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.risks.rules import RiskKind, RiskState, Standing
from shared.db import Versioned, new_id, scope_indexes


class Risk(AboutSubject, Versioned, Base):
    """A risk in the enforcement of a subject (执法风险)."""

    __tablename__ = "risk"
    __table_args__ = (
        *scope_indexes("risk"),
        CheckConstraint(one_of("state", RiskState), name="state"),
        CheckConstraint(one_of("kind", RiskKind), name="kind"),
        Index("ix_risk_subject_id", "subject_id", "id"),
        Index("ix_risk_organisation", "organisation"),
        Index("ix_risk_due_at", "due_at", "id"),
        Index("ix_risk_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    organisation: Mapped[str]
    """Credit code of the subject."""
    kind: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    state: Mapped[str]
    likelihood: Mapped[int | None]
    impact: Mapped[int | None]
    level: Mapped[str | None]
    """As assessed last."""
    assessments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{likelihood, impact, level, note, assessed_at, assessed_by}` each, in order."""
    strategy: Mapped[str | None]
    treatments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{strategy, measures, responsible, due_at, treated_at, treated_by}` each, in order."""
    treated_by: Mapped[str | None]
    """Who laid down the treatment in force."""
    due_at: Mapped[datetime | None]
    """The first moment that is too late for the treatment."""
    overdue_at: Mapped[datetime | None]
    identified_at: Mapped[datetime]
    identified_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    residual: Mapped[str | None]
    """The level that remained when it was closed."""
    result: Mapped[str | None]
    """Why it was closed or dismissed."""

    @property
    def credit_code(self) -> str:
        return self.organisation

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state, identified_by=self.identified_by, treated_by=self.treated_by
        )

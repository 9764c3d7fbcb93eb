"""Warnings, and when acts are looked at again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.warning_rules.rules import WarningLevel
from services.oversight.warnings.rules import WarningState
from shared.db import Versioned, new_id, scope_indexes


class ActWarning(AboutSubject, Versioned, Base):
    """What a rule says of an act (预警): one row however often it says it."""

    __tablename__ = "warning"
    __table_args__ = (
        *scope_indexes("warning"),
        UniqueConstraint("act_id", "rule_code"),
        CheckConstraint(one_of("state", WarningState), name="state"),
        CheckConstraint(one_of("level", WarningLevel), name="level"),
        Index("ix_warning_subject_id", "subject_id", "id"),
        Index("ix_warning_organisation", "organisation"),
        Index("ix_warning_rule_code", "rule_code", "id"),
        Index("ix_warning_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("warning_rule.id"))
    """The edition that said it last."""
    rule_code: Mapped[str]
    rule_edition: Mapped[int]
    rule_name: Mapped[str]
    act_id: Mapped[UUID]
    act_kind: Mapped[str]
    external_id: Mapped[str]
    organisation: Mapped[str]
    """Credit code of the subject."""
    level: Mapped[str]
    detail: Mapped[dict[str, Any]]
    """What exactly: fields that are missing, certificates, codes, acts before."""
    due_at: Mapped[datetime | None]
    """The first moment that is too late, where the rule is of a term."""
    state: Mapped[str]
    raised_at: Mapped[datetime]
    raised: Mapped[int]
    """How often: raised again after it was cleared, it counts on."""
    red_at: Mapped[datetime | None]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{text, at, by}` each, in order."""
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it is so, or why it is nothing."""
    follow_up: Mapped[str | None]
    finding_id: Mapped[UUID | None] = mapped_column(ForeignKey("finding.id"))
    cleared_at: Mapped[datetime | None]

    @property
    def credit_code(self) -> str:
        return self.organisation

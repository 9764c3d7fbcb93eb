"""Editions of warning rules, and their trials on history."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.warning_rules.rules import (
    Content,
    RuleState,
    Standing,
    WarningRuleCodeTaken,
)
from shared.db import Versioned, new_id


class WarningRule(Versioned, Base):
    """An edition of a warning rule; the same for all, so not scoped.

    Several editions of a code may be active: of an act the newest speaks that is of its time.
    """

    __tablename__ = "warning_rule"
    __table_args__ = (
        UniqueConstraint("code", "edition", info={"refusal": WarningRuleCodeTaken}),
        Index(
            "uq_warning_rule_draft",
            "code",
            unique=True,
            postgresql_where=text("state = 'draft'"),
            info={"refusal": WarningRuleCodeTaken},
        ),
        CheckConstraint(one_of("state", RuleState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    edition: Mapped[int]
    content: Mapped[dict[str, Any]]
    """As `rules.Content` reads it."""
    digest: Mapped[str]
    """SHA-256 of the content."""
    state: Mapped[str]
    drafted_by: Mapped[str]
    """`system` for what an installation begins with."""
    drafted_at: Mapped[datetime]
    tried_digest: Mapped[str | None]
    """Of the content that was tried last and met acts that it is about."""
    activated_by: Mapped[str | None]
    activated_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    looked_to: Mapped[UUID | None]
    """Since it went live: up to which act those that were there were looked at."""

    @property
    def said(self) -> Content:
        """What it says."""
        return Content.model_validate(self.content)

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state, drafted_by=self.drafted_by, tried=self.tried_digest == self.digest
        )


class WarningTrial(Base):
    """What an edition of a rule would have raised: nobody was told of any of it."""

    __tablename__ = "warning_trial"
    __table_args__ = (Index("ix_warning_trial_rule_id", "rule_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("warning_rule.id"))
    content: Mapped[dict[str, Any]]
    digest: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    """Acts that began from the first day to the last."""
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    looked_to: Mapped[UUID | None]
    examined: Mapped[int]
    """Acts that the rule is about."""
    yellow: Mapped[int]
    red: Mapped[int]
    by_month: Mapped[dict[str, Any]]
    by_district: Mapped[dict[str, Any]]
    examples: Mapped[list[str]]
    """Ids of the first acts of which it would have warned."""

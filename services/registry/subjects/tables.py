"""Enforcement subjects, and what happened to each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.subjects.rules import ENDED, CreditCodeTaken, SubjectKind, SubjectState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level
from shared.past import Dated, keep_past
from shared.search import Searched, search_index


class Subject(Dated, Searched, Versioned, Scoped, Base):
    """A body that enforces (行政执法主体)."""

    __tablename__ = "subject"
    __table_args__ = (
        *scope_indexes("subject"),
        search_index("subject"),
        Index("ix_subject_created_at", "created_at"),
        Index("ix_subject_publicised_on", "publicised_on"),
        # Two registrations of one code at once: the second is refused, whoever checked before.
        Index(
            "uq_subject_live_uscc",
            "uscc",
            unique=True,
            postgresql_where=text(f"NOT ({one_of('state', ENDED)})"),
            info={"refusal": CreditCodeTaken},
        ),
        Index("ix_subject_organisation", "organisation"),
        Index("ix_subject_domains", "domains", postgresql_using="gin"),
        Index("ix_subject_state", "state", "id"),
        CheckConstraint(one_of("state", SubjectState), name="state"),
        CheckConstraint(one_of("kind", SubjectKind), name="kind"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint("organisation = uscc", name="organisation"),
        CheckConstraint("(state = 'merged') = (successor_id IS NOT NULL)", name="successor"),
        CheckConstraint("(state = 'split') = (cardinality(successor_ids) > 1)", name="successors"),
        CheckConstraint("parent_id IS NULL OR kind = 'dispatched'", name="parent"),
        CheckConstraint("delegator_id IS NULL OR kind = 'entrusted'", name="delegator"),
        CheckConstraint("parent_id <> id AND delegator_id <> id", name="support"),
        Index("ix_subject_parent_id", "parent_id", "id"),
        Index("ix_subject_delegator_id", "delegator_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    uscc: Mapped[str]
    organisation: Mapped[str]
    """The same code: what `visible` matches a caller's organisation with."""
    name: Mapped[str]
    kind: Mapped[str]
    level: Mapped[str]
    division: Mapped[str]
    domains: Mapped[list[str]]
    legal_basis: Mapped[list[str]]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    """The body that dispatched it (派出)."""
    delegator_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    """The authority in whose name it enforces (委托)."""
    head: Mapped[str | None]
    monitor_unit: Mapped[str | None]
    state: Mapped[str]
    created_by: Mapped[str]
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    publicised_on: Mapped[date | None]
    """The first day on which it was publicised."""
    reason: Mapped[str | None]
    """Why it was sent back, suspended or revoked; none once that is over."""
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    """Of what was merged."""
    successor_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)
    """Of what was split."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str, ...]:
        return self.name, self.uscc

    @property
    def support_id(self) -> UUID | None:
        """The body that it rests on."""
        return self.parent_id or self.delegator_id


keep_past(Base, Subject)


class SubjectHistory(Base):
    """One row a version of a subject. Read through its subject only, which is scoped."""

    __tablename__ = "subject_history"
    __table_args__ = (UniqueConstraint("subject_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    version: Mapped[int]
    action: Mapped[str]
    state: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    changes: Mapped[dict[str, Any]]
    """Field → value before and after."""

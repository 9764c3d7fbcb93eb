"""Findings of inspections."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.findings.rules import FindingsLinked, LinkKind, Standing
from shared.db import Versioned, new_id, scope_indexes


class Finding(AboutSubject, Versioned, Base):
    """Something that an inspection found, and what became of it."""

    __tablename__ = "finding"
    __table_args__ = (
        *scope_indexes("finding"),
        Index("ix_finding_recorded_at", "recorded_at"),
        Index("ix_finding_inspection_id", "inspection_id", "id"),
        Index("ix_finding_subject_id", "subject_id", "id"),
        Index("ix_finding_officer_id", "officer_id", "id"),
        Index("ix_finding_organisation", "organisation"),
        Index("ix_finding_act_number", "act_number"),
        Index("ix_finding_duplicate_of", "duplicate_of"),
        Index("ix_finding_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    code: Mapped[str]
    code_edition: Mapped[int]
    """Of the entry in the code book that it rests on."""
    title: Mapped[str]
    description: Mapped[str]
    severity: Mapped[str]
    legal_basis: Mapped[list[str]]
    officer_id: Mapped[UUID | None]
    officer_name: Mapped[str | None]
    officer_certified: Mapped[bool | None]
    """Whether the officer held a certificate in force on the day of the finding, as far as the
    registry's facts had told: a hint for whoever decides."""
    act_number: Mapped[str | None]
    """Of the enforcement act (执法行为) that it is about: the number of its document."""
    act_on: Mapped[date | None]
    state: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    comment_due_at: Mapped[datetime]
    comments_ended_at: Mapped[datetime | None]
    """When the comment period passed in silence."""
    comment: Mapped[str | None]
    commented_at: Mapped[datetime | None]
    commented_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was confirmed or withdrawn."""
    rectification_id: Mapped[UUID | None]
    """The order to correct it; `rectification.finding_id` holds the foreign key."""

    past: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Decisions that were reopened: `{decision, reason, decided_at, decided_by, comment,
    commented_at, commented_by, reopened_at, reopened_by, reopened_because}` each."""
    duplicate_of: Mapped[UUID | None] = mapped_column(ForeignKey("finding.id"))
    links: Mapped[int] = mapped_column(default=0)
    """How many findings it was linked to; links from elsewhere do not count."""

    @property
    def credit_code(self) -> str:
        return self.organisation

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            comment_due_at=self.comment_due_at,
            recorded_by=self.recorded_by,
            decided_by=self.decided_by,
            ordered=self.rectification_id is not None,
            duplicate=self.duplicate_of is not None,
            links=self.links,
        )


class FindingLink(Base):
    """Two findings that belong together; read with the one that the caller may see."""

    __tablename__ = "finding_link"
    __table_args__ = (
        CheckConstraint(one_of("kind", LinkKind), name="kind"),
        CheckConstraint("finding_id <> other_id", name="two"),
        Index("ix_finding_link_finding_id", "finding_id", "id"),
        Index("ix_finding_link_other_id", "other_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    """A duplicate points to the one that counts."""
    kind: Mapped[str]
    note: Mapped[str | None]
    linked_at: Mapped[datetime]
    linked_by: Mapped[str]


# A pair is linked once, whichever of the two it was done from.
Index(
    "uq_finding_link_pair",
    func.least(FindingLink.finding_id, FindingLink.other_id),
    func.greatest(FindingLink.finding_id, FindingLink.other_id),
    unique=True,
    info={"refusal": FindingsLinked},
)

"""Re-examinations of decisions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base
from services.oversight.documents.rules import ObjectionExists
from shared.db import Versioned, new_id, scope_indexes


class ReExamination(AboutSubject, Versioned, Base):
    """What a subject has against a decision (异议), and what came of it (复查)."""

    __tablename__ = "re_examination"
    __table_args__ = (
        *scope_indexes("re_examination"),
        Index(
            "uq_re_examination_document_id",
            "document_id",
            unique=True,
            info={"refusal": ObjectionExists},
        ),
        Index("ix_re_examination_subject_id", "subject_id", "id"),
        Index("ix_re_examination_organisation", "organisation"),
        Index("ix_re_examination_domains", "domains", postgresql_using="gin"),
        Index("ix_re_examination_due_at", "due_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    number: Mapped[str]
    """Of the decision."""
    organisation: Mapped[str]
    """Credit code of the subject."""
    makers: Mapped[list[str]]
    """`sub` of those who wrote, reviewed and signed the decision."""
    grounds: Mapped[str]
    state: Mapped[str]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    due_at: Mapped[datetime]
    due_provisional: Mapped[bool]
    overdue_at: Mapped[datetime | None]
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    """The document that says the outcome."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]

    @property
    def credit_code(self) -> str:
        return self.organisation

"""Supervision documents. Until one is served it belongs to the supervising body alone: its scope
is that body's and no column names the subject to `visible`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base
from shared.db import Versioned, new_id, scope_indexes


class Document(AboutSubject, Versioned, Base):
    """A supervision document (行政执法监督文书) from its draft on."""

    __tablename__ = "document"
    __table_args__ = (
        *scope_indexes("document"),
        Index("uq_document_number", "number", unique=True),
        Index("uq_document_code", "code", unique=True),
        Index("ix_document_subject_id", "subject_id", "id"),
        Index("ix_document_organisation", "organisation"),
        Index("ix_document_domains", "domains", postgresql_using="gin"),
        Index("ix_document_issued_on", "issued_on"),
        Index("ix_document_drafted_at", "drafted_at", "id"),
        Index("ix_document_inspection_id", "inspection_id"),
        Index("ix_document_finding_id", "finding_id"),
        Index("ix_document_rectification_id", "rectification_id"),
        Index("ix_document_answers_id", "answers_id"),
        # What the addressee must not see before it is served has nothing that would show it.
        CheckConstraint(
            "disclosed_at IS NOT NULL OR"
            " (township IS NULL AND organisation IS NULL AND domains = '{}')",
            name="concealed",
        ),
        CheckConstraint("(number IS NULL) = (digest IS NULL)", name="numbered"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    uscc: Mapped[str]
    """Credit code of the subject that it is about."""
    organisation: Mapped[str | None]
    """The same once the subject may see it; it is what `visible` compares."""
    disclosed_at: Mapped[datetime | None]
    """When the subject came to see it; never, where it goes to another body."""
    kind: Mapped[str]
    label: Mapped[str]
    """What the kind is called, as it stands on the page."""
    title: Mapped[str]
    content: Mapped[dict[str, Any]]
    """The fields of the kind that are filled in."""
    period: Mapped[dict[str, Any] | None]
    """The `Deadline` to execute it; at the latest when it is signed, the rule's if no other."""
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    finding_id: Mapped[UUID | None] = mapped_column(ForeignKey("finding.id"))
    rectification_id: Mapped[UUID | None] = mapped_column(ForeignKey("rectification.id"))
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    """The decision that this one re-examines."""
    state: Mapped[str]
    authors: Mapped[list[str]]
    """`sub` of each who wrote on it."""
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[str]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    review_note: Mapped[str | None]
    """Of the last review, whichever way it went."""
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signer: Mapped[str | None]
    """The name as the token had it."""
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    """成文日期."""
    number: Mapped[str | None]
    code: Mapped[str | None]
    """What the public verification asks for; cannot be guessed."""
    digest: Mapped[str | None]
    served_at: Mapped[datetime | None]
    service: Mapped[dict[str, Any] | None]
    """`{method, served_on, served_by, received_by, witnesses, proof, recorded_by}`."""
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    due_at: Mapped[datetime | None]
    due_provisional: Mapped[bool] = mapped_column(default=False)
    overdue_at: Mapped[datetime | None]
    reports: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{report, reported_at, reported_by, late, verdict, note, judged_at, judged_by}` each."""
    executed_at: Mapped[datetime | None]
    objection_due_at: Mapped[datetime | None]
    objected: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]
    """Why it was discarded, revoked or amended."""

    @property
    def credit_code(self) -> str:
        return self.uscc

    @property
    def disclosed(self) -> bool:
        """Whether the subject may see it."""
        return self.disclosed_at is not None

    @property
    def said(self) -> dict[str, Any]:
        """What a signed document says, as its digest is made of it."""
        assert self.issued_on is not None
        return {
            "kind": self.kind,
            "label": self.label,
            "number": self.number,
            "issuer": self.issuer,
            "issued_on": self.issued_on.isoformat(),
            "signer": self.signer,
            "title": self.title,
            "subject": {"name": self.subject_name, "uscc": self.uscc},
            "content": self.content,
            "period": self.period,
            "answers_id": str(self.answers_id) if self.answers_id else None,
        }

"""Requests for case files."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base, one_of
from services.oversight.file_requests.rules import FileRequestState
from shared.db import Versioned, new_id, scope_indexes


class FileRequest(AboutSubject, Versioned, Base):
    """That a subject hand over case files by a day (调卷)."""

    __tablename__ = "file_request"
    __table_args__ = (
        *scope_indexes("file_request"),
        CheckConstraint(one_of("state", FileRequestState), name="state"),
        Index("ix_file_request_subject_id", "subject_id", "id"),
        Index("ix_file_request_inspection_id", "inspection_id", "id"),
        Index("ix_file_request_organisation", "organisation"),
        Index("ix_file_request_due_at", "due_at", "id"),
        Index("ix_file_request_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspection.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    purpose: Mapped[str]
    files: Mapped[list[dict[str, Any]]]
    """`{title, number, sha256}` each, as they were asked for."""
    legal_basis: Mapped[list[str]]
    state: Mapped[str]
    due_at: Mapped[datetime]
    """The first moment that is too late."""
    due_provisional: Mapped[bool]
    overdue_at: Mapped[datetime | None]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{files: [{position, provided, reference, reason}], note, late, answered_at, answered_by,
    returned_at, returned_by, returned_because}` each."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    withdrawn_because: Mapped[str | None]

    @property
    def credit_code(self) -> str:
        return self.organisation

"""Officers. Identity numbers are sealed, and found by a keyed hash only."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.officers.rules import OfficerAlreadyRegistered, OfficerState, Staffing
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.past import Dated, keep_past
from shared.sealing import sealed_as
from shared.search import Searched, search_index

IDENTITY_CONTEXT = "officer.identity_no"
"""What identity numbers are sealed and hashed for."""


class Officer(Dated, Searched, Versioned, Scoped, Base):
    """Somebody who enforces, or helps to, for a subject."""

    __tablename__ = "officer"
    __table_args__ = (
        *scope_indexes("officer"),
        search_index("officer"),
        Index("ix_officer_created_at", "created_at"),
        Index(
            "uq_officer_on_post_identity",
            "identity_index",
            unique=True,
            postgresql_where=text("state = 'on_post'"),
            info={"refusal": OfficerAlreadyRegistered},
        ),
        # Lets a certificate point at the staffing too.
        UniqueConstraint("id", "staffing"),
        Index("ix_officer_subject_id", "subject_id", "id"),
        Index("ix_officer_organisation", "organisation"),
        CheckConstraint(one_of("staffing", Staffing), name="staffing"),
        CheckConstraint(one_of("state", OfficerState), name="state"),
        CheckConstraint(
            "legal_qualification OR"
            " num_nonnulls(legal_qualification_no, legal_qualification_since) = 0",
            name="legal_qualification",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    name: Mapped[str]
    identity_no: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as(IDENTITY_CONTEXT))
    """Sealed (`shared.sealing`)."""
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    post: Mapped[str]
    staffing: Mapped[str]
    state: Mapped[str]
    legal_qualification: Mapped[bool] = mapped_column(default=False)
    """Holds the 法律职业资格."""
    legal_qualification_no: Mapped[str | None]
    legal_qualification_since: Mapped[date | None]
    training_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Year → hours of continuing training, kept by `officer_trainings`."""
    certificate_no: Mapped[str | None]
    """That of the newest certificate: officers are looked for by it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.certificate_no


keep_past(Base, Officer)

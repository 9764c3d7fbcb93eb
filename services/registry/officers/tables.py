"""Officers and their certificates. Identity numbers are sealed, and found by a keyed hash only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.officers.rules import (
    ENDED,
    PREPARING,
    AuxiliaryHoldsNoCertificate,
    CertificateNumberTaken,
    CertificateState,
    OfficerAlreadyRegistered,
    OfficerState,
    Staffing,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.past import Dated, keep_past
from shared.search import Searched, search_index


class Officer(Dated, Searched, Versioned, Scoped, Base):
    """Somebody who enforces, or helps to, for a subject."""

    __tablename__ = "officer"
    __table_args__ = (
        *scope_indexes("officer"),
        search_index("officer"),
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
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    name: Mapped[str]
    identity_no: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed (`shared.sealing`)."""
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    post: Mapped[str]
    staffing: Mapped[str]
    state: Mapped[str]
    certificate_no: Mapped[str | None]
    """That of the newest certificate: officers are looked for by it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.certificate_no


class Certificate(Dated, Base):
    """An enforcement certificate (行政执法证) from its application on.

    Read through its officer only, which is scoped. An officer's newest one is the `current`.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        # The staffing follows the officer's, so that no order of writes gets an auxiliary a
        # certificate: neither applying as one nor becoming one.
        ForeignKeyConstraint(
            ["officer_id", "staffing"],
            ["officer.id", "officer.staffing"],
            onupdate="CASCADE",
        ),
        CheckConstraint(
            f"staffing = 'staff' OR {one_of('state', ENDED)}",
            name="auxiliary",
            info={"refusal": AuxiliaryHoldsNoCertificate},
        ),
        Index(
            "uq_certificate_current",
            "officer_id",
            unique=True,
            postgresql_where=text("current"),
        ),
        Index(
            "uq_certificate_number",
            "issuer",
            "certificate_no",
            unique=True,
            info={"refusal": CertificateNumberTaken},
        ),
        Index("ix_certificate_officer_id", "officer_id", "id"),
        CheckConstraint(one_of("state", CertificateState), name="state"),
        CheckConstraint(
            f"{one_of('state', (*PREPARING, CertificateState.SURRENDERED))} OR"
            " num_nulls(certificate_no, issuer, issued_on, valid_to) = 0",
            name="issued",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID]
    staffing: Mapped[str]
    current: Mapped[bool]
    state: Mapped[str]
    certificate_no: Mapped[str | None]
    issuer: Mapped[str | None]
    """Division of the legal office that issued it."""
    training_hours: Mapped[int | None]
    trained_on: Mapped[date | None]
    exam_score: Mapped[int | None]
    examined_on: Mapped[date | None]
    issued_on: Mapped[date | None]
    valid_to: Mapped[date | None]
    """The last day on which it is good."""
    reason: Mapped[str | None]
    """Why it was suspended, revoked or surrendered, while that lasts."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


keep_past(Base, Officer, Certificate)

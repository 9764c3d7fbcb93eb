"""Certificates: who holds one, issued by whom, until when."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.certificates.rules import (
    ENDED,
    PREPARING,
    AuxiliaryHoldsNoCertificate,
    CertificateNumberTaken,
    CertificateState,
)
from services.registry.db import Base, one_of
from services.registry.officers.tables import Officer
from shared.db import new_id
from shared.past import Dated, keep_past


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
        Index("ix_certificate_issued_on", "issued_on"),
        # The public register asks for a number whoever issued it.
        Index("ix_certificate_certificate_no", "certificate_no"),
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
    exam_attempts: Mapped[int] = mapped_column(default=0)
    exam_score: Mapped[int | None]
    exam_passed: Mapped[bool | None]
    """Of the newest attempt."""
    examined_on: Mapped[date | None]
    examined_by: Mapped[str | None]
    """Who recorded it, and so does not issue."""
    issued_on: Mapped[date | None]
    renewed_on: Mapped[date | None]
    valid_to: Mapped[date | None]
    """The last day on which it is good."""
    reason: Mapped[str | None]
    """Why it was suspended, revoked or surrendered, while that lasts."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Held(NamedTuple):
    """An officer, the newest certificate, and the state of the subject."""

    officer: Officer
    certificate: Certificate | None
    subject_state: str | None


keep_past(Base, Certificate)

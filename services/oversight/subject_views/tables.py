"""Subjects and officers as the registry's facts tell of them; nothing here is entered by hand."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from shared.db import Scoped, scope_indexes


class SubjectView(Scoped, Base):
    """An enforcement subject (执法主体) as far as oversight needs it."""

    __tablename__ = "subject_view"
    __table_args__ = (
        *scope_indexes("subject_view"),
        Index("ix_subject_view_organisation", "organisation"),
        Index("ix_subject_view_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation: Mapped[str]
    """Credit code."""
    name: Mapped[str]
    kind: Mapped[str]
    level: Mapped[str]
    division: Mapped[str]
    domains: Mapped[list[str]]
    state: Mapped[str]
    fact_index: Mapped[int] = mapped_column(BigInteger)
    """Stream index of the fact it shows: an older one, replayed late, changes nothing."""
    told_at: Mapped[datetime]


class PowerView(Scoped, Base):
    """A power (职权) of a subject."""

    __tablename__ = "power_view"
    __table_args__ = (
        *scope_indexes("power_view"),
        Index("ix_power_view_subject_id", "subject_id", "id"),
        Index("ix_power_view_organisation", "organisation"),
        Index("ix_power_view_code", "code"),
        Index("ix_power_view_domains", "domains", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: a power's fact must not fail because the subject's is a dead letter.
    subject_id: Mapped[UUID]
    organisation: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    domains: Mapped[list[str]]
    state: Mapped[str]
    fact_index: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime]


class OfficerView(Scoped, Base):
    """An enforcement officer and the certificate; never an identity number."""

    __tablename__ = "officer_view"
    __table_args__ = (
        *scope_indexes("officer_view"),
        Index("ix_officer_view_subject_id", "subject_id", "id"),
        Index("ix_officer_view_organisation", "organisation"),
        Index("ix_officer_view_certificate_no", "certificate_no"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: an officer's fact must not fail because the subject's is a dead letter.
    subject_id: Mapped[UUID]
    organisation: Mapped[str]
    name: Mapped[str]
    post: Mapped[str]
    staffing: Mapped[str]
    state: Mapped[str]
    certificate_no: Mapped[str | None]
    certificate_state: Mapped[str | None]
    certificate_valid_to: Mapped[date | None]
    fact_index: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime]

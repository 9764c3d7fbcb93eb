"""Suspensions that oversight decided on and the issuer of the certificate has to answer."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.certificates.tables import Certificate
from services.registry.db import Base, one_of
from services.registry.officers.tables import Officer
from services.registry.suspension_requests.rules import SuspensionRequestState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class SuspensionRequest(Scoped, Versioned, Base):
    """That the certificate of an officer be suspended (暂扣申请), at the officer's division."""

    __tablename__ = "suspension_request"
    __table_args__ = (
        *scope_indexes("suspension_request"),
        CheckConstraint(one_of("state", SuspensionRequestState), name="state"),
        # A measure that is told twice is asked for once.
        Index("uq_suspension_request_measure_id", "measure_id", unique=True),
        Index("ix_suspension_request_officer_id", "officer_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    measure_id: Mapped[UUID]
    """Of oversight."""
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officer.id"))
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"))
    """The one that was in force when it came; None if none was."""
    issuer: Mapped[str | None]
    """Division of the legal office that issued it."""
    ground: Mapped[str]
    """In words."""
    legal_basis: Mapped[str]
    authority_level: Mapped[str]
    """Whose supervising body decided on the measure."""
    due_at: Mapped[datetime | None]
    """When the measure's deadline ends."""
    state: Mapped[str]
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it was refused, or has lapsed."""


class Asked(NamedTuple):
    """A request, the officer, and the certificate as it stands now."""

    request: SuspensionRequest
    officer: Officer
    certificate: Certificate | None

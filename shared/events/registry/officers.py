"""Facts of officers and their certificates."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class OfficerFact(Event):
    """An officer and their certificate as they stand; never the identity number, nor why a
    certificate was taken: that is between the issuer and the officer."""

    subject_field: ClassVar[str] = "officer_id"

    officer_id: UUID
    subject_id: UUID
    organisation: str
    """Credit code of the subject."""
    name: str
    post: str
    staffing: str
    state: str
    certificate_no: str | None
    certificate_state: str | None
    certificate_valid_to: date | None


class OfficerRegistered(OfficerFact):
    type: ClassVar[str] = "registry.officer.registered.v1"


class OfficerChanged(OfficerFact):
    type: ClassVar[str] = "registry.officer.changed.v1"


class CertificateIssued(OfficerFact):
    type: ClassVar[str] = "registry.certificate.issued.v1"


class CertificateSuspended(OfficerFact):
    type: ClassVar[str] = "registry.certificate.suspended.v1"


class CertificateReinstated(OfficerFact):
    type: ClassVar[str] = "registry.certificate.reinstated.v1"


class CertificateRevoked(OfficerFact):
    type: ClassVar[str] = "registry.certificate.revoked.v1"


class CertificateExpired(OfficerFact):
    type: ClassVar[str] = "registry.certificate.expired.v1"


class CertificateSurrendered(OfficerFact):
    """Given back on transfer or retirement."""

    type: ClassVar[str] = "registry.certificate.surrendered.v1"

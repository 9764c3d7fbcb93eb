"""Facts of officers and their certificates."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Audience, Event


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
    legal_qualification: bool = False
    """Holds the 法律职业资格."""


class OfficerRegistered(OfficerFact):
    type: ClassVar[str] = "registry.officer.registered.v1"


class OfficersLoaded(Event):
    """Officers that an import registered, as they stand: all of them at the fact's division."""

    type: ClassVar[str] = "registry.officer.loaded.v1"
    subject_field: ClassVar[str] = "load_id"

    load_id: UUID
    records: list[OfficerFact] = Field(max_length=500)


class OfficerChanged(OfficerFact):
    type: ClassVar[str] = "registry.officer.changed.v1"


class OfficerTrainingRecorded(OfficerFact):
    """Hours of continuing training were recorded."""

    type: ClassVar[str] = "registry.officer.training_recorded.v1"

    year: int
    hours: int
    hours_in_year: int
    """All of that year by now."""


class OfficerTrainingWithdrawn(OfficerFact):
    """A record of continuing training was a mistake."""

    type: ClassVar[str] = "registry.officer.training_withdrawn.v1"

    year: int
    hours: int
    hours_in_year: int


class OfficerIdentityRevealed(Event):
    """An identity number was shown in full to the fact's `actor`; never the number itself."""

    type: ClassVar[str] = "registry.officer.identity_revealed.v1"
    subject_field: ClassVar[str] = "officer_id"
    audience: ClassVar[Audience] = "audit"

    officer_id: UUID
    subject_id: UUID
    reason: str


class CertificateIssued(OfficerFact):
    type: ClassVar[str] = "registry.certificate.issued.v1"


class CertificateRenewed(OfficerFact):
    """It runs on, until the new last day."""

    type: ClassVar[str] = "registry.certificate.renewed.v1"


class CertificateExpiring(OfficerFact):
    """A reminder: told once at each of the distances that rule certificate.reminders names."""

    type: ClassVar[str] = "registry.certificate.expiring.v1"

    days_left: int
    """Days until the last one."""


class CertificateSuspended(OfficerFact):
    type: ClassVar[str] = "registry.certificate.suspended.v1"


class CertificateReinstated(OfficerFact):
    type: ClassVar[str] = "registry.certificate.reinstated.v1"


class CertificateRevoked(OfficerFact):
    type: ClassVar[str] = "registry.certificate.revoked.v1"


class CertificateExpired(OfficerFact):
    type: ClassVar[str] = "registry.certificate.expired.v1"


class CertificateSurrendered(OfficerFact):
    """Given back: on transfer, retirement or the end of the subject too."""

    type: ClassVar[str] = "registry.certificate.surrendered.v1"

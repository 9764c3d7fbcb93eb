"""Facts of the registry: divisions, enforcement subjects, officers, the pilot programme."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event
from shared.law.divisions import DivisionRecord


class DivisionsLoaded(Event):
    """Records of divisions as they stand now, whole; one fact a chunk of a load.

    Also how a founding or an end is told: the new record, or the old one with its `valid_to` and
    `successor`. A move of a township that happens while the system runs is a `DivisionMoved`.
    """

    type: ClassVar[str] = "registry.division.loaded.v1"
    subject_field: ClassVar[str] = "load_id"

    load_id: UUID
    chunk: int = Field(ge=0, description="Position in the load, from 0")
    chunks: int = Field(ge=1)
    records: list[DivisionRecord] = Field(max_length=500)


class DivisionMoved(Event):
    """A township belongs to another district from a day on; published on that day or later."""

    type: ClassVar[str] = "registry.division.moved.v1"
    subject_field: ClassVar[str] = "code"

    code: str
    name: str
    alias: str | None = None
    former_parent: str
    parent: str
    moved_on: date


class SubjectFact(Event):
    """An enforcement subject as it stands."""

    subject_field: ClassVar[str] = "subject_id"

    subject_id: UUID
    uscc: str
    name: str
    kind: str
    level: str
    division: str
    domains: list[str]
    state: str


class SubjectRegistered(SubjectFact):
    type: ClassVar[str] = "registry.subject.registered.v1"


class SubjectSubmitted(SubjectFact):
    type: ClassVar[str] = "registry.subject.submitted.v1"


class SubjectReviewed(SubjectFact):
    """The review was taken up (`under_review`) or sent back (`draft`)."""

    type: ClassVar[str] = "registry.subject.reviewed.v1"


class SubjectPublished(SubjectFact):
    type: ClassVar[str] = "registry.subject.published.v1"

    publicised_on: date


class SubjectChanged(SubjectFact):
    type: ClassVar[str] = "registry.subject.changed.v1"


class SubjectSuspended(SubjectFact):
    type: ClassVar[str] = "registry.subject.suspended.v1"

    reason: str


class SubjectRevoked(SubjectFact):
    type: ClassVar[str] = "registry.subject.revoked.v1"

    reason: str


class SubjectMerged(SubjectFact):
    type: ClassVar[str] = "registry.subject.merged.v1"

    successor_id: UUID


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


class Participant(BaseModel):
    """A division that takes part in a programme."""

    division: str
    kind: str
    """`pilot` or `voluntary`."""


class ProgrammeFact(Event):
    """A programme and who takes part."""

    subject_field: ClassVar[str] = "programme_id"

    programme_id: UUID
    code: str
    title: str
    starts_on: date
    ends_on: date
    state: str
    participants: list[Participant]


class ProgrammeOpened(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.opened.v1"


class ProgrammeChanged(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.changed.v1"


class ProgrammeClosed(ProgrammeFact):
    type: ClassVar[str] = "registry.programme.closed.v1"


class PilotTaskUpdated(Event):
    type: ClassVar[str] = "registry.pilot_task.updated.v1"
    subject_field: ClassVar[str] = "task_id"

    task_id: UUID
    programme_id: UUID
    division: str
    title: str
    state: str

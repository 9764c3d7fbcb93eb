"""Supervision documents, the bodies that issue them, and their re-examination."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Audience, Event
from shared.events.oversight import Level


class DocumentIssuerFact(Event):
    """A body that issues documents."""

    subject_field: ClassVar[str] = "issuer_id"

    issuer_id: UUID
    division: str
    name: str
    prefix: str


class DocumentIssuerRegistered(DocumentIssuerFact):
    type: ClassVar[str] = "oversight.document_issuer.registered.v1"


class DocumentIssuerChanged(DocumentIssuerFact):
    type: ClassVar[str] = "oversight.document_issuer.changed.v1"


class DocumentPrepared(Event):
    """A document as it stands before it is signed: drafted, changed, in review, given up.

    Nothing that reaches the addressee says that one is being written.
    """

    type: ClassVar[str] = "oversight.document.prepared.v1"
    subject_field: ClassVar[str] = "document_id"
    audience: ClassVar[Audience] = "internal"

    document_id: UUID
    kind: str
    title: str
    subject_id: UUID
    state: str
    authority: str
    authority_level: Level


class DocumentIssued(Event):
    """It was signed and has its number; whom it is about is told when it is served."""

    type: ClassVar[str] = "oversight.document.issued.v1"
    subject_field: ClassVar[str] = "document_id"

    document_id: UUID
    kind: str
    number: str
    issuer: str
    issued_on: date
    digest: str
    """SHA-256 of what it says; the page bears the same."""
    authority: str


class DocumentFact(Event):
    """A document that was served, as it stands; about nobody where it went to another body."""

    subject_field: ClassVar[str] = "document_id"

    document_id: UUID
    kind: str
    label: str
    number: str
    issuer: str
    digest: str
    subject_id: UUID | None
    organisation: str | None
    subject_name: str | None
    division: str
    state: str
    due_at: datetime | None
    authority: str
    authority_level: Level


class DocumentServed(DocumentFact):
    """From the day after, its terms run."""

    type: ClassVar[str] = "oversight.document.served.v1"

    served_on: date
    method: str


class DocumentAcknowledged(DocumentFact):
    type: ClassVar[str] = "oversight.document.acknowledged.v1"


class DocumentExecutionReported(DocumentFact):
    """The addressee says what it did."""

    type: ClassVar[str] = "oversight.document.execution_reported.v1"


class DocumentExecutionRefused(DocumentFact):
    """What was reported does not do."""

    type: ClassVar[str] = "oversight.document.execution_refused.v1"


class DocumentExecuted(DocumentFact):
    type: ClassVar[str] = "oversight.document.executed.v1"


class DocumentRevoked(DocumentFact):
    """It holds no more: taken back by who issued it, or by a re-examination."""

    type: ClassVar[str] = "oversight.document.revoked.v1"


class DocumentAmended(DocumentFact):
    """A re-examination put another decision in its place."""

    type: ClassVar[str] = "oversight.document.amended.v1"


class DocumentOverdue(DocumentFact):
    """The term passed and nothing was reported."""

    type: ClassVar[str] = "oversight.document.overdue.v1"


class ReExaminationFact(Event):
    """An application for the re-examination of a decision, as it stands."""

    subject_field: ClassVar[str] = "re_examination_id"

    re_examination_id: UUID
    document_id: UUID
    number: str
    """Of the decision."""
    subject_id: UUID
    organisation: str
    subject_name: str
    division: str
    state: str
    due_at: datetime
    authority: str
    authority_level: Level


class ReExaminationRequested(ReExaminationFact):
    """The decision goes on being executed meanwhile."""

    type: ClassVar[str] = "oversight.re_examination.requested.v1"


class ReExaminationWithdrawn(ReExaminationFact):
    type: ClassVar[str] = "oversight.re_examination.withdrawn.v1"


class ReExaminationDecided(ReExaminationFact):
    type: ClassVar[str] = "oversight.re_examination.decided.v1"

    outcome: Literal["upheld", "changed", "revoked"]
    decision_number: str
    """Of the document that says so."""


class ReExaminationOverdue(ReExaminationFact):
    """The term to decide has passed."""

    type: ClassVar[str] = "oversight.re_examination.overdue.v1"

"""Facts of enforcement subjects."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


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
    parent_id: UUID | None = None
    """The subject that dispatched it."""
    delegator_id: UUID | None = None
    """The subject that entrusts it."""


class SubjectRegistered(SubjectFact):
    type: ClassVar[str] = "registry.subject.registered.v1"


class SubjectsLoaded(Event):
    """Subjects that an import filed, as they stand: all of them at the fact's division."""

    type: ClassVar[str] = "registry.subject.loaded.v1"
    subject_field: ClassVar[str] = "load_id"

    load_id: UUID
    records: list[SubjectFact] = Field(max_length=500)


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


class SubjectSplit(SubjectFact):
    """It ended, and several take over."""

    type: ClassVar[str] = "registry.subject.split.v1"

    successor_ids: list[UUID]

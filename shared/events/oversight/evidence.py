"""Evidence, and the sets in which it is sealed."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class EvidenceAdded(Event):
    """A file was attached to something, or took the place of an earlier edition."""

    type: ClassVar[str] = "oversight.evidence.added.v1"
    subject_field: ClassVar[str] = "evidence_id"
    audience: ClassVar[Audience] = "internal"

    evidence_id: UUID
    target: str
    target_id: UUID
    edition: int
    sha256: str


class EvidenceSealed(Event):
    """A set of files was sealed: from now on it is these, whatever is shown."""

    type: ClassVar[str] = "oversight.evidence.sealed.v1"
    subject_field: ClassVar[str] = "seal_id"

    seal_id: UUID
    target: str
    target_id: UUID
    subject_id: UUID
    organisation: str
    division: str
    files: int
    digest: str
    """SHA-256 of the sorted SHA-256 of the files, each on a line."""
    edition: int | None = None
    """Of all the evidence of an inspection, which of its sets this is; none for a part."""

"""Facts of files that belong to what is handed on."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class AttachmentAdded(Event):
    """A file came in; its name stays with those who may read the matter."""

    type: ClassVar[str] = "escalation.attachment.added.v1"
    subject_field: ClassVar[str] = "attachment_id"
    audience: ClassVar[Audience] = "internal"

    attachment_id: UUID
    target: str
    target_id: UUID
    kind: str
    sha256: str

"""Requests for case files."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class FileRequestFact(Event):
    """A request as it stands; which files, only those may read who may read the request."""

    subject_field: ClassVar[str] = "file_request_id"

    file_request_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    inspection_id: UUID | None
    files: int
    """How many were asked for."""
    division: str
    state: str
    due_at: datetime
    authority_level: Level
    """Whose body asks."""


class FileRequestRequested(FileRequestFact):
    type: ClassVar[str] = "oversight.file_request.requested.v1"


class FileRequestAnswered(FileRequestFact):
    """The subject handed files over, or said why not."""

    type: ClassVar[str] = "oversight.file_request.answered.v1"


class FileRequestReturned(FileRequestFact):
    """Something is missing; `due_at` is the new day."""

    type: ClassVar[str] = "oversight.file_request.returned.v1"


class FileRequestClosed(FileRequestFact):
    """The files were given back."""

    type: ClassVar[str] = "oversight.file_request.closed.v1"


class FileRequestWithdrawn(FileRequestFact):
    """The files are not needed."""

    type: ClassVar[str] = "oversight.file_request.withdrawn.v1"


class FileRequestOverdue(FileRequestFact):
    """The deadline passed without an answer."""

    type: ClassVar[str] = "oversight.file_request.overdue.v1"

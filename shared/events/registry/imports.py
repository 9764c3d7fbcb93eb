"""Facts of imports: who handed in which file, and what came of it. For the trail only."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class ImportFact(Event):
    """An import as it stands; what it loaded is told by the facts of what it is about."""

    subject_field: ClassVar[str] = "import_id"
    audience: ClassVar[Audience] = "audit"

    import_id: UUID
    kind: str
    state: str
    dry_run: bool
    backfill: bool
    digest: str
    """SHA-256 of the file."""
    rows: int
    wrong: int
    applied: int


class ImportReceived(ImportFact):
    type: ClassVar[str] = "registry.import.received.v1"


class ImportBegun(ImportFact):
    """The file was read; its rows are being checked, or loaded."""

    type: ClassVar[str] = "registry.import.begun.v1"


class ImportEnded(ImportFact):
    """Done, rejected, failed or cancelled."""

    type: ClassVar[str] = "registry.import.ended.v1"

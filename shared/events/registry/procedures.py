"""Facts of procedures."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProcedureLaidDown(Event):
    """Who leads and who supports when a township exercises an item, from `since` on."""

    type: ClassVar[str] = "registry.procedure.laid_down.v1"
    subject_field: ClassVar[str] = "procedure_id"

    procedure_id: UUID
    division: str
    """The township."""
    code: str
    """Of the item."""
    edition: int
    lead: str
    lead_id: UUID | None
    """The subject that leads, where it is one."""
    support: list[str]
    since: date

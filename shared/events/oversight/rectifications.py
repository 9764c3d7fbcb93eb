"""Rectifications."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class RectificationFact(Event):
    """An order to correct, as it stands."""

    subject_field: ClassVar[str] = "rectification_id"

    rectification_id: UUID
    finding_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    requirement: str
    """What the code book calls that which is to be corrected. The order's own words may name people
    and are no part of a fact."""
    severity: str
    legal_basis: list[str]
    division: str
    state: str
    due_at: datetime
    authority_level: Level = "district"
    """Whose body gave the order and judges what was done."""


class RectificationOrdered(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.ordered.v1"


class RectificationReceived(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.received.v1"


class RectificationBegun(RectificationFact):
    """The subject is at work on it."""

    type: ClassVar[str] = "oversight.rectification.begun.v1"


class RectificationPlanned(RectificationFact):
    """The subject said how it will correct it."""

    type: ClassVar[str] = "oversight.rectification.planned.v1"

    steps: int


class RectificationProgressed(RectificationFact):
    """The subject said how far it is."""

    type: ClassVar[str] = "oversight.rectification.progressed.v1"

    percent: int


class RectificationExtensionRequested(RectificationFact):
    """The subject asks for more time; `due_at` is still the old day."""

    type: ClassVar[str] = "oversight.rectification.extension_requested.v1"

    days: int


class RectificationExtensionRefused(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.extension_refused.v1"


class RectificationExtended(RectificationFact):
    """The one extension was approved; `due_at` is the new day."""

    type: ClassVar[str] = "oversight.rectification.extended.v1"


class RectificationSubmitted(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.submitted.v1"

    seal_id: UUID | None = None
    """The sealed set of the evidence that it names."""
    files: int = 0
    digest: str = ""
    """SHA-256 of the sorted SHA-256 of the files, each on a line."""


class RectificationVerified(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.verified.v1"


class RectificationRejected(RectificationFact):
    type: ClassVar[str] = "oversight.rectification.rejected.v1"


class RectificationRevoked(RectificationFact):
    """The order was wrong and holds no longer."""

    type: ClassVar[str] = "oversight.rectification.revoked.v1"


class RectificationOverdue(RectificationFact):
    """The deadline passed without a submission that holds."""

    type: ClassVar[str] = "oversight.rectification.overdue.v1"

"""Facts of supervision officers."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Event


class SupervisionOfficerFact(Event):
    """A supervision officer or candidate as they stand; never the number of a qualification."""

    subject_field: ClassVar[str] = "supervision_officer_id"

    supervision_officer_id: UUID
    name: str
    office: str
    division: str
    level: Literal["city", "district", "township"]
    post: str
    legal_qualification: bool
    card_no: str | None
    card_valid_to: date | None
    state: str


class SupervisionOfficerNominated(SupervisionOfficerFact):
    type: ClassVar[str] = "registry.supervision_officer.nominated.v1"


class SupervisionOfficerChanged(SupervisionOfficerFact):
    """What is filed changed, or a supervision card was given or renewed."""

    type: ClassVar[str] = "registry.supervision_officer.changed.v1"


class SupervisionOfficerAppointed(SupervisionOfficerFact):
    type: ClassVar[str] = "registry.supervision_officer.appointed.v1"


class SupervisionOfficerTransferred(SupervisionOfficerFact):
    """Out of office, to another post."""

    type: ClassVar[str] = "registry.supervision_officer.transferred.v1"


class SupervisionOfficerLeft(SupervisionOfficerFact):
    """Out of office for good, or no longer a candidate."""

    type: ClassVar[str] = "registry.supervision_officer.left.v1"


class SupervisionCardExpired(SupervisionOfficerFact):
    """The last day of the card of somebody in office is over."""

    type: ClassVar[str] = "registry.supervision_card.expired.v1"

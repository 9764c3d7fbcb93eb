"""Commendations."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class CommendationFact(Event):
    """A commendation as it stands."""

    subject_field: ClassVar[str] = "commendation_id"

    commendation_id: UUID
    kind: str
    title: str
    year: int
    subject_id: UUID
    subject_name: str
    organisation: str
    officer_id: UUID | None
    division: str
    state: str
    authority_level: Level
    """Whose body commends."""


class CommendationNominated(CommendationFact):
    type: ClassVar[str] = "oversight.commendation.nominated.v1"


class CommendationVetted(CommendationFact):
    """Nothing bars it."""

    type: ClassVar[str] = "oversight.commendation.vetted.v1"


class CommendationPublicised(CommendationFact):
    """Until the end of `until` it can be objected to."""

    type: ClassVar[str] = "oversight.commendation.publicised.v1"

    until: date


class CommendationObjected(CommendationFact):
    """Somebody said something against it; who and what is not told."""

    type: ClassVar[str] = "oversight.commendation.objected.v1"

    concern: int


class CommendationObjectionSettled(CommendationFact):
    type: ClassVar[str] = "oversight.commendation.objection_settled.v1"

    concern: int
    outcome: str
    """upheld or dismissed."""


class CommendationGranted(CommendationFact):
    type: ClassVar[str] = "oversight.commendation.granted.v1"

    granted_on: date
    document_no: str


class CommendationRejected(CommendationFact):
    type: ClassVar[str] = "oversight.commendation.rejected.v1"


class CommendationRevoked(CommendationFact):
    type: ClassVar[str] = "oversight.commendation.revoked.v1"

    revoked_on: date

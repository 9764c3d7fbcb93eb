"""Measures of supervision."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.oversight import Level


class MeasureFact(Event):
    """A measure as it stands; what it rests on in words stays with those who may read the row."""

    subject_field: ClassVar[str] = "measure_id"

    measure_id: UUID
    finding_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    kind: str
    kind_name: str
    ground: str
    ground_name: str
    legal_basis: list[str]
    """Of the dated rule that allows it."""
    executor: str
    """`subject`, `authority`, or the `issuer` of a certificate."""
    officer_id: UUID | None
    """Against whom, where it is against an officer."""
    division: str
    state: str
    due_at: datetime | None
    authority_level: Level
    """Whose body takes it and judges what was done."""


class MeasureProposed(MeasureFact):
    """One thinks that it should be taken, and another decides."""

    type: ClassVar[str] = "oversight.measure.proposed.v1"
    audience: ClassVar[Audience] = "internal"


class MeasureDeclined(MeasureFact):
    """It is not taken."""

    type: ClassVar[str] = "oversight.measure.declined.v1"
    audience: ClassVar[Audience] = "internal"


class MeasureDecided(MeasureFact):
    """It is to be carried out until `due_at`; a suspension is up to the certificate's issuer."""

    type: ClassVar[str] = "oversight.measure.decided.v1"


class MeasureExecuted(MeasureFact):
    type: ClassVar[str] = "oversight.measure.executed.v1"


class MeasureReported(MeasureFact):
    """The executor reported in writing."""

    type: ClassVar[str] = "oversight.measure.reported.v1"

    seal_id: UUID | None = None
    """The sealed set of the evidence that it names."""
    files: int = 0
    digest: str = ""
    """SHA-256 of the sorted SHA-256 of the files, each on a line."""


class MeasureSettled(MeasureFact):
    """The issuer suspended the certificate."""

    type: ClassVar[str] = "oversight.measure.settled.v1"


class MeasureUnexecuted(MeasureFact):
    """The issuer did not suspend the certificate."""

    type: ClassVar[str] = "oversight.measure.unexecuted.v1"


class MeasureVerified(MeasureFact):
    type: ClassVar[str] = "oversight.measure.verified.v1"


class MeasureRejected(MeasureFact):
    """What was reported is not enough; `due_at` is the new day."""

    type: ClassVar[str] = "oversight.measure.rejected.v1"


class MeasureRevoked(MeasureFact):
    """It was wrong and holds no longer."""

    type: ClassVar[str] = "oversight.measure.revoked.v1"


class MeasureOverdue(MeasureFact):
    """The deadline passed without a report that holds."""

    type: ClassVar[str] = "oversight.measure.overdue.v1"

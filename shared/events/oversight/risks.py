"""Risks of enforcement."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class RiskFact(Event):
    """A risk as it stands; its words stay with those who may read the row."""

    subject_field: ClassVar[str] = "risk_id"

    risk_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    kind: str
    kind_name: str
    risk_level: str | None
    """As assessed last: `minor`, `moderate` or `major`."""
    division: str
    state: str
    due_at: datetime | None
    authority_level: Level
    """Whose body assesses and closes it."""


class RiskIdentified(RiskFact):
    type: ClassVar[str] = "oversight.risk.identified.v1"


class RiskAssessed(RiskFact):
    """How grave it is was said, or said anew."""

    type: ClassVar[str] = "oversight.risk.assessed.v1"


class RiskTreated(RiskFact):
    """What is done about it was laid down, until `due_at`."""

    type: ClassVar[str] = "oversight.risk.treated.v1"


class RiskClosed(RiskFact):
    type: ClassVar[str] = "oversight.risk.closed.v1"


class RiskDismissed(RiskFact):
    """It is none."""

    type: ClassVar[str] = "oversight.risk.dismissed.v1"


class RiskOverdue(RiskFact):
    """The day of the treatment passed and it is not closed."""

    type: ClassVar[str] = "oversight.risk.overdue.v1"

"""Facts of joint conferences and exchange meetings; the words stay with those who read the row."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.escalation import Level


class ConferenceFact(Event):
    """A conference as it stands."""

    subject_field: ClassVar[str] = "conference_id"

    conference_id: UUID
    number: str
    kind: str
    kind_name: str
    division: str
    level: Level
    """Who convenes it."""
    state: str
    starts_at: datetime
    venue: str
    organisations: list[str]
    """Credit codes of those invited; none before it is called."""
    due_at: datetime | None
    """The first moment that is too late for the minutes."""


class ConferencePlanned(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.planned.v1"


class ConferenceChanged(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.changed.v1"


class ConferenceCalled(ConferenceFact):
    """Those invited answer whether they come."""

    type: ClassVar[str] = "escalation.conference.called.v1"


class ConferenceAnswered(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.answered.v1"

    by: str
    """Credit code of the member."""
    answer: str


class ConferencePostponed(ConferenceFact):
    """`starts_at` is another time."""

    type: ClassVar[str] = "escalation.conference.postponed.v1"


class ConferenceCancelled(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.cancelled.v1"


class ConferenceHeld(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.held.v1"

    attended: list[str]
    """Credit codes."""


class ConferenceMinutesWritten(ConferenceFact):
    """Another person of the level issues them."""

    type: ClassVar[str] = "escalation.conference.minutes_written.v1"


class ConferenceMinutesReturned(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.minutes_returned.v1"


class ConferenceMinutesIssued(ConferenceFact):
    """With so many resolutions, each of which is told as a fact of its own."""

    type: ClassVar[str] = "escalation.conference.minutes_issued.v1"

    resolutions: int


class ConferenceClosed(ConferenceFact):
    """All that it resolved is done."""

    type: ClassVar[str] = "escalation.conference.closed.v1"


class ConferenceMinutesDueSoon(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.minutes_due_soon.v1"


class ConferenceMinutesOverdue(ConferenceFact):
    type: ClassVar[str] = "escalation.conference.minutes_overdue.v1"

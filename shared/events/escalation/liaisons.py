"""Facts of standing liaison, for our own services."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class LiaisonFact(Event):
    """A liaison as it stands; who speaks for whom stays with those who may read the row."""

    subject_field: ClassVar[str] = "liaison_id"
    audience: ClassVar[Audience] = "internal"

    liaison_id: UUID
    division: str
    level: Level
    """Of the division whose office keeps it."""
    organ: str
    organ_name: str
    partner: str
    partner_name: str
    state: str
    last_contact_on: date | None
    due_at: datetime | None
    """By when they should hear from each other."""


class LiaisonProposed(LiaisonFact):
    type: ClassVar[str] = "escalation.liaison.proposed.v1"


class LiaisonConfirmed(LiaisonFact):
    type: ClassVar[str] = "escalation.liaison.confirmed.v1"


class LiaisonLogged(LiaisonFact):
    """They met, talked or told each other something."""

    type: ClassVar[str] = "escalation.liaison.logged.v1"

    entry_id: UUID
    kind: str
    kind_name: str
    held_on: date


class LiaisonEnded(LiaisonFact):
    type: ClassVar[str] = "escalation.liaison.ended.v1"


class LiaisonDueSoon(LiaisonFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.liaison.due_soon.v1"


class LiaisonOverdue(LiaisonFact):
    """Nothing was heard for longer than the rule allows."""

    type: ClassVar[str] = "escalation.liaison.overdue.v1"

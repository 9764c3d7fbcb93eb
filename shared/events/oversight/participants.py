"""Those invited to inspections; never their names, nor what they said."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class ParticipantFact(Event):
    """An invitation as it stands."""

    subject_field: ClassVar[str] = "participant_id"

    participant_id: UUID
    inspection_id: UUID
    subject_id: UUID
    organisation: str
    """Credit code of the inspected subject."""
    subject_name: str
    theme: str
    planned_on: date
    division: str
    kind: str
    account: str | None
    """`sub` of an invited lay monitor."""
    state: str
    invited_by: str


class ParticipantPrepared(ParticipantFact):
    """An invitation to an unannounced inspection before the inspectors are on site.

    It takes the place of the other facts until then, and is told at the inspecting body's division.
    """

    type: ClassVar[str] = "oversight.participant.prepared.v1"
    audience: ClassVar[Audience] = "internal"


class ParticipantInvited(ParticipantFact):
    type: ClassVar[str] = "oversight.participant.invited.v1"


class ParticipantAccepted(ParticipantFact):
    """They take part, and have no interest in the matter."""

    type: ClassVar[str] = "oversight.participant.accepted.v1"


class ParticipantDeclined(ParticipantFact):
    type: ClassVar[str] = "oversight.participant.declined.v1"


class ParticipantRecused(ParticipantFact):
    """They have an interest in the matter."""

    type: ClassVar[str] = "oversight.participant.recused.v1"


class ParticipantWithdrawn(ParticipantFact):
    """They are not invited any more."""

    type: ClassVar[str] = "oversight.participant.withdrawn.v1"


class ParticipantOpined(ParticipantFact):
    """They gave an opinion; it is with the inspection."""

    type: ClassVar[str] = "oversight.participant.opined.v1"

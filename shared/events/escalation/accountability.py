"""Facts of proposals that somebody be called to account (查处问责), for our own services.

Never who it is, nor the words: both stay with those who may read the row.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class AccountabilityFact(Event):
    """A proposal as it stands."""

    subject_field: ClassVar[str] = "accountability_id"
    audience: ClassVar[Audience] = "internal"

    accountability_id: UUID
    number: str
    ground: str
    ground_name: str
    level: Level
    """Who proposes."""
    state: str
    organisation: str | None
    """Credit code of the organ that has it."""
    due_at: datetime | None
    """The first moment that is too late for what is to be done now."""


class AccountabilityProposed(AccountabilityFact):
    """Another person of the level approves."""

    type: ClassVar[str] = "escalation.accountability.proposed.v1"


class AccountabilityReturned(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.returned.v1"


class AccountabilityRejected(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.rejected.v1"


class AccountabilityApproved(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.approved.v1"


class AccountabilityWithdrawn(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.withdrawn.v1"


class AccountabilitySent(AccountabilityFact):
    """`organisation` has the authority, and confirms that it has it."""

    type: ClassVar[str] = "escalation.accountability.sent.v1"


class AccountabilityAcknowledged(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.acknowledged.v1"


class AccountabilityDeclined(AccountabilityFact):
    """The organ that it was sent to has not the authority: it goes to another."""

    type: ClassVar[str] = "escalation.accountability.declined.v1"


class AccountabilityUrged(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.urged.v1"


class AccountabilityOutcomeReported(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.outcome_reported.v1"

    outcome: str
    outcome_name: str


class AccountabilitySentBack(AccountabilityFact):
    """The outcome is not accepted; the organ is asked to look again."""

    type: ClassVar[str] = "escalation.accountability.sent_back.v1"


class AccountabilityClosed(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.closed.v1"

    outcome: str


class AccountabilityDueSoon(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.due_soon.v1"


class AccountabilityOverdue(AccountabilityFact):
    type: ClassVar[str] = "escalation.accountability.overdue.v1"


class AccountabilityTargetRevealed(Event):
    """Who is proposed was shown to the fact's `actor`; never who it is."""

    type: ClassVar[str] = "escalation.accountability.target_revealed.v1"
    subject_field: ClassVar[str] = "accountability_id"
    audience: ClassVar[Audience] = "audit"

    accountability_id: UUID
    reason: str

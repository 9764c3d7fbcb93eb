"""Facts of referrals to other supervisors, for our own services."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class ReferralFact(Event):
    """A referral as it stands; what it is about stays with those who may read the row."""

    subject_field: ClassVar[str] = "referral_id"
    audience: ClassVar[Audience] = "internal"

    referral_id: UUID
    number: str
    division: str
    level: Level
    """Of the division whose office refers it."""
    organ: str
    organ_name: str
    sender_name: str
    receiver: str | None
    """Credit code of the receiver, if it uses the system."""
    receiver_name: str
    state: str
    due_step: str | None
    due_at: datetime | None
    late: bool = False
    """It was done after the deadline."""


class ReferralDrafted(ReferralFact):
    type: ClassVar[str] = "escalation.referral.drafted.v1"


class ReferralDiscarded(ReferralFact):
    type: ClassVar[str] = "escalation.referral.discarded.v1"


class ReferralSent(ReferralFact):
    type: ClassVar[str] = "escalation.referral.sent.v1"

    package_id: UUID


class ReferralAcknowledged(ReferralFact):
    """The receiver has it and says by `due_at` whether it takes it up."""

    type: ClassVar[str] = "escalation.referral.acknowledged.v1"


class ReferralAccepted(ReferralFact):
    type: ClassVar[str] = "escalation.referral.accepted.v1"


class ReferralDeclined(ReferralFact):
    type: ClassVar[str] = "escalation.referral.declined.v1"


class ReferralTeamFormed(ReferralFact):
    """A joint team works on it."""

    type: ClassVar[str] = "escalation.referral.team_formed.v1"

    members: int


class ReferralCompleted(ReferralFact):
    """The written result is due by `due_at`."""

    type: ClassVar[str] = "escalation.referral.completed.v1"


class ReferralReplied(ReferralFact):
    type: ClassVar[str] = "escalation.referral.replied.v1"


class ReferralClosed(ReferralFact):
    type: ClassVar[str] = "escalation.referral.closed.v1"


class ReferralUrged(ReferralFact):
    type: ClassVar[str] = "escalation.referral.urged.v1"


class ReferralDueSoon(ReferralFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.referral.due_soon.v1"

    step_name: str


class ReferralOverdue(ReferralFact):
    """What was due was not done in time."""

    type: ClassVar[str] = "escalation.referral.overdue.v1"

    step_name: str

"""Facts of disputes between enforcement bodies (执法争议), for everybody who may see the place.

While `pending` no party acts alone on what is disputed, unless it `lead`s under the interim
measures or acts for the safety of the public or of a person. Whatever ends that (settled, decided,
refused, withdrawn) says `pending: false`; an objection to an opinion makes it pending again. What
the parties and the level write stays with those who may read the row.
"""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event
from shared.events.escalation import Level


class DisputingParty(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    organisation: str
    """Credit code."""
    name: str
    division: str


class DisputeFact(Event):
    """A dispute as it stands."""

    subject_field: ClassVar[str] = "dispute_id"

    dispute_id: UUID
    number: str
    kind: str
    kind_name: str
    division: str
    """Where it arose."""
    level: Level
    """Who coordinates."""
    state: str
    pending: bool
    opened_at: datetime
    disputing: list[DisputingParty]
    """The parties; the first is who opened it."""
    organisations: list[str]
    """Credit codes of the parties."""
    item_codes: list[str]
    """Codes of the powers or items that are disputed; none: all that the parties do there."""
    domains: list[str]
    interim_measures: list[str]
    """What holds for all meanwhile."""
    lead: str | None
    """Credit code of the party that leads: meanwhile, then as it was decided."""
    due_at: datetime | None
    """The first moment that is too late for what is to be done now."""


class DisputeOpened(DisputeFact):
    """The parties negotiate; from now on nobody acts alone."""

    type: ClassVar[str] = "escalation.dispute.opened.v1"


class DisputeTermsProposed(DisputeFact):
    """A party proposes what to agree on."""

    type: ClassVar[str] = "escalation.dispute.terms_proposed.v1"

    by: str
    """Credit code of the party."""


class DisputeConsentGiven(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.consent_given.v1"

    by: str
    agreed: bool
    """Whether each party has consented now."""


class DisputeSettled(DisputeFact):
    """The parties agree: it is over."""

    type: ClassVar[str] = "escalation.dispute.settled.v1"


class DisputeApplied(DisputeFact):
    """The negotiation failed; the level is asked to coordinate."""

    type: ClassVar[str] = "escalation.dispute.applied.v1"


class DisputeAccepted(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.accepted.v1"


class DisputeRefused(DisputeFact):
    """It is not taken up: it is over."""

    type: ClassVar[str] = "escalation.dispute.refused.v1"

    ground: str


class DisputeForwarded(DisputeFact):
    """The other parties have the application, and reply until `due_at`."""

    type: ClassVar[str] = "escalation.dispute.forwarded.v1"


class DisputeReplied(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.replied.v1"

    by: str
    outstanding: int
    """How many have yet to reply."""


class DisputeCoordinationBegun(DisputeFact):
    """The parties have each other's replies."""

    type: ClassVar[str] = "escalation.dispute.coordination_begun.v1"


class DisputeInterimOrdered(DisputeFact):
    """`interim_measures` and `lead` hold until it is decided."""

    type: ClassVar[str] = "escalation.dispute.interim_ordered.v1"


class DisputeInterimLifted(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.interim_lifted.v1"


class DisputeSafetyActionReported(DisputeFact):
    """A party acted alone for the safety of the public or of a person."""

    type: ClassVar[str] = "escalation.dispute.safety_action_reported.v1"

    by: str
    acted_on: date
    act_number: str | None
    """文书号 of the enforcement act, if there is one."""


class DisputeOpinionProposed(DisputeFact):
    """An opinion is drafted; another person of the level issues it."""

    type: ClassVar[str] = "escalation.dispute.opinion_proposed.v1"


class DisputeOpinionReturned(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.opinion_returned.v1"


class DisputeDecided(DisputeFact):
    """By the opinion of the level, or by the ruling of its government."""

    type: ClassVar[str] = "escalation.dispute.decided.v1"

    outcome: Literal["opinion", "ruling"]
    outcome_name: str
    competent: list[str]
    """Credit codes of the parties that have what was disputed."""
    decided_at: datetime


class DisputeObjected(DisputeFact):
    """A party does not accept the opinion: it is pending again."""

    type: ClassVar[str] = "escalation.dispute.objected.v1"

    by: str


class DisputeSubmitted(DisputeFact):
    """The government of the level is asked to rule."""

    type: ClassVar[str] = "escalation.dispute.submitted.v1"


class DisputeClosed(DisputeFact):
    """The decision was carried out."""

    type: ClassVar[str] = "escalation.dispute.closed.v1"


class DisputeWithdrawn(DisputeFact):
    """Who opened it gives up: it is over."""

    type: ClassVar[str] = "escalation.dispute.withdrawn.v1"


class DisputeDueSoon(DisputeFact):
    type: ClassVar[str] = "escalation.dispute.due_soon.v1"


class DisputeOverdue(DisputeFact):
    """The term of `state` passed and nothing was done."""

    type: ClassVar[str] = "escalation.dispute.overdue.v1"

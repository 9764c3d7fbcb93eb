"""Facts of delegations."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class DelegationFact(Event):
    """A delegation as it stands: who has whom enforce what, where, and from when to when."""

    subject_field: ClassVar[str] = "delegation_id"

    delegation_id: UUID
    delegator_id: UUID
    organisation: str
    """Credit code of the delegator."""
    level: str
    """That of the delegator."""
    trustee_kind: str
    trustee_id: UUID | None
    """Of a registered subject; None for another public body."""
    trustee_code: str
    trustee_name: str
    power_ids: list[UUID]
    power_codes: list[str]
    """In the order of `power_ids`."""
    domains: list[str]
    division: str
    """Where the trustee enforces."""
    valid_from: date
    valid_to: date
    """The last day."""
    deed_no: str | None
    state: str


class DelegationDrafted(DelegationFact):
    type: ClassVar[str] = "registry.delegation.drafted.v1"


class DelegationChanged(DelegationFact):
    type: ClassVar[str] = "registry.delegation.changed.v1"


class DelegationEvaluated(DelegationFact):
    type: ClassVar[str] = "registry.delegation.evaluated.v1"


class DelegationReturned(DelegationFact):
    type: ClassVar[str] = "registry.delegation.returned.v1"

    reason: str


class DelegationApproved(DelegationFact):
    type: ClassVar[str] = "registry.delegation.approved.v1"


class DelegationRefused(DelegationFact):
    type: ClassVar[str] = "registry.delegation.refused.v1"

    reason: str


class DelegationSigned(DelegationFact):
    """The written deed was recorded; the term for filing it runs."""

    type: ClassVar[str] = "registry.delegation.signed.v1"

    signed_on: date
    filing_due_at: datetime


class DelegationFilingOverdue(DelegationFact):
    """The term for filing is over, and nothing was filed."""

    type: ClassVar[str] = "registry.delegation.filing_overdue.v1"

    filing_due_at: datetime


class DelegationFiled(DelegationFact):
    type: ClassVar[str] = "registry.delegation.filed.v1"

    filed_on: date
    late: bool


class DelegationPublished(DelegationFact):
    """The deed was published; the delegation begins on its first day, at once if that is past."""

    type: ClassVar[str] = "registry.delegation.published.v1"

    published_on: date
    published_in: str


class DelegationActivated(DelegationFact):
    """From now on the trustee enforces."""

    type: ClassVar[str] = "registry.delegation.activated.v1"


class DelegationExpiring(DelegationFact):
    """The end is near: told as often as the rule `delegation.expiry_notice` says."""

    type: ClassVar[str] = "registry.delegation.expiring.v1"

    days_left: int


class DelegationExpired(DelegationFact):
    """The last day is over: what the trustee does from now on has no basis."""

    type: ClassVar[str] = "registry.delegation.expired.v1"


class DelegationTransferred(DelegationFact):
    """Its delegator was merged: it goes on in the successor's name, by the successor's powers."""

    type: ClassVar[str] = "registry.delegation.transferred.v1"

    former_delegator_id: UUID
    reason: str


class DelegationRevoked(DelegationFact):
    """Ended early, also with its delegator or its trustee, or dropped before it began."""

    type: ClassVar[str] = "registry.delegation.revoked.v1"

    ended_on: date
    """The first day on which it does not hold."""
    reason: str

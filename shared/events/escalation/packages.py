"""Facts of packages on their way; what is in them stays with those who may read them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class PackageFact(Event):
    """A package as it stands."""

    subject_field: ClassVar[str] = "package_id"
    audience: ClassVar[Audience] = "internal"

    package_id: UUID
    matter: str
    matter_id: UUID
    number: str
    """Of the matter."""
    purpose: str
    purpose_name: str
    sender: str | None
    """Credit code; None: the office of `division`."""
    sender_name: str
    receiver: str | None
    receiver_name: str
    division: str
    digest: str
    """SHA-256 of the manifest."""
    state: str
    due_at: datetime | None


class PackageSent(PackageFact):
    """It is on its way; the receipt is due by `due_at`."""

    type: ClassVar[str] = "escalation.package.sent.v1"

    documents: int


class PackageConfirmed(PackageFact):
    """The receiver has it."""

    type: ClassVar[str] = "escalation.package.confirmed.v1"

    way: str
    late: bool


class PackageDueSoon(PackageFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.package.due_soon.v1"


class PackageOverdue(PackageFact):
    """Nobody confirmed it in time."""

    type: ClassVar[str] = "escalation.package.overdue.v1"


class PackageLinked(Event):
    """A link for the receiver was made by the fact's `actor`; never the link itself."""

    type: ClassVar[str] = "escalation.package.linked.v1"
    subject_field: ClassVar[str] = "package_id"
    audience: ClassVar[Audience] = "audit"

    package_id: UUID
    number: int
    expires_at: datetime

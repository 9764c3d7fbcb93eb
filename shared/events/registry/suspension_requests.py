"""Suspensions of certificates that oversight decided on, and what the issuer answers."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Audience, Event


class SuspensionRequestFact(Event):
    """A request as it stands. It is between the bodies that supervise: none leaves our services."""

    subject_field: ClassVar[str] = "request_id"
    audience: ClassVar[Audience] = "internal"

    request_id: UUID
    measure_id: UUID
    officer_id: UUID
    organisation: str
    """Credit code of the officer's subject."""
    issuer_level: Literal["district", "bureau"]
    """Whose legal office issued the certificate."""
    ground_name: str
    due_at: datetime | None
    state: str
    reason: str | None
    """Why it was refused, or has lapsed."""


class SuspensionRequestReceived(SuspensionRequestFact):
    """The issuer has to answer."""

    type: ClassVar[str] = "registry.suspension_request.received.v1"


class SuspensionRequestApproved(SuspensionRequestFact):
    """The certificate was suspended with it."""

    type: ClassVar[str] = "registry.suspension_request.approved.v1"


class SuspensionRequestRefused(SuspensionRequestFact):
    type: ClassVar[str] = "registry.suspension_request.refused.v1"


class SuspensionRequestLapsed(SuspensionRequestFact):
    """No certificate is in force, or the measure was revoked."""

    type: ClassVar[str] = "registry.suspension_request.lapsed.v1"

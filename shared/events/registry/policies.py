"""Facts of the legal and policy texts."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class PolicyFact(Event):
    """A text in the edition that the change concerns."""

    subject_field: ClassVar[str] = "policy_id"

    policy_id: UUID
    code: str
    kind: str
    issuer: str
    state: str
    edition: int
    document_no: str | None = None
    title: str
    effective_from: date
    repealed_on: date | None = None
    """The first day without it."""


class PolicyDrafted(PolicyFact):
    type: ClassVar[str] = "registry.policy.drafted.v1"


class PolicyChanged(PolicyFact):
    """A draft was rewritten."""

    type: ClassVar[str] = "registry.policy.changed.v1"


class PolicyPublished(PolicyFact):
    type: ClassVar[str] = "registry.policy.published.v1"


class PolicyAmended(PolicyFact):
    """Another edition holds from `effective_from` on."""

    type: ClassVar[str] = "registry.policy.amended.v1"


class PolicyRepealed(PolicyFact):
    type: ClassVar[str] = "registry.policy.repealed.v1"

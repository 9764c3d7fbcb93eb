"""Findings."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class FindingFact(Event):
    """A finding as it stands."""

    subject_field: ClassVar[str] = "finding_id"

    finding_id: UUID
    inspection_id: UUID
    subject_id: UUID
    organisation: str
    subject_name: str
    officer_id: UUID | None
    code: str
    severity: str
    title: str
    """What the code book calls it: the author's own title may name people."""
    division: str
    state: str
    authority_level: Level = "district"
    """Whose body inspects and decides."""


class FindingRecorded(FindingFact):
    """The subject has been told and may comment until `comment_due_at`."""

    type: ClassVar[str] = "oversight.finding.recorded.v1"

    comment_due_at: datetime


class FindingCommented(FindingFact):
    """The subject gave its view."""

    type: ClassVar[str] = "oversight.finding.commented.v1"


class FindingConfirmed(FindingFact):
    type: ClassVar[str] = "oversight.finding.confirmed.v1"


class FindingWithdrawn(FindingFact):
    type: ClassVar[str] = "oversight.finding.withdrawn.v1"


class FindingCommentsEnded(FindingFact):
    """The comment period passed in silence: it can be decided on."""

    type: ClassVar[str] = "oversight.finding.comments_ended.v1"


class FindingReopened(FindingFact):
    """Its confirmation or withdrawal was wrong; the subject may comment until `comment_due_at`."""

    type: ClassVar[str] = "oversight.finding.reopened.v1"

    comment_due_at: datetime


class FindingLinked(FindingFact):
    """It is a `duplicate` of `other_id`, or has the `same_cause`."""

    type: ClassVar[str] = "oversight.finding.linked.v1"

    other_id: UUID
    kind: str


class FindingUnlinked(FindingFact):
    """It does not belong to `other_id` after all."""

    type: ClassVar[str] = "oversight.finding.unlinked.v1"

    other_id: UUID
    kind: str

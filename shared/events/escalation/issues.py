"""Facts of issues on their way township, district, Bureau."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level

CONFIDENTIAL_KIND = "complaint"
CONFIDENTIAL_SOURCES = frozenset({"complaint", "hotline"})
"""Issues of such a kind or source carry a complainant's words."""
REPORT_SOURCES = frozenset({"contact_point", "lay_monitor"})
"""So do those that came of a report from the field, which is their `source_id`."""


class IssueFact(Event):
    """An issue as it stands; of one that carries a complainant's words, for our own services."""

    subject_field: ClassVar[str] = "issue_id"

    issue_id: UUID
    number: str
    title: str
    kind: str
    major: bool
    source: str
    source_id: UUID | None
    division: str
    """Where it arose: whole code."""
    level: Level
    """Who has to act now."""
    state: str
    due_at: datetime | None
    """When the level that has it must have replied; None while paused or done."""

    @property
    def told_to(self) -> Audience:
        """Internal where a complaint or a report from the field speaks."""
        reported = self.source in REPORT_SOURCES and self.source_id is not None
        if self.kind == CONFIDENTIAL_KIND or self.source in CONFIDENTIAL_SOURCES or reported:
            return "internal"
        return self.audience


class IssueRaised(IssueFact):
    type: ClassVar[str] = "escalation.issue.raised.v1"


class IssueTriaged(IssueFact):
    type: ClassVar[str] = "escalation.issue.triaged.v1"


class IssueEscalated(IssueFact):
    """It went up a level: because its deadline passed, by hand, or directly to the Bureau."""

    type: ClassVar[str] = "escalation.issue.escalated.v1"

    from_level: Level
    why: Literal["breach", "manual", "direct"]
    reason: str | None


class IssueReportedToBureau(IssueFact):
    """A new situation reached the Bureau (新情况新问题及时报市司法局)."""

    type: ClassVar[str] = "escalation.issue.reported_to_bureau.v1"

    from_level: Level
    direct: bool


class IssueReturned(IssueFact):
    """It went back down a level."""

    type: ClassVar[str] = "escalation.issue.returned.v1"

    from_level: Level
    reason: str


class IssuePaused(IssueFact):
    type: ClassVar[str] = "escalation.issue.paused.v1"

    reason: str


class IssueResumed(IssueFact):
    """The clock runs again; `due_at` has moved by the time left at the pause."""

    type: ClassVar[str] = "escalation.issue.resumed.v1"


class IssueOverdue(IssueFact):
    """The level that has it let the deadline pass."""

    type: ClassVar[str] = "escalation.issue.overdue.v1"


class IssueDecided(IssueFact):
    type: ClassVar[str] = "escalation.issue.decided.v1"

    decision: str
    decided_by_level: Level


class IssueFedBack(IssueFact):
    """Those it came from told how the decision was carried out."""

    type: ClassVar[str] = "escalation.issue.fed_back.v1"


class IssueClosed(IssueFact):
    type: ClassVar[str] = "escalation.issue.closed.v1"


class IssueEscalationProposed(IssueFact):
    """Somebody wants it to go up; another person of the level approves or declines."""

    type: ClassVar[str] = "escalation.issue.escalation_proposed.v1"

    reason: str
    direct: bool


class IssueEscalationDeclined(IssueFact):
    type: ClassVar[str] = "escalation.issue.escalation_declined.v1"

    reason: str


class IssueExtended(IssueFact):
    """The level above gave more time; `due_at` has moved."""

    type: ClassVar[str] = "escalation.issue.extended.v1"

    reason: str


class IssueUrged(IssueFact):
    """A level above urges the one that has it (督办)."""

    type: ClassVar[str] = "escalation.issue.urged.v1"

    reason: str
    by_level: Level
    times: int


class IssueAttached(IssueFact):
    """A file came in; its name stays with those who may read the issue."""

    type: ClassVar[str] = "escalation.issue.attached.v1"

    attachment_id: UUID
    attachment_kind: str
    sha256: str


class IssueDueSoon(IssueFact):
    """The deadline of the level that has it ends soon."""

    type: ClassVar[str] = "escalation.issue.due_soon.v1"


class IssueDeadlineMoved(IssueFact):
    """The official calendar changed, and with it the deadline."""

    type: ClassVar[str] = "escalation.issue.deadline_moved.v1"

    former_due_at: datetime


class IssueWithdrawn(IssueFact):
    """Those who raised it took it back."""

    type: ClassVar[str] = "escalation.issue.withdrawn.v1"

    reason: str


class IssueMerged(IssueFact):
    """It goes on as part of another one."""

    type: ClassVar[str] = "escalation.issue.merged.v1"

    into_id: UUID
    into_number: str


class IssueLinked(IssueFact):
    """It is related to another one, or a part of it."""

    type: ClassVar[str] = "escalation.issue.linked.v1"

    other_id: UUID
    link: Literal["related", "part_of"]


class IssueReopened(IssueFact):
    """The level that decided takes it up again."""

    type: ClassVar[str] = "escalation.issue.reopened.v1"

    reason: str

"""Facts of the responsibility system: who answers for what, and the yearly reports on it."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events import Event


class ResponsibilityFact(Event):
    """One version of a subject's post-duty matrix; who holds the posts stays with the registry."""

    subject_field: ClassVar[str] = "responsibility_id"

    responsibility_id: UUID
    subject_id: UUID
    organisation: str
    division: str
    edition: int
    state: str
    posts: int
    in_force_on: date | None


class ResponsibilityDrafted(ResponsibilityFact):
    type: ClassVar[str] = "registry.responsibility.drafted.v1"


class ResponsibilityChanged(ResponsibilityFact):
    type: ClassVar[str] = "registry.responsibility.changed.v1"


class ResponsibilityApproved(ResponsibilityFact):
    type: ClassVar[str] = "registry.responsibility.approved.v1"


class ResponsibilityReturned(ResponsibilityFact):
    type: ClassVar[str] = "registry.responsibility.returned.v1"


class ResponsibilityWithdrawn(ResponsibilityFact):
    """The draft was dropped: it never was in force."""

    type: ClassVar[str] = "registry.responsibility.withdrawn.v1"

    reason: str


class ResponsibilityEnforced(ResponsibilityFact):
    """In force, in the place of the version `replaces_id`, which is replaced by this."""

    type: ClassVar[str] = "registry.responsibility.enforced.v1"

    replaces_id: UUID | None


class ReportFact(Event):
    """A yearly report on the responsibility system; what it says stays with the registry."""

    subject_field: ClassVar[str] = "report_id"

    report_id: UUID
    subject_id: UUID | None
    organisation: str | None
    """Credit code of the subject; none for the report of a district."""
    division: str
    reporter: str
    """Name of the subject or the district."""
    reported_by: Literal["subject", "district"]
    year: int
    state: str
    due_at: datetime
    to_level: Literal["district", "bureau"]
    """Who accepts it."""


class ReportCalled(ReportFact):
    type: ClassVar[str] = "registry.report.called.v1"


class ReportDue(ReportFact):
    """It falls due in so many days: 0 on its last day."""

    type: ClassVar[str] = "registry.report.due.v1"

    days_left: int


class ReportOverdue(ReportFact):
    type: ClassVar[str] = "registry.report.overdue.v1"


class ReportSubmitted(ReportFact):
    type: ClassVar[str] = "registry.report.submitted.v1"

    late: bool


class ReportAccepted(ReportFact):
    type: ClassVar[str] = "registry.report.accepted.v1"


class ReportReturned(ReportFact):
    type: ClassVar[str] = "registry.report.returned.v1"


class ReportYearOpened(Event):
    """Every published subject and every district reports for this year."""

    type: ClassVar[str] = "registry.report_year.opened.v1"
    subject_field: ClassVar[str] = "year"

    year: int
    due_at: datetime
    subjects: int
    districts: int

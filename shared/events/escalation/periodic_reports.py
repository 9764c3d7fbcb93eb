"""Facts of report schedules and of what divisions report; the words stay with the rows."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.escalation import Level


class ReportScheduleFact(Event):
    """Reports that a level called for."""

    subject_field: ClassVar[str] = "schedule_id"

    schedule_id: UUID
    code: str
    kind: str
    kind_name: str
    title: str
    programme_id: UUID | None
    division: str
    level: Level
    """Who called for them and receives them."""
    due_on: date
    reporters: list[str]
    """Codes of the divisions that report; each is told as a fact of its own."""
    state: str


class ReportScheduleOpened(ReportScheduleFact):
    type: ClassVar[str] = "escalation.report_schedule.opened.v1"


class ReportScheduleClosed(ReportScheduleFact):
    """No report comes any more."""

    type: ClassVar[str] = "escalation.report_schedule.closed.v1"

    accepted: int
    missed: int


class PeriodicReportFact(Event):
    """The report of a division as it stands."""

    subject_field: ClassVar[str] = "periodic_report_id"

    periodic_report_id: UUID
    schedule_id: UUID
    kind: str
    kind_name: str
    title: str
    programme_id: UUID | None
    division: str
    reporter: str
    """Name of the division."""
    from_level: Level
    """Who reports."""
    level: Level
    """Who receives it."""
    state: str
    due_at: datetime
    """The first moment that is too late."""


class PeriodicReportCalled(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.called.v1"


class PeriodicReportDrafted(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.drafted.v1"


class PeriodicReportSubmitted(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.submitted.v1"

    late: bool
    """Whether it was ever handed in after it was due."""


class PeriodicReportReturned(PeriodicReportFact):
    """It is to be mended; `due_at` is another day."""

    type: ClassVar[str] = "escalation.report.returned.v1"


class PeriodicReportAccepted(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.accepted.v1"


class PeriodicReportUrged(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.urged.v1"


class PeriodicReportDueSoon(PeriodicReportFact):
    type: ClassVar[str] = "escalation.report.due_soon.v1"

    days_left: int
    """0 on the last day."""


class PeriodicReportOverdue(PeriodicReportFact):
    """Its day passed and nothing was handed in; told once for each day that was set."""

    type: ClassVar[str] = "escalation.report.overdue.v1"


class PeriodicReportMissed(PeriodicReportFact):
    """Its schedule was closed and nothing had been handed in, or nothing that was accepted."""

    type: ClassVar[str] = "escalation.report.missed.v1"

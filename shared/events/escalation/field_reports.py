"""Facts of reports of contact points and leads of lay monitors; the words stay with the row."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class FieldReportFact(Event):
    """A report as it stands."""

    subject_field: ClassVar[str] = "field_report_id"

    field_report_id: UUID
    number: str
    kind: str
    kind_name: str
    contact_point_id: UUID | None
    """Who reported it; of a lead nobody outside learns from whom it came."""
    division: str
    level: Level
    """Who answers it."""
    state: str
    due_at: datetime
    """The first moment that is too late for the answer."""


class FieldReportSubmitted(FieldReportFact):
    type: ClassVar[str] = "escalation.field_report.submitted.v1"


class FieldReportTriaged(FieldReportFact):
    type: ClassVar[str] = "escalation.field_report.triaged.v1"


class FieldReportEscalated(FieldReportFact):
    """An issue was raised of it; the author is answered all the same."""

    type: ClassVar[str] = "escalation.field_report.escalated.v1"

    issue_id: UUID


class FieldReportAnswered(FieldReportFact):
    """The author is told; internal, since it says who that is."""

    type: ClassVar[str] = "escalation.field_report.answered.v1"
    audience: ClassVar[Audience] = "internal"

    author: str
    """`sub` of whoever handed it in."""


class FieldReportDueSoon(FieldReportFact):
    """The answer falls due soon."""

    type: ClassVar[str] = "escalation.field_report.due_soon.v1"


class FieldReportOverdue(FieldReportFact):
    """The deadline passed and the author is not answered."""

    type: ClassVar[str] = "escalation.field_report.overdue.v1"

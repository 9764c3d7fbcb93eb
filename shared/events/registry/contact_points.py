"""Facts of grassroots contact points; who the liaison is stays with the registry."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ContactPointFact(Event):
    """A contact point as it stands."""

    subject_field: ClassVar[str] = "contact_point_id"

    contact_point_id: UUID
    name: str
    kind: str
    host: str
    division: str
    state: str
    opened_on: date | None
    due_at: datetime | None
    """When the next visit is too late; while it is open."""


class ContactPointProposed(ContactPointFact):
    type: ClassVar[str] = "registry.contact_point.proposed.v1"


class ContactPointChanged(ContactPointFact):
    type: ClassVar[str] = "registry.contact_point.changed.v1"


class ContactPointOpened(ContactPointFact):
    """Opened, or again after a suspension."""

    type: ClassVar[str] = "registry.contact_point.opened.v1"


class ContactPointSuspended(ContactPointFact):
    type: ClassVar[str] = "registry.contact_point.suspended.v1"


class ContactPointClosed(ContactPointFact):
    type: ClassVar[str] = "registry.contact_point.closed.v1"


class ContactPointVisited(ContactPointFact):
    """Somebody went there; what was heard stays with the registry."""

    type: ClassVar[str] = "registry.contact_point.visited.v1"

    visit_id: UUID
    visited_on: date
    topics: list[str]


class ContactPointVisitDue(ContactPointFact):
    """A visit falls due soon, or is overdue."""

    type: ClassVar[str] = "registry.contact_point.visit_due.v1"

    overdue: bool
    last_visited_on: date | None

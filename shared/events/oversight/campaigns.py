"""Campaigns of supervision."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.oversight import Level


class CampaignFact(Event):
    """A campaign as it stands."""

    subject_field: ClassVar[str] = "campaign_id"

    campaign_id: UUID
    kind: str
    mode: str
    theme: str
    domains: list[str]
    divisions: list[str]
    """Whole codes of the divisions whose subjects are inspected."""
    starts_on: date
    ends_on: date
    ground: str
    division: str
    """Whole code of the division whose supervisors hold it."""
    authority_level: Level
    state: str
    planned_by: str
    approver: str | None
    """`sub` of whoever is asked to approve."""
    reported_by: str | None
    report_due_at: datetime | None


class CampaignPrepared(CampaignFact):
    """An unannounced campaign as it stands until its result is reported.

    It takes the place of the other facts until then: nothing that reaches those to be visited says
    that somebody is coming. `step` is what happened, as the other facts name it.
    """

    type: ClassVar[str] = "oversight.campaign.prepared.v1"
    audience: ClassVar[Audience] = "internal"

    step: str


class CampaignPlanned(CampaignFact):
    """Its plan waits for approval; `follows_id` is the campaign that it is the next one of."""

    type: ClassVar[str] = "oversight.campaign.planned.v1"

    follows_id: UUID | None


class CampaignChanged(CampaignFact):
    """The plan was changed before it was approved."""

    type: ClassVar[str] = "oversight.campaign.changed.v1"


class CampaignSubmitted(CampaignFact):
    """A returned plan was put forward again."""

    type: ClassVar[str] = "oversight.campaign.submitted.v1"


class CampaignReturned(CampaignFact):
    """The plan (`state` is returned) or the report (it is running again) was sent back."""

    type: ClassVar[str] = "oversight.campaign.returned.v1"


class CampaignApproved(CampaignFact):
    type: ClassVar[str] = "oversight.campaign.approved.v1"


class CampaignStarted(CampaignFact):
    type: ClassVar[str] = "oversight.campaign.started.v1"


class CampaignReported(CampaignFact):
    """The result: inspections held and findings made. An unannounced one is known from now on.

    `number` and `digest` are those of the report as it was frozen.
    """

    type: ClassVar[str] = "oversight.campaign.reported.v1"

    inspections: int
    findings: int
    confirmed: int
    number: str | None = None
    digest: str | None = None


class CampaignReportOverdue(CampaignFact):
    """The last day for the report went by without one."""

    type: ClassVar[str] = "oversight.campaign.report_overdue.v1"


class CampaignClosed(CampaignFact):
    type: ClassVar[str] = "oversight.campaign.closed.v1"


class CampaignCancelled(CampaignFact):
    type: ClassVar[str] = "oversight.campaign.cancelled.v1"

"""What comes in and goes out over HTTP about resolutions."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.conferences.rules import speaks_for
from services.escalation.ladder.rules import IssueLevel, is_holder
from services.escalation.resolutions import rules
from services.escalation.resolutions.rules import Part, ResolutionState
from services.escalation.resolutions.tables import Resolution
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class ReportResolutionRequest(Input):
    """What was done."""

    model_config = _example(report="编制已核增六名。")

    report: Prose


class RemarksOnResolution(Input):
    """What the level that convened has to say."""

    model_config = _example(remarks="请尽快落实")

    remarks: Prose


class NewDayRequest(RemarksOnResolution):
    """Why, and by which day it is to be done instead."""

    model_config = _example(remarks="经费尚未到账", due_on="2027-03-31")

    due_on: date


class ResolutionQuery(Paging):
    """Which resolutions."""

    conference_id: UUID | None = None
    state: ResolutionState | None = None
    owner: CreditCode | None = Field(None, description="Credit code of the body that does it")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    assigned_from: date | None = Field(None, description="Assigned on this day or later")
    assigned_to: date | None = Field(None, description="Assigned up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class ResolutionView(ResourceView):
    """What a conference resolved that somebody does (议定事项)."""

    conference_id: UUID
    number: str = Field(description="Of the conference")
    division: str
    level: IssueLevel = Field(description="Who convened")
    owner: str
    owner_name: str
    owner_division: str
    requirement: str
    state: ResolutionState
    due_at: datetime | None = Field(description="The first moment that is too late")
    overdue: bool
    overdue_at: datetime | None
    urges: int
    assigned_at: datetime
    report: str | None
    reported_by: str | None
    reported_at: datetime | None
    remarks: str | None
    ended_at: datetime | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Resolution, actor: Actor, now: datetime) -> Self:
        """A resolution as `actor` sees it at `now`."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.state, part_of(row, actor), permissions=actor.permissions
            ),
        )


def part_of(row: Resolution, actor: Actor) -> Part:
    """Which part the caller has in it."""
    return Part(
        owner=speaks_for(
            row.owner,
            row.owner_division,
            convened_in=row.division,
            own_organisation=actor.organisation,
            own_division=actor.division,
            roles=actor.roles,
        ),
        convenes=is_holder(row.level, row.scope, actor.roles, actor.division),
        reported=row.reported_by == actor.sub,
    )

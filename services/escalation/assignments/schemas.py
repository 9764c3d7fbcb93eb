"""What comes in and goes out over HTTP about assignments."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.assignments import rules
from services.escalation.assignments.rules import AssignmentState, Part
from services.escalation.assignments.tables import Assignment
from services.escalation.ladder.rules import HOLDERS, level_of_division
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView


class AssignmentRequest(Input):
    """What is to be done for an issue, by whom and by when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "issue_id": "01932b6e-8f00-7000-8000-000000000001",
                    "division": "500106001",
                    "requirement": "请核实占道经营现状并提出处理意见。",
                    "due_on": "2026-12-04",
                }
            ]
        }
    )

    issue_id: UUID
    division: DivisionCode = Field(
        description="Whose office does it: a division below; or where the body is"
    )
    assignee: CreditCode | None = Field(
        None, description="Credit code of the body that does it. Several may work on one issue."
    )
    assignee_name: Line | None = None
    requirement: Prose
    due_on: date | None = Field(
        None, description="Not later than by the rule `issue.assignment`, which holds otherwise"
    )


class ReportAssignmentRequest(Input):
    """What was done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"report": "已核实并清理。"}]})

    report: Prose


class RemarksRequest(Input):
    """What who assigned has to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"remarks": "请补充现场照片"}]})

    remarks: Prose


class AssignmentQuery(Paging):
    """Which assignments."""

    issue_id: UUID | None = None
    state: AssignmentState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    assigned_from: date | None = Field(None, description="Assigned on this day or later")
    assigned_to: date | None = Field(None, description="Assigned up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class AssignmentView(ResourceView):
    """An assignment (交办)."""

    issue_id: UUID
    issue_number: str
    issue_title: str
    division: str
    assignee: str | None
    assignee_name: str | None
    requirement: str
    by_division: str
    state: AssignmentState
    due_at: datetime = Field(description="The first moment that is too late for the report")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    urges: int
    assigned_at: datetime
    assigned_by: str
    report: str | None
    reported_at: datetime | None
    reported_by: str | None
    remarks: str | None
    ended_at: datetime | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Assignment, actor: Actor, now: datetime) -> Self:
        """An assignment as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.state, part_of(row, actor), permissions=actor.permissions
            ),
        )


def part_of(row: Assignment, actor: Actor) -> Part:
    """Which part the caller has in it."""
    if row.assignee is not None:
        does_it = row.assignee == actor.organisation
    else:
        does_it = _acts_for(row.division, actor)
    return Part(assigned=_acts_for(row.by_division, actor), assignee=does_it)


def _acts_for(division: str, actor: Actor) -> bool:
    return division == actor.division and HOLDERS[level_of_division(division)] in actor.roles

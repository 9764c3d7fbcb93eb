"""What comes in and goes out over HTTP about reports from the field."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.field_reports import rules
from services.escalation.field_reports.rules import FieldReportKind, FieldReportState
from services.escalation.field_reports.tables import FieldReport
from services.escalation.ladder.rules import IssueLevel, is_holder
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class LeadRequest(Input):
    """What a lay monitor saw."""

    model_config = _example(
        title="沿街商户反映一周内三次检查",
        content="某某路商户称,一周内有三个部门分别上门检查同一事项。",
        division="500106001",
        place="某某路",
        occurred_on="2026-11-20",
    )

    title: Line
    content: Prose
    division: DivisionCode = Field(description="Where it was seen")
    place: Line | None = None
    occurred_on: date | None = None


class PointReportRequest(Input):
    """What a contact point reports; it lies where the point is."""

    model_config = _example(
        contact_point_id="01932b6e-8f00-7000-8000-000000000001",
        title="集市管理职责不清",
        content="社区反映,早市占道经营无人管理。",
        major=False,
    )

    contact_point_id: UUID
    title: Line
    content: Prose
    major: bool = Field(default=False, description="突出问题")
    place: Line | None = None
    occurred_on: date | None = None


class EscalateFieldReportRequest(Input):
    """Why it becomes an issue."""

    model_config = _example(reason="超出本级权限")

    reason: Prose


class AnswerFieldReportRequest(Input):
    """What the author is told."""

    model_config = _example(answer="已协调城市管理部门每日巡查,感谢反映。")

    answer: Prose


class FieldReportQuery(Paging):
    """Which reports."""

    state: FieldReportState | None = None
    origin_id: UUID | None = Field(None, description="The contact point, or the lay monitor")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = None
    reported_from: date | None = Field(None, description="Reported on this day or later")
    reported_to: date | None = Field(None, description="Reported up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class FieldReportView(ResourceView):
    """A report of a contact point, or a lead of a lay monitor."""

    number: str = Field(examples=["渝联报〔2026〕3号"])
    kind: FieldReportKind
    origin_id: UUID = Field(description="The contact point, or the lay monitor")
    origin_name: str
    title: str
    content: str
    major: bool
    division: str
    level: IssueLevel = Field(description="Who answers it")
    place: str | None
    occurred_on: date | None
    state: FieldReportState
    due_at: datetime = Field(description="The first moment that is too late for the answer")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    created_by: str
    created_at: datetime
    issue_id: UUID | None = Field(description="The issue that was raised of it")
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: FieldReport, actor: Actor, now: datetime) -> Self:
        """A report as `actor` sees it at `now`."""
        shown = {"overdue", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                row.standing,
                in_charge=is_holder(row.level, row.scope, actor.roles, actor.division),
                permissions=actor.permissions,
            ),
        )
